import type { DstPolicy } from '../../src/core/time/dst.ts'
import { slowCron } from './slow-cron.ts'
import { slowOffset, slowTransitions } from './slow-zone.ts'

/**
 * A second opinion on schedules: day by day, by the words of docs/spec/schedule.md alone, sharing no code with the
 * engine. Days are epoch days, local times seconds since 1970-01-01T00:00, instants seconds.
 */
export interface SlowCalendar {
  readonly zone: string
  /** 0 is Sunday. */
  readonly weekend: readonly number[]
  readonly holidays: ReadonlySet<number>
  /** Last day that it knows. */
  readonly last: number
  /** Seconds of the day by weekday, end excluded. */
  readonly blackout: { readonly weekday: number; readonly from: number; readonly to: number } | null
}

export type SlowTrigger =
  | { readonly kind: 'cron'; readonly expression: string; readonly times: readonly number[] }
  | { readonly kind: 'at'; readonly locals: readonly number[] }
  | {
      readonly kind: 'every'
      readonly step: number
      readonly anchor: number
      readonly weekdays: readonly number[] | null
    }
  | {
      readonly kind: 'businessDay'
      readonly of: 'week' | 'month' | 'quarter' | 'year'
      readonly nth: number
      readonly offset: number
      readonly time: number
    }

export interface SlowSchedule {
  readonly zone: string
  readonly triggers: readonly SlowTrigger[]
  readonly calendar: SlowCalendar | null
  readonly roll: string
  readonly offset: number
  readonly runOn: 'business-days' | 'holidays'
  readonly dateZone: string
  readonly policy: DstPolicy
  readonly startsAt: number
  readonly endsAt: number
}

export interface SlowOccurrence {
  readonly at: number
  readonly outcome: 'fires' | 'skipped'
}

const DAY = 86_400

/** Everything that is decided from `from` to `to`, in seconds, end excluded. */
export function slowOccurrences(schedule: SlowSchedule, from: number, to: number): SlowOccurrence[] {
  const verdicts = new Map<number, 'fires' | 'skipped' | 'none-such'>()
  const say = (at: number, verdict: 'ask' | 'none-such'): void => {
    if (verdicts.get(at) !== 'fires') verdicts.set(at, verdict === 'ask' ? 'fires' : 'none-such')
  }
  for (const trigger of schedule.triggers) {
    for (const { at, none } of instantsAsked(schedule, trigger, from, to)) say(at, none ? 'none-such' : 'ask')
  }
  const found: SlowOccurrence[] = []
  for (const [at, verdict] of verdicts) {
    if (at < from || at >= to || at < schedule.startsAt || at >= schedule.endsAt) continue
    if (verdict === 'none-such') found.push({ at, outcome: 'skipped' })
    else {
      const admitted = admits(schedule, at)
      if (admitted !== 'unknown') found.push({ at, outcome: admitted ? 'fires' : 'skipped' })
    }
  }
  return found.sort((a, b) => a.at - b.at)
}

interface AskedFor {
  readonly at: number
  readonly none?: boolean
}

function* instantsAsked(
  schedule: SlowSchedule,
  trigger: SlowTrigger,
  from: number,
  to: number,
): Iterable<AskedFor> {
  const { zone, policy } = schedule
  const firstDay = Math.floor(from / DAY) - 120
  const lastDay = Math.floor(to / DAY) + 120
  switch (trigger.kind) {
    case 'cron': {
      const cron = slowCron(trigger.expression)
      for (let day = firstDay; day <= lastDay; day++) {
        const date = new Date(day * DAY * 1000)
        if (!cron.matchesDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())) continue
        const moved = movedDay(schedule, day)
        if (moved === null) continue
        for (const time of trigger.times) {
          for (const at of slowInstants(zone, moved * DAY + time, policy)) yield { at }
        }
      }
      return
    }
    case 'at':
      for (const local of trigger.locals) {
        const moved = movedDay(schedule, Math.floor(local / DAY))
        if (moved === null) continue
        const time = local - Math.floor(local / DAY) * DAY
        for (const at of slowInstants(zone, moved * DAY + time, policy)) yield { at }
      }
      return
    case 'every':
      for (let at = trigger.anchor; at < to; at += trigger.step) {
        const day = Math.floor((at + slowOffset(zone, at)) / DAY)
        if (at >= from && (trigger.weekdays === null || trigger.weekdays.includes(weekday(day)))) yield { at }
      }
      return
    case 'businessDay': {
      const calendar = schedule.calendar!
      let day = firstDay - 400
      while (day <= lastDay + 400) {
        const end = endOfPeriod(trigger.of, day)
        const begin = day
        day = end + 1
        const open: number[] = []
        let unknown = false
        for (let each = begin; each <= end; each++) {
          const state = stateOf(calendar, each)
          if (state === 'open') open.push(each)
          if (state === 'unknown') unknown = true
        }
        if (begin === firstDay - 400) continue
        const counted = trigger.nth > 0 ? open[trigger.nth - 1] : open.at(trigger.nth)
        if (unknown && (trigger.nth < 0 || counted === undefined)) continue
        const chosen = counted === undefined ? end : stepDays(calendar, counted, trigger.offset)
        if (chosen === null) continue
        for (const at of slowInstants(zone, chosen * DAY + trigger.time, policy)) {
          yield { at, none: counted === undefined }
        }
      }
    }
  }
}

function endOfPeriod(of: 'week' | 'month' | 'quarter' | 'year', day: number): number {
  let end = day
  for (;;) {
    const next = new Date((end + 1) * DAY * 1000)
    const first = next.getUTCDate() === 1
    if (of === 'week' && next.getUTCDay() === 1) return end
    if (of === 'month' && first) return end
    if (of === 'quarter' && first && next.getUTCMonth() % 3 === 0) return end
    if (of === 'year' && first && next.getUTCMonth() === 0) return end
    end += 1
  }
}

function weekday(day: number): number {
  return new Date(day * DAY * 1000).getUTCDay()
}

function stateOf(calendar: SlowCalendar, day: number): 'open' | 'closed' | 'unknown' {
  if (day > calendar.last) return 'unknown'
  return calendar.weekend.includes(weekday(day)) || calendar.holidays.has(day) ? 'closed' : 'open'
}

/** Business days one by one; null where the calendar does not know. */
function stepDays(calendar: SlowCalendar, day: number, count: number): number | null {
  let at = day
  for (let left = Math.abs(count); left > 0; left--) {
    do {
      at += Math.sign(count)
      if (stateOf(calendar, at) === 'unknown') return null
    } while (stateOf(calendar, at) !== 'open')
  }
  return at
}

function movedDay(schedule: SlowSchedule, day: number): number | null {
  const { calendar, roll, offset } = schedule
  if (calendar === null) return day
  if (offset === 0 && (roll === 'skip' || roll === 'unadjusted')) return day
  const rolled = rolledDay(calendar, day, roll)
  return rolled === null ? null : stepDays(calendar, rolled, offset)
}

function rolledDay(calendar: SlowCalendar, day: number, roll: string): number | null {
  if (roll === 'skip' || roll === 'unadjusted') return day
  const state = stateOf(calendar, day)
  if (state !== 'closed') return state === 'open' ? day : null
  const after = stepDays(calendar, day, 1)
  const before = stepDays(calendar, day, -1)
  const month = (each: number) => new Date(each * DAY * 1000).getUTCMonth()
  const half = (each: number) => `${month(each)} ${new Date(each * DAY * 1000).getUTCDate() <= 15}`
  // Whether the next open day leaves the month can be told without knowing it, once all days up to the end are closed.
  const leaves = (each: number | null, of: (day: number) => unknown, step: 1 | -1): boolean | null => {
    for (let at = day; of(at) === of(day); at += step) {
      if (stateOf(calendar, at) === 'unknown') return null
      if (at === each) return false
    }
    return true
  }
  switch (roll) {
    case 'following':
      return after
    case 'preceding':
      return before
    case 'modified-following': {
      const left = leaves(after, month, 1)
      return left === null ? null : left ? before : after
    }
    case 'modified-preceding': {
      const left = leaves(before, month, -1)
      return left === null ? null : left ? after : before
    }
    case 'half-month-modified-following': {
      const left = leaves(after, half, 1)
      return left === null ? null : left ? before : after
    }
    case 'nearest': {
      if (before === null || after === null) {
        // The day before may be nearer than anything that is not known.
        return before !== null && calendar.last - day >= day - before ? before : null
      }
      return day - before < after - day ? before : after
    }
    default:
      throw new Error(roll)
  }
}

function admits(schedule: SlowSchedule, at: number): boolean | 'unknown' {
  const { calendar, runOn, roll, dateZone } = schedule
  if (calendar === null) return true
  const day = Math.floor((at + slowOffset(dateZone, at)) / DAY)
  const state = stateOf(calendar, day)
  if (state === 'unknown') return 'unknown'
  if (runOn === 'holidays' && !calendar.holidays.has(day)) return false
  if (runOn === 'business-days' && state === 'closed' && roll !== 'unadjusted') return false
  const { blackout } = calendar
  if (blackout === null) return true
  const local = at + slowOffset(calendar.zone, at)
  const time = local - Math.floor(local / DAY) * DAY
  return !(
    weekday(Math.floor(local / DAY)) === blackout.weekday &&
    time >= blackout.from &&
    time < blackout.to
  )
}

/** The instants of a local time, in seconds, by the words of the policies. */
export function slowInstants(zone: string, local: number, policy: DstPolicy): readonly number[] {
  const near = slowTransitions(zone).filter(({ at }) => Math.abs(at - local) < 3 * DAY)
  const offsets = new Set([
    slowOffset(zone, local - 3 * DAY),
    slowOffset(zone, local + 3 * DAY),
    ...near.flatMap(({ before, after }) => [before, after]),
  ])
  const passes = [...offsets]
    .map((offset) => ({ offset, at: local - offset }))
    .filter(({ offset, at }) => slowOffset(zone, at) === offset)
    .map(({ at }) => at)
    .sort((a, b) => a - b)
  if (passes.length === 1) return passes
  if (passes.length > 1) {
    if (policy.overlap === 'both') return passes
    return [policy.overlap === 'first' ? passes[0]! : passes.at(-1)!]
  }
  const gap = near.find(({ at, before, after }) => local >= at + before && local < at + after)
  if (gap === undefined) throw new Error(`${zone} has no ${local}, and no gap there`)
  if (policy.gap === 'skip') return []
  return [policy.gap === 'next-valid' ? gap.at : local - gap.before]
}
