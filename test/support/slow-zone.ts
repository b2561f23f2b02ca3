import type { DstPolicy } from '../../src/core/time/dst.ts'

/** Zones with the oddest rules: half hours, two hours, days skipped, several changes a year, changes at midnight. */
export const ODD_ZONES = [
  'UTC',
  'America/New_York',
  'Europe/London',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Pacific/Kwajalein',
  'Africa/Casablanca',
  'Antarctica/Troll',
  'America/Havana',
  'America/Asuncion',
  'Africa/Cairo',
  'Asia/Gaza',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Pyongyang',
  'Europe/Istanbul',
  'America/Caracas',
  'Pacific/Chatham',
] as const

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Seconds east of UTC: what the clock on the wall reads, less what it reads in UTC. For years with four digits. */
export function slowOffset(zone: string, second: number): number {
  let clock = clocks.get(zone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    clocks.set(zone, clock)
  }
  const [month, day, year, hour, minute, seconds] = clock
    .format(second * 1000)
    .match(/\d+/g)!
    .map(Number)
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, seconds!) / 1000 - second
}

export interface SlowTransition {
  readonly at: number
  readonly before: number
  readonly after: number
}

const known = new Map<string, readonly SlowTransition[]>()

/** All changes of offset from 1990 to 2035, found by looking at every day and then at every halving of it. */
export function slowTransitions(zone: string): readonly SlowTransition[] {
  let found = known.get(zone)
  if (found === undefined) {
    found = findTransitions(zone)
    known.set(zone, found)
  }
  return found
}

function findTransitions(zone: string): SlowTransition[] {
  const found: SlowTransition[] = []
  const end = Date.UTC(2035, 0, 1) / 1000
  let before = slowOffset(zone, Date.UTC(1990, 0, 1) / 1000)
  for (let second = Date.UTC(1990, 0, 1) / 1000; second < end; second += 86_400) {
    const after = slowOffset(zone, second + 86_400)
    if (after !== before) {
      let low = second
      let high = second + 86_400
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (slowOffset(zone, middle) === before) low = middle
        else high = middle
      }
      found.push({ at: high, before, after })
    }
    before = after
  }
  return found
}

/**
 * The fires around one change of offset, in seconds, by the words of the policies alone: every second of the window is
 * read off the clock and asked, then every skipped local time is.
 */
export function slowFires(
  matches: (local: number) => boolean,
  transition: SlowTransition,
  policy: DstPolicy,
  window: { readonly from: number; readonly to: number },
): number[] {
  const { at, before, after } = transition
  const passes = new Map<number, number[]>()
  const margin = Math.abs(after - before)
  for (let second = window.from - margin; second < window.to + margin; second++) {
    const local = second + (second < at ? before : after)
    if (!matches(local)) continue
    const seen = passes.get(local)
    if (seen === undefined) passes.set(local, [second])
    else seen.push(second)
  }
  const fires = new Set<number>()
  for (const seconds of passes.values()) {
    if (policy.overlap !== 'last') fires.add(seconds[0]!)
    if (policy.overlap !== 'first') fires.add(seconds.at(-1)!)
  }
  for (let local = at + before; local < at + after; local++) {
    if (!matches(local)) continue
    if (policy.gap === 'next-valid') fires.add(at)
    if (policy.gap === 'shift') fires.add(local - before)
  }
  return [...fires].filter((second) => second >= window.from && second < window.to).sort((a, b) => a - b)
}
