import { describe, expect, it } from 'vitest'
import { problem } from '../../src/core/errors.ts'
import type { LiveEntry } from '../../src/core/plan/live-entry.ts'
import type { Scheduler } from '../../src/engine/scheduler.ts'
import type { Fault } from '../../src/memory/faults.ts'
import { createMemoryStore } from '../../src/memory/store.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { Random } from '../support/random.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

// Random histories on a virtual clock: several instances on one store, requests and answers that get lost or come late,
// news that comes late, clocks that jump, clean stops, crashes, edits (steps, suspension, limits, another job, a day that
// closes), deletions and re-creations, a log that is deleted and made anew. Afterwards an oracle that knows only what was
// written to live state says which times were owed, and every one of them must be one fire. Seeded: BELFRY_SEED runs
// one history again.

const HISTORIES = Number(process.env.BELFRY_HISTORIES ?? 60)
const ONLY = process.env.BELFRY_SEED
const NAMES = ['alpha', 'beta', 'gamma', 'delta']
const STEPS = [1, 2, 3, 5]
const EVENTS = 30
const START = '2026-01-05T00:00:00.250Z'

const head = (kind: string, name: string) =>
  `---\napiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const JOBS = ['import', 'export']
const BASE = JOBS.map(
  (job) =>
    `${head('Adapter', `${job}-workers`)}spec: {}\n${head('Job', job)}spec: {adapter: ${job}-workers, message: Run}\n`,
).join('')
/** Every history plays on one day: the calendar closes it or does not. */
const calendar = (open: boolean) =>
  calendarText(
    'days',
    `timezone: UTC, weekend: [${open ? 'sun' : 'mon'}], coverage: {from: 2026-01-01, to: 2026-12-31}, rules: []`,
  )

interface Instance {
  readonly scheduler: Scheduler
  /** Cut off: it hears nothing and is heard by nobody. */
  cut: boolean
  /** How often a request or its answer is lost or late. */
  trouble: number
  /** How late it hears of live state, milliseconds. */
  lateMs: number
  /** Its wall clock minus the server's, milliseconds. */
  aheadMs: number
}

interface Wanted {
  step: number
  suspended: boolean
  job: string
  maxFires: number | null
  /** Uses the calendar. */
  readonly onDays: boolean
}

/** What live state said of a schedule, in order: a version from `activeFrom` on, or its end. */
interface Version {
  readonly stepMs: number
  readonly activeFrom: number
  readonly maxFires: number | null
  /** Nothing fires. */
  readonly idle: boolean
  /** The last time of a version that was deleted. */
  endedAt: number | null
}

interface Owed {
  readonly must: readonly number[]
  /** Where an apply was cut short between a calendar and the schedules on it, either state of the calendar may hold. */
  readonly may: ReadonlySet<number>
}

class History {
  readonly random: Random
  readonly simulation = new Simulation(START)
  readonly source: SimulatedSource
  readonly instances: Instance[] = []
  readonly wanted = new Map<string, Wanted>()
  readonly versions = new Map<string, Version[]>()
  /** Everything that was ever stored, also by a log that is gone. */
  readonly stored: (LogRecord & { readonly log: string })[] = []
  /** A log that is lost takes the counts with it. */
  readonly losesLog: boolean
  #open = true
  #isOpenLive = true
  #named = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    this.losesLog = this.random.chance(0.2)
    for (const name of NAMES.slice(0, 3)) this.wanted.set(name, this.draw(name))
    this.source = new SimulatedSource(this.tree())
    const never = new AbortController().signal
    createMemoryStore(this.simulation.live, { clock: this.simulation.clock }).watch(
      {
        onCaughtUp: () => undefined,
        onReset: () => undefined,
        onChange: ({ key, value }) => this.observe(key, value),
      },
      never,
    )
    this.simulation.stream.follow(
      1,
      {
        onRecord: (record) => this.stored.push({ ...record, log: this.simulation.stream.incarnation }),
        onReset: () => undefined,
      },
      never,
    )
  }

  draw(name: string): Wanted {
    const { random } = this
    return {
      step: random.pick(STEPS),
      suspended: random.chance(0.15),
      job: random.pick(JOBS),
      maxFires: !this.losesLog && random.chance(0.2) ? random.between(3, 20) : null,
      onDays: name === 'gamma',
    }
  }

  tree() {
    const schedules = [...this.wanted].map(([name, { step, suspended, job, maxFires, onDays }]) =>
      scheduleText(
        name,
        // However long nobody leads: it is fired in order.
        `timezone: UTC, triggers: [{every: ${step}s}], misfire: {after: 1h}, suspend: ${suspended}` +
          (onDays ? ', calendar: days' : '') +
          (maxFires === null ? '' : `, maxFires: ${maxFires}`),
      ).replace('job: import', `job: ${job}`),
    )
    return treeOf(BASE + calendar(this.#open) + schedules.join(''))
  }

  observe(key: string, value: string | null): void {
    if (key === 'Calendar.default.days' && value !== null) this.#isOpenLive = !value.includes('"mon"')
    const name = /^Schedule\.default\.(.+)$/.exec(key)?.[1]
    if (name === undefined) return
    const versions = this.versions.get(name) ?? []
    this.versions.set(name, versions)
    if (value === null) {
      const marker = this.stored.findLast(({ key, reason }) => key.schedule === name && reason === 'deleted')
      versions.at(-1)!.endedAt = marker!.nominal
      return
    }
    const { manifest, activeFrom } = JSON.parse(value) as LiveEntry
    const spec = manifest.spec as {
      readonly triggers: readonly { readonly every: string }[]
      readonly suspend: boolean
      readonly maxFires?: number
      readonly calendar?: string
    }
    // The same beginning again: nothing of the timing has changed, or nothing had come of the version before.
    const last = versions.at(-1)
    if (last?.activeFrom === activeFrom && last.endedAt === null) versions.pop()
    versions.push({
      stepMs: Number.parseInt(spec.triggers[0]!.every, 10) * 1_000,
      activeFrom,
      maxFires: spec.maxFires ?? null,
      idle: spec.suspend || (spec.calendar !== undefined && !this.#isOpenLive),
      endedAt: null,
    })
  }

  async start(): Promise<void> {
    const instance = { cut: false, trouble: 0, lateMs: 0, aheadMs: 0 } as {
      -readonly [K in keyof Instance]: Instance[K]
    }
    const faults = (): Fault | null => {
      if (instance.cut) return { kind: 'lose-request' }
      if (!this.random.chance(instance.trouble)) return null
      const ms = this.random.between(1, 900)
      return this.random.pick<Fault>([
        { kind: 'lose-request' },
        { kind: 'lose-answer' },
        { kind: 'delay-request', ms },
        { kind: 'delay-answer', ms },
        { kind: 'busy' },
      ])
    }
    this.#named += 1
    instance.scheduler = this.simulation.instance(`instance-${this.#named}`, this.source, {
      faults,
      watchDelayMs: () => instance.lateMs,
      wallAheadMs: () => instance.aheadMs,
    })
    await this.simulation.during(instance.scheduler.start())
    this.instances.push(instance)
  }

  edit(): void {
    const { random } = this
    const name = random.pick(NAMES)
    const wanted = this.wanted.get(name)
    if (wanted === undefined || random.chance(0.3)) this.wanted.set(name, this.draw(name))
    else if (random.chance(0.4)) wanted.step = random.pick(STEPS)
    else if (random.chance(0.5)) wanted.suspended = !wanted.suspended
    else wanted.job = random.pick(JOBS)
  }

  async event(): Promise<void> {
    const { random, simulation } = this
    const instance = random.pick(this.instances)
    const what = random.between(1, 13)
    if (what <= 3) {
      this.edit()
      this.source.set(this.tree())
    } else if (what === 4 && this.wanted.size > 1) {
      this.wanted.delete(random.pick([...this.wanted.keys()]))
      this.source.set(this.tree())
    } else if (what === 5) {
      this.source.break([problem('invalid-yaml', 'broken on purpose')])
    } else if (what === 6) {
      instance.cut = !instance.cut
    } else if (what === 7) {
      instance.trouble = random.pick([0, 0.02, 0.2])
    } else if (what === 8 && this.instances.length > 1) {
      this.instances.splice(this.instances.indexOf(instance), 1)
      // A crash is an instance that is cut off for ever; a clean stop tells everybody.
      if (random.chance(0.5)) instance.cut = true
      else if (!instance.cut) await simulation.during(instance.scheduler.stop())
    } else if (what === 9 && this.instances.length < 3) {
      await this.start()
    } else if (what === 10) {
      this.#open = !this.#open
      this.source.set(this.tree())
    } else if (what === 11) {
      instance.aheadMs = random.pick([0, 0, 300, -800, 2_500, -4_000, 3_600_000, -7_200_000])
    } else if (what === 12) {
      instance.lateMs = random.pick([0, 5, 400])
    } else if (what === 13 && this.losesLog) {
      simulation.stream.recreate()
    }
    await simulation.clock.advance(random.between(50, 4_000))
  }

  /** All is repaired, and what is owed has the time to be stored. */
  async end(): Promise<void> {
    for (const instance of this.instances)
      Object.assign(instance, { cut: false, trouble: 0, lateMs: 0, aheadMs: 0 })
    this.source.set(this.tree())
    await this.simulation.clock.advance(15_000)
  }

  /** The times that live state owed, by an oracle of its own: multiples of each version's step between its edges. */
  owed(name: string, until: number): Owed {
    const markers = this.stored.filter(({ key, kind }) => key.schedule === name && kind === 'marker')
    const ends = markers.filter(({ reason }) => reason === 'deleted').map(({ nominal }) => nominal)
    const cuts = markers.filter(({ reason }) => reason === 'superseded').map(({ nominal }) => nominal)
    const versions = this.versions.get(name) ?? []
    const must: number[] = []
    const may = new Set<number>()
    let count = 0
    let counted = Number.NEGATIVE_INFINITY
    versions.forEach(({ stepMs, activeFrom, maxFires, idle, endedAt }, index) => {
      const next = versions[index + 1]?.activeFrom ?? Number.POSITIVE_INFINITY
      const to = Math.min(endedAt ?? next, until)
      // An edit of a calendar that did not come to its schedules: what follows its cut is decided by the one or the other.
      const cut = name === 'gamma' ? cuts.find((each) => each > activeFrom && each < to) : undefined
      for (let at = (Math.floor(activeFrom / stepMs) + 1) * stepMs; at <= to; at += stepMs) {
        // Whoever re-creates a schedule by a clock that is behind begins where it was deleted.
        if (must.length > 0 && at <= must.at(-1)!) continue
        const reset = ends.findLast((each) => each < at) ?? Number.NEGATIVE_INFINITY
        if (reset > counted) count = 0
        counted = Math.max(counted, reset)
        if (maxFires !== null && count >= maxFires) continue
        if (cut !== undefined && at > cut) may.add(at)
        else if (!idle) {
          must.push(at)
          count += 1
        }
      }
    })
    return { must, may }
  }
}

async function play(seed: number): Promise<void> {
  const history = new History(seed)
  await history.start()
  if (history.random.chance(0.7)) await history.start()
  await history.simulation.clock.advance(2_000)
  for (let events = 0; events < EVENTS; events++) await history.event()
  await history.end()
  const until = history.simulation.clock.now() - 5_000
  const texts = (nominals: Iterable<number>) =>
    [...nominals].map((nominal) => new Date(nominal).toISOString())
  for (const name of NAMES) {
    const { must, may } = history.owed(name, until)
    const fires = history.stored.filter(
      ({ key, kind, nominal }) => key.schedule === name && kind === 'fire' && nominal <= until,
    )
    // Only a log that is gone with what it held can have a time stored again.
    const once = new Set(fires.map(({ nominal, log }) => (history.losesLog ? `${nominal} ${log}` : nominal)))
    expect(once.size, `seed ${seed}, schedule ${name}: doubled`).toBe(fires.length)
    const found = new Set(fires.map(({ nominal }) => nominal).filter((nominal) => !may.has(nominal)))
    expect(texts([...found].sort((a, b) => a - b)), `seed ${seed}, schedule ${name}`).toEqual(texts(must))
  }
}

describe('random histories', () => {
  const seeds =
    ONLY === undefined ? Array.from({ length: HISTORIES }, (_, index) => index + 1) : [Number(ONLY)]
  it(`lose and double nothing (${seeds.length} seeds)`, async () => {
    for (const seed of seeds) await play(seed)
  }, 600_000)
})
