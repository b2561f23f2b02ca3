import type { Path } from '../errors.ts'
import type { CalendarSpec } from '../kinds.ts'
import { allBlackout, anyBlackout, type BlackoutAnswers, NO_BLACKOUTS } from './blackouts.ts'
import type { CompiledCalendar, DayReason, Session } from './compiled-calendar.ts'
import { combineDays, complementDays, type DaySet } from './day-set.ts'
import { intersectSessions, uniteSessions } from './sessions.ts'

type Shortened = ReturnType<CompiledCalendar['isShortened']>

/** How a kind of combination treats its members, the first of which is the base. */
export interface Combination {
  readonly members: readonly { readonly name: string; readonly path: Path }[]
  closed(members: readonly DaySet[]): DaySet
  sessions(members: readonly CompiledCalendar[], day: number): readonly Session[]
  blackouts(members: readonly CompiledCalendar[]): BlackoutAnswers
  /** Whether the combined day closes early or opens late, when it is open. */
  shortened(members: readonly CompiledCalendar[], day: number): Shortened
  /** Why the day is what it is, from the members' states; they have all decided it. */
  reasons(members: readonly CompiledCalendar[], day: number, combined: string): readonly DayReason[]
}

export function combinationOf(spec: CalendarSpec): Combination | null {
  if (spec.anyClosed !== undefined) return anyClosed(spec.anyClosed)
  if (spec.allClosed !== undefined) return allClosed(spec.allClosed)
  if (spec.difference !== undefined) return difference(spec.difference)
  return spec.complement === undefined ? null : complement(spec.complement)
}

function anyClosed(names: readonly string[]): Combination {
  return {
    members: names.map((name, index) => ({ name, path: ['anyClosed', index] })),
    closed: (sets) => combineDays(sets, (a, b) => a | b),
    sessions: (members, day) =>
      intersectSessions(members.filter(hasHours).map((member) => member.sessionsOn(day))),
    blackouts: anyBlackout,
    shortened: (members, day) => {
      const states = members.map((member) => member.isShortened(day))
      return { early: states.some(({ early }) => early), late: states.some(({ late }) => late) }
    },
    reasons: (members, day) => {
      const closed = members.filter((member) => member.isClosed(day))
      return (closed.length > 0 ? closed : members).flatMap((member) => member.why(day))
    },
  }
}

function allClosed(names: readonly string[]): Combination {
  return {
    members: names.map((name, index) => ({ name, path: ['allClosed', index] })),
    closed: (sets) => combineDays(sets, (a, b) => a & b),
    sessions: (members, day) => uniteSessions(members.map((member) => member.sessionsOn(day))),
    blackouts: allBlackout,
    shortened: (members, day) => {
      const states = members
        .filter((member) => !member.isClosed(day))
        .map((member) => member.isShortened(day))
      return { early: states.every(({ early }) => early), late: states.every(({ late }) => late) }
    },
    reasons: (members, day, combined) => {
      const open = members.filter((member) => !member.isClosed(day))
      const reasons = members.flatMap((member) => member.why(day))
      if (open.length === 0 || open.length === members.length) return reasons
      return [composite(`${open.map(({ name }) => name).join(', ')} open`, combined), ...reasons]
    },
  }
}

function difference(source: { readonly base: string; readonly minus: string }): Combination {
  return {
    members: [
      { name: source.base, path: ['difference', 'base'] },
      { name: source.minus, path: ['difference', 'minus'] },
    ],
    closed: (sets) => combineDays(sets, (a, b) => a & ~b),
    sessions: ([base], day) => base!.sessionsOn(day),
    blackouts: ([base]) => base!,
    shortened: ([base], day) => base!.isShortened(day),
    reasons: ([base, minus], day, combined) => {
      const reasons = base!.why(day)
      if (!base!.isClosed(day) || !minus!.isClosed(day)) return reasons
      return [composite(`${minus!.name} is closed too`, combined), ...reasons, ...minus!.why(day)]
    },
  }
}

function complement(name: string): Combination {
  return {
    members: [{ name, path: ['complement'] }],
    closed: ([set]) => complementDays(set!),
    sessions: () => [],
    blackouts: () => NO_BLACKOUTS,
    shortened: () => ({ early: false, late: false }),
    reasons: ([base], day, combined) => [
      composite(`${base!.name} is ${base!.isClosed(day) ? 'closed' : 'open'}`, combined),
      ...base!.why(day),
    ],
  }
}

function composite(name: string, calendar: string): DayReason {
  return { kind: 'composite', name, rule: null, calendar }
}

/** A calendar without hours and without dated times says nothing about when to trade, so it limits nobody. */
function hasHours(calendar: CompiledCalendar): boolean {
  return calendar.hasSessions
}
