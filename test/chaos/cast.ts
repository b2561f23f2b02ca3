import { everyStep } from '../support/fire-checker.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText } from '../support/tree-of.ts'
import type { Owed } from '../support/verdict.ts'

/** The schedules that play in a chaos run, and what each of them owes: worked out here, not by belfry's own code. */
export interface Cast {
  readonly ticks: readonly string[]
  readonly edited: readonly string[]
  /** `base.yaml`, which never changes. */
  readonly base: string
}

const MINUTE = 60_000
const ANY_MARKER = ['misfire', 'closed-now']
/** What is told at the end may reach beyond what is owed. */
const TOLD_AFTER_MS = 5 * MINUTE
/** The edited schedule that has the calendar `half`. */
const HALF_CLOSED = 'edited-3'
const MISFIRES = { skip: 5_000, 'fire-once': 3_000, 'fire-all': 2_000 } as const

/** Dates and times of every second minute of the day are blacked out: half of what is asked for does not fire. */
const BLACKOUTS = Array.from({ length: 720 }, (_, index) => {
  const text = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  return `{from: "${text(2 * index)}", to: "${text(2 * index + 1)}"}`
})

export function createCast(count: number): Cast {
  const ticks = Array.from({ length: count }, (_, index) => `tick-${index}`)
  const edited = Array.from({ length: 4 }, (_, index) => `edited-${index}`)
  const policies = Object.entries(MISFIRES).map(([policy, after]) =>
    scheduleText(
      policy,
      `timezone: UTC, triggers: [{every: 1s}], misfire: {policy: ${policy}, after: ${after / 1_000}s}`,
    ),
  )
  const base = [
    ADAPTER_AND_JOB,
    ...ticks.map((name) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]')),
    calendarText(
      'half',
      `timezone: UTC, weekend: [], coverage: {from: 2020, to: 2100}, blackouts: [${BLACKOUTS.join(', ')}]`,
    ),
    scheduleText('closed', 'timezone: UTC, calendar: half, triggers: [{every: 1s}]'),
    scheduleText('fives', 'timezone: Asia/Kolkata, triggers: [{cron: "*/5 * * * * *"}]'),
    scheduleText('minutes', 'timezone: America/New_York, triggers: [{cron: "* * * * *"}]'),
    ...policies,
  ].join('')
  return { ticks, edited, base }
}

/** What the schedules that nobody edits owe in (activeFrom, to]. */
export function owedBy(cast: Cast, activeFrom: (schedule: string) => number, to: number): readonly Owed[] {
  const steps = (schedule: string, stepMs: number, more: Partial<Owed> = {}): Owed => ({
    schedule,
    nominals: everyStep(stepMs, activeFrom(schedule), to),
    markers: ['misfire'],
    misfireAfterMs: 60_000,
    ...more,
  })
  const ofClosed = (last: number) => everyStep(1_000, activeFrom('closed'), last)
  return [
    ...cast.ticks.map((schedule) => steps(schedule, 1_000)),
    {
      ...steps('closed', 1_000, { markers: ANY_MARKER }),
      nominals: ofClosed(to).filter(isOpen),
      closed: ofClosed(to + TOLD_AFTER_MS).filter((at) => !isOpen(at)),
    },
    steps('fives', 5_000),
    steps('minutes', MINUTE),
    ...Object.entries(MISFIRES).map(([policy, misfireAfterMs]) => steps(policy, 1_000, { misfireAfterMs })),
  ]
}

/** Whether the calendar `half` is open. */
function isOpen(at: number): boolean {
  return Math.floor(at / MINUTE) % 2 === 1
}

/** One state of `edits.yaml`. */
export interface Edits {
  readonly stepSeconds: readonly number[]
  /** Written into the data of each, which changes no timing. */
  readonly notes: readonly number[]
  /** The number of an adapter that nobody uses; null for none. */
  readonly extraAdapter: number | null
}

export function editsText(cast: Cast, { stepSeconds, notes, extraAdapter }: Edits): string {
  const schedules = cast.edited.map((name, index) =>
    scheduleText(
      name,
      `timezone: UTC, triggers: [{every: ${stepSeconds[index]}s}], data: {note: ${notes[index]}}${name === HALF_CLOSED ? ', calendar: half' : ''}`,
    ),
  )
  const extra =
    extraAdapter === null
      ? ''
      : `---\napiVersion: belfry/v1\nkind: Adapter\nmetadata: {name: extra-${extraAdapter}}\nspec: {}\n`
  return (schedules.join('') + extra).replace(/^---\n/, '')
}

/** One version of an edited schedule, as it went live. */
export interface Version {
  readonly schedule: string
  readonly activeFrom: number
  readonly stepMs: number
}

/** What edited schedules owe: each version from its own beginning up to that of the next. */
export function owedByVersions(versions: readonly Version[], to: number): readonly Owed[] {
  return [...new Set(versions.map(({ schedule }) => schedule))].map((schedule) => {
    const own = versions
      .filter((version) => version.schedule === schedule)
      .sort((a, b) => a.activeFrom - b.activeFrom)
    const upTo = (last: number) =>
      own.flatMap(({ activeFrom, stepMs }, index) =>
        everyStep(stepMs, activeFrom, Math.min(last, own[index + 1]?.activeFrom ?? last)),
      )
    const markers = ['superseded', ...ANY_MARKER]
    const all = { schedule, nominals: upTo(to), markers, misfireAfterMs: 60_000 }
    if (schedule !== HALF_CLOSED) return all
    const closed = upTo(to + TOLD_AFTER_MS).filter((at) => !isOpen(at))
    return { ...all, nominals: all.nominals.filter(isOpen), closed }
  })
}
