import { digestOf } from '../../../src/core/digest.ts'
import type { Kind, Manifest } from '../../../src/core/kinds.ts'
import { type Tree, type TreeDocument, treeDigest } from '../../../src/core/manifest/tree.ts'
import { identityOf } from '../../../src/core/names.ts'
import type { Random } from '../../support/random.ts'

export const DAY = 86_400_000
export const NAMES = ['alpha', 'beta', 'gamma', 'delta']
/** Of another source. */
export const FOREIGN = 'omega'
export const JOBS = ['import', 'export']
const FOREIGN_JOB = 'ops'
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** What the tree says of one schedule; fields that are absent are not written. */
export interface WantedSchedule {
  readonly job: string
  readonly timezone: 'UTC'
  readonly triggers: readonly [{ readonly every: string }]
  readonly calendar?: 'days'
  readonly suspend?: boolean | { readonly reason: string; readonly until: string }
  readonly activeFrom?: string
  readonly maxFires?: number
  readonly jitter?: string
  readonly misfire: Readonly<Record<string, string | number>>
  /** Another number each time, so that any edit is one. */
  readonly data: { readonly stamp: number }
  readonly replaces?: string
}

export interface WantedCalendar {
  readonly timezone: 'UTC'
  readonly weekend: readonly string[]
  readonly coverage: { readonly from: string; readonly to: string }
  readonly rules: readonly { readonly id: string; readonly dates: readonly string[] }[]
}

/** How a history counts time: in seconds, where nothing is ever missed or soon is, or in hours, with outages of days. */
export type Scale = 'seconds' | 'hours'

export interface Drawing {
  readonly random: Random
  readonly scale: Scale
  readonly now: number
  /** A log that is lost takes the counts with it. */
  readonly counts: boolean
  readonly stamp: number
}

export const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10)
const instantOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export function drawSchedule(drawing: Drawing): WantedSchedule {
  const { random, scale, now, counts, stamp } = drawing
  const unit = scale === 'seconds' ? 1_000 : 3_600_000
  const step = scale === 'seconds' ? random.pick(['1s', '2s', '3s', '5s']) : random.pick(['30m', '1h', '6h'])
  const schedule: WantedSchedule = {
    job: random.pick(JOBS),
    timezone: 'UTC',
    triggers: [{ every: step }],
    misfire: drawMisfire(random, scale),
    data: { stamp },
  }
  const drawn = schedule as { -readonly [K in keyof WantedSchedule]: WantedSchedule[K] }
  if (random.chance(0.5)) drawn.calendar = 'days'
  if (random.chance(0.25))
    drawn.suspend = random.pick<WantedSchedule['suspend'] & object>([
      true as never,
      { reason: 'drawn', until: instantOf(now + random.between(-2, 20) * unit) },
    ])
  if (random.chance(0.15)) drawn.activeFrom = instantOf(now + random.between(-5, 10) * unit)
  if (counts && random.chance(0.15)) drawn.maxFires = random.between(1, 15)
  if (random.chance(0.25)) drawn.jitter = scale === 'seconds' ? '2s' : '10m'
  return schedule
}

function drawMisfire(random: Random, scale: Scale): WantedSchedule['misfire'] {
  const policy = random.pick(['fire-once', 'fire-all', 'skip'])
  const lengths: Readonly<Record<string, string>> =
    scale === 'seconds'
      ? random.pick<Readonly<Record<string, string>>>([
          { after: '1h' },
          { after: '1h' },
          { after: '5s', maxLateness: '10s' },
          { after: '6s', maxLateness: '1h' },
        ])
      : random.pick<Readonly<Record<string, string>>>([
          { after: '1m' },
          { after: '2h', maxLateness: '12h' },
          { after: '1m', maxLateness: '3h' },
          { after: '48h', maxLateness: '96h' },
        ])
  return {
    policy,
    ...lengths,
    ...(policy === 'fire-all' ? { maxCount: random.pick([1, 2, 5, 100]) } : {}),
    whenClosed: random.pick(['hold', 'skip', 'fire']),
  }
}

export function drawCalendar({ random, now }: Drawing): WantedCalendar {
  const today = new Date(now).getUTCDay()
  const day = (offset: number) => dateOf(now + offset * DAY)
  return {
    timezone: 'UTC',
    weekend: random.pick([[], [], [WEEKDAYS[today]!], [WEEKDAYS[(today + 1) % 7]!], ['sat', 'sun']]),
    coverage: { from: '2025-06-01', to: random.pick(['2027-12-31', '2027-12-31', day(-1), day(0), day(1)]) },
    rules: random.pick([
      [],
      [{ id: 'closed', dates: [day(0)] }],
      [{ id: 'closed', dates: [day(1), day(2)] }],
    ]),
  }
}

/** A holiday outside of coverage is an error of the tree. */
export function isValidCalendar({ rules, coverage }: WantedCalendar): boolean {
  return rules.every(({ dates }) => dates.every((date) => date <= coverage.to))
}

export interface WantedTree {
  readonly schedules: ReadonlyMap<string, WantedSchedule>
  readonly calendar: WantedCalendar
  /** Jobs that are suspended. */
  readonly suspendedJobs: ReadonlySet<string>
}

/** The tree as its loader would hand it over. */
export function treeFrom({ schedules, calendar, suspendedJobs }: WantedTree): Tree {
  const documents: TreeDocument[] = []
  for (const job of JOBS) {
    documents.push(documentOf('Adapter', `${job}-workers`, {}))
    const suspend = suspendedJobs.has(job) ? { suspend: true } : {}
    documents.push(documentOf('Job', job, { adapter: `${job}-workers`, message: 'Run', ...suspend }))
  }
  documents.push(documentOf('Calendar', 'days', calendar))
  for (const [name, spec] of schedules) documents.push(documentOf('Schedule', name, spec))
  documents.sort((a, b) => (a.identity < b.identity ? -1 : 1))
  return { documents, digest: treeDigest(documents), warnings: [] }
}

/** The tree of the other source. */
export function foreignTree(drawn: WantedSchedule): { readonly tree: Tree; readonly spec: WantedSchedule } {
  const { calendar: _, ...rest } = drawn
  const spec = { ...rest, job: FOREIGN_JOB }
  const documents = [
    documentOf('Adapter', `${FOREIGN_JOB}-workers`, {}),
    documentOf('Job', FOREIGN_JOB, { adapter: `${FOREIGN_JOB}-workers`, message: 'Run' }),
    documentOf('Schedule', FOREIGN, spec),
  ]
  return { tree: { documents, digest: treeDigest(documents), warnings: [] }, spec }
}

/** Without what a loader would refuse: a schedule that replaces one that is there, or that another one replaces. */
export function withoutContradictions(schedules: Map<string, WantedSchedule>): void {
  const replaced = new Set<string>()
  for (const [name, schedule] of schedules) {
    const { replaces, ...rest } = schedule
    if (replaces === undefined) continue
    if (schedules.has(replaces) || replaced.has(replaces)) schedules.set(name, rest)
    replaced.add(replaces)
  }
}

const NO_POSITIONS = new Int32Array(0)

function documentOf(kind: Kind, name: string, spec: object): TreeDocument {
  const manifest = { apiVersion: 'belfry/v1', kind, metadata: { name }, spec } as unknown as Manifest
  return {
    identity: identityOf(kind, 'default', name),
    kind,
    tenant: 'default',
    name,
    manifest,
    digest: digestOf(manifest),
    file: `${name}.yaml`,
    line: 1,
    column: 1,
    positions: NO_POSITIONS,
  }
}

/** The same as YAML text, for the parser to judge. */
export function textOf(tree: Tree): string {
  return tree.documents.map(({ manifest }) => `---\n${JSON.stringify(manifest)}\n`).join('')
}
