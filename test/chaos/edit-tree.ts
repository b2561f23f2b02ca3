import type { Random } from '../support/random.ts'

/** One manifest, as the test means it: what is written to disk, and what live state must say back. */
export interface Doc {
  readonly kind: 'Adapter' | 'Calendar' | 'Job' | 'Schedule'
  readonly name: string
  readonly spec: Spec
}

export type Spec = Readonly<Record<string, unknown>>
/** All files of the tree; those of no document are not there. */
export type Files = ReadonlyMap<string, readonly Doc[]>

/** How a calendar of the storm decides; its name for what `calendarSpec` makes of it. */
export type Openness = (typeof OPENNESS)[number]

export const OPENNESS = ['open', 'odd-minutes', 'even-minutes', 'closed', 'uncovered'] as const
export const ADAPTERS = ['alpha', 'beta', 'gamma'] as const
export const JOBS = ['job-0', 'job-1', 'job-2', 'job-3', 'job-4', 'job-5'] as const
export const CALENDARS = ['days-0', 'days-1'] as const
/** Never edited itself, only through its job's data: what it has fired tells how far the leader is. */
export const METRONOME = 'metronome'
/** Its data hold the number of the commit. */
export const STAMP = 'stamp'
const STAMP_FILE = 'stamp.yaml'
const FOLDERS = ['desk-a', 'desk-b', 'desk-c'] as const
const PER_FILE = 6
const HOT = new Set(['s-0', 's-1', 's-2', 's-3'])

export const identityOf = ({ kind, name }: Pick<Doc, 'kind' | 'name'>): string => `${kind}/${name}`

export function textOf(docs: readonly Doc[]): string {
  return docs
    .map(
      ({ kind, name, spec }) =>
        `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: ${JSON.stringify(spec)}\n`,
    )
    .join('---\n')
}

function calendarSpec(openness: Openness): Spec {
  const common = { timezone: 'UTC', weekend: [] }
  const coverage = { from: 2020, to: openness === 'uncovered' ? 2021 : 2100 }
  const closed = [{ id: 'all', range: { from: '2020-01-01', to: '2100-12-31' } }]
  if (openness === 'closed') return { ...common, coverage, rules: closed }
  if (openness === 'open' || openness === 'uncovered') return { ...common, coverage }
  const first = openness === 'even-minutes' ? 0 : 1
  const clock = (minute: number) =>
    [Math.floor(minute / 60) % 24, minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
  const blackouts = Array.from({ length: 720 }, (_, index) => ({
    from: clock(2 * index + first),
    to: clock(2 * index + first + 1),
  }))
  return { ...common, coverage, blackouts }
}

/** The other way round. */
export function opennessOf(spec: Spec): Openness {
  const { coverage, rules, blackouts } = spec as {
    coverage: { to: number }
    rules?: unknown
    blackouts?: readonly { from: string }[]
  }
  if (coverage.to === 2021) return 'uncovered'
  if (rules !== undefined) return 'closed'
  if (blackouts === undefined) return 'open'
  return blackouts[0]?.from === '00:00' ? 'even-minutes' : 'odd-minutes'
}

/** JSON that is the same for the same content, whatever the order of its keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

export function stampDoc(commit: number): Doc {
  return job(STAMP, { data: { commit } })
}

function job(name: string, more: Spec = {}): Doc {
  return { kind: 'Job', name, spec: { adapter: ADAPTERS[0], message: 'Work', ...more } }
}

/** Late is late, never missed: so long a storm does not stand still. */
const MISFIRE = { after: '10m' }

function schedule(name: string, more: Spec = {}): Doc {
  const spec = { job: JOBS[0], timezone: 'UTC', triggers: [{ every: '1s' }], misfire: MISFIRE, ...more }
  return { kind: 'Schedule', name, spec }
}

export function firstFiles(count: number, random: Random): Files {
  const files = new Map<string, Doc[]>()
  files.set(
    'adapters.yaml',
    ADAPTERS.map((name) => ({ kind: 'Adapter', name, spec: {} })),
  )
  for (const name of JOBS) files.set(`jobs/${name}.yaml`, [job(name, { data: { from: name } })])
  for (const name of CALENDARS)
    files.set(`calendars/${name}.yaml`, [{ kind: 'Calendar', name, spec: calendarSpec('open') }])
  files.set('metronome.yaml', [schedule(METRONOME, { job: STAMP })])
  files.set(STAMP_FILE, [stampDoc(0)])
  for (let index = 0; index < count; index++) {
    const calendar = random.chance(0.3) ? { calendar: random.pick(CALENDARS) } : {}
    const jitter = random.chance(0.2) ? { jitter: random.pick(['1s', '2s']) } : {}
    const file = `${FOLDERS[index % FOLDERS.length]}/book-${Math.floor(index / FOLDERS.length / 4)}.yaml`
    files.set(file, [
      ...(files.get(file) ?? []),
      schedule(`s-${index}`, { job: random.pick(JOBS), data: { note: 0 }, ...calendar, ...jitter }),
    ])
  }
  return files
}

/** What an edit may ask of the world around it. */
export interface Editing {
  readonly random: Random
  /** Differs from edit to edit. */
  readonly note: number
  readonly now: number
  /** Schedules: how many there should be. */
  readonly population: number
  /** Whether edits may be drawn whose outcome depends on the count of fires. */
  readonly counts: boolean
}

type Edit = (files: Map<string, Doc[]>, editing: Editing) => boolean

/** Each edit by its name; false: there is nothing that it could be done to. */
export const EDITS: Readonly<Record<string, Edit>> = {
  retime: (files, { random }) =>
    changeSchedule(files, random, () => ({
      triggers: [
        random.pick([
          { every: '1s' },
          { every: '2s' },
          { every: '3s' },
          { cron: '* * * * * *' },
          { cron: '*/2 * * * * *' },
        ]),
      ],
    })),
  'change data': (files, { random, note }) => changeSchedule(files, random, () => ({ data: { note } })),
  'move to another job': (files, { random }) =>
    changeSchedule(files, random, ({ job: before }) => ({
      job: random.pick(JOBS.filter((name) => name !== before)),
    })),
  'another calendar': (files, { random }) =>
    changeSchedule(files, random, ({ calendar }) => ({
      calendar: random.pick([...CALENDARS, undefined].filter((name) => name !== calendar)),
    })),
  jitter: (files, { random }) =>
    changeSchedule(files, random, ({ jitter }) => ({
      jitter: jitter === undefined ? random.pick(['1s', '2s']) : undefined,
    })),
  suspend: (files, { random }) =>
    toggle(files, random, { kind: 'Schedule', key: 'suspend', most: 4 }, () => true),
  'active later': (files, { random, now }) =>
    changeSchedule(files, random, () => ({
      activeFrom: new Date(Math.ceil(now / 1_000) * 1_000 + random.between(1, 8) * 1_000)
        .toISOString()
        .replace('.000', ''),
    })),
  'at most so many': (files, { random, counts }) =>
    counts &&
    toggle(files, random, { kind: 'Schedule', key: 'maxFires', most: 5 }, () => random.between(3, 40)),
  'job to another adapter': (files, { random }) =>
    changeJob(files, random, ({ adapter }) => ({
      adapter: random.pick(ADAPTERS.filter((name) => name !== adapter)),
    })),
  "job's data, message, version": (files, { random, note }) =>
    changeJob(files, random, ({ data }) => ({
      ...random.pick([
        { data: { ...(data as Spec), jobNote: note } },
        { message: `Work${note}` },
        { version: note },
      ]),
    })),
  'suspend a job': (files, { random }) =>
    toggle(files, random, { kind: 'Job', key: 'suspend', most: 1 }, () => true),
  'calendar changes': (files, { random }) =>
    change(files, random, 'Calendar', ({ spec }) => {
      const others = OPENNESS.filter((openness) => openness !== opennessOf(spec))
      return { spec: calendarSpec(random.chance(0.5) ? 'open' : random.pick(others)) }
    }),
  delete: (files, { random, population }) =>
    schedulesOf(files).length > population - 5 && change(files, random, 'Schedule', () => null),
  'delete a file': (files, { random, population }) => {
    const own = [...files].filter(([file, docs]) => isBook(file) && docs.length <= PER_FILE)
    if (own.length === 0 || schedulesOf(files).length < population) return false
    return files.delete(random.pick(own)[0])
  },
  'create, or create again': (files, { random, population, note }) => {
    const taken = new Set(schedulesOf(files).map(({ name }) => name))
    const free = Array.from({ length: population + 12 }, (_, index) => `s-${index}`).filter(
      (name) => !taken.has(name),
    )
    if (free.length === 0 || taken.size > population + 5) return false
    const file = `${random.pick(FOLDERS)}/new-${random.between(0, 2)}.yaml`
    const docs = files.get(file) ?? []
    const made = schedule(random.pick(free), { job: random.pick(JOBS), data: { note } })
    files.set(file, [...docs, made])
    return true
  },
  rename: (files, { random, population }) => {
    const taken = new Set(schedulesOf(files).map(({ name }) => name))
    const free = Array.from({ length: population + 12 }, (_, index) => `s-${index}`).filter(
      (name) => !taken.has(name),
    )
    if (free.length === 0) return false
    return change(files, random, 'Schedule', () => ({ name: random.pick(free) }))
  },
  'move to another file': (files, { random }) => {
    const from = random.pick([...files.keys()].filter(isBook))
    const docs = files.get(from)!
    const moved = random.pick(docs)
    const to = `${random.pick(FOLDERS)}/book-${random.between(0, 9)}.yaml`
    if (to === from) return false
    const left = docs.filter((doc) => doc !== moved)
    if (left.length === 0) files.delete(from)
    else files.set(from, left)
    files.set(to, [moved, ...(files.get(to) ?? [])])
    return true
  },
  'rename a file': (files, { random, note }) => {
    const from = random.pick([...files.keys()].filter(isBook))
    files.set(from.replace(/[^/]+$/, `renamed-${note}.yaml`), files.get(from)!)
    return files.delete(from)
  },
}

/** Mistakes that people make, in the text of a file that holds good schedules. */
export const MISTAKES: Readonly<Record<string, (text: string, note: number) => string>> = {
  'a bracket that is never closed': (text) => text.replace(/}\n$/, '\n'),
  'half a file': (text) => text.slice(0, Math.floor(text.length / 2)).replace(/spec: [^\n]*$/, 'spec: {'),
  'an empty file': () => '',
  'an unknown key': (text, note) => text.replace('"triggers"', `"trigers${note}":[],"triggers"`),
  'a pattern that is none': (text, note) =>
    `${text}---\n${textOf([bad({ triggers: [{ cron: `61 * ${note}` }] })])}`,
  'a job that is not there': (text, note) => `${text}---\n${textOf([bad({ job: `gone-${note}` })])}`,
  'a calendar that is not there': (text, note) =>
    `${text}---\n${textOf([bad({ calendar: `gone-${note}` })])}`,
  'one identity twice': (text) => `${text}---\n${textOf([schedule(METRONOME)])}`,
  'an expectation that fails': (text) =>
    `${text}---\n${textOf([bad({ expect: [{ at: '2026-01-27T22:00', fires: false }] })])}`,
}

function bad(more: Spec): Doc {
  return schedule('bad', more)
}

export const isBook = (file: string): boolean => FOLDERS.some((folder) => file.startsWith(`${folder}/`))
export const bookFolder = (random: Random): string => random.pick(FOLDERS)

export function mutable(files: Files): Map<string, Doc[]> {
  return new Map([...files].map(([file, docs]) => [file, [...docs]]))
}

function schedulesOf(files: ReadonlyMap<string, readonly Doc[]>): readonly Doc[] {
  return [...files].filter(([file]) => isBook(file)).flatMap(([, docs]) => docs)
}

/** Changes one document of a kind; null deletes it, and a key that becomes undefined goes. */
function change(
  files: Map<string, Doc[]>,
  random: Random,
  kind: Doc['kind'],
  how: (doc: Doc) => Partial<Doc> | null,
  concerns: (doc: Doc) => boolean = () => true,
): boolean {
  const places = [...files].flatMap(([file, docs]) =>
    docs
      .filter((doc) => doc.kind === kind && doc.name !== METRONOME && doc.name !== STAMP && concerns(doc))
      .map((doc) => ({ file, doc })),
  )
  if (places.length === 0) return false
  // A few are edited again and again, before the last edit is old.
  const hot = places.filter((place) => HOT.has(place.doc.name))
  const { file, doc } = random.pick(hot.length > 0 && random.chance(0.4) ? hot : places)
  const changed = how(doc)
  const docs = files.get(file)!
  const next =
    changed === null
      ? docs.filter((each) => each !== doc)
      : docs.map((each) => (each === doc ? { ...doc, ...changed } : each))
  if (next.length === 0) files.delete(file)
  else files.set(file, next)
  return true
}

/** Sets a key, or takes it away: where `most` have it already, one of those loses it. */
function toggle(
  files: Map<string, Doc[]>,
  random: Random,
  { kind, key, most }: { readonly kind: Doc['kind']; readonly key: string; readonly most: number },
  value: () => unknown,
): boolean {
  const has = ({ spec }: Doc) => spec[key] !== undefined
  const having = [...files.values()].flat().filter((doc) => doc.kind === kind && has(doc)).length
  const how = changeSpec((spec) => ({ [key]: spec[key] === undefined ? value() : undefined }))
  return change(files, random, kind, how, having >= most ? has : undefined)
}

function changeSpec(how: (spec: Spec) => Spec) {
  return ({ spec }: Doc): Partial<Doc> => {
    const next = { ...spec, ...how(spec) }
    return { spec: Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) }
  }
}

function changeSchedule(files: Map<string, Doc[]>, random: Random, how: (spec: Spec) => Spec): boolean {
  return change(files, random, 'Schedule', changeSpec(how))
}

function changeJob(files: Map<string, Doc[]>, random: Random, how: (spec: Spec) => Spec): boolean {
  return change(files, random, 'Job', changeSpec(how))
}
