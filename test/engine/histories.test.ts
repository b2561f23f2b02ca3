import { describe, expect, it } from 'vitest'
import { problem } from '../../src/core/errors.ts'
import type { LiveEntry } from '../../src/core/plan/live-entry.ts'
import type { Scheduler } from '../../src/engine/scheduler.ts'
import type { Fault } from '../../src/memory/faults.ts'
import { createMemoryStore } from '../../src/memory/store.ts'
import { Random } from '../support/random.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

// Random histories on a virtual clock: several instances on one store, requests and answers that get lost or come late,
// clean stops, crashes, edits, deletions and re-creations. Afterwards an oracle that knows only what was written to live
// state says which times were owed, and every one of them must be one fire. Seeded: BELFRY_SEED runs one history again.

const HISTORIES = Number(process.env.BELFRY_HISTORIES ?? 60)
const ONLY = process.env.BELFRY_SEED
const NAMES = ['alpha', 'beta', 'gamma', 'delta']
const STEPS = [1, 2, 3, 5]
const EVENTS = 25

interface Instance {
  readonly scheduler: Scheduler
  /** Cut off: it hears nothing and is heard by nobody. */
  cut: boolean
  /** How often a request or its answer is lost or late. */
  trouble: number
}

/** What live state said of a schedule, in order: a version from `activeFrom` on, or its end. */
interface Version {
  readonly stepMs: number
  readonly activeFrom: number
}

class History {
  readonly random: Random
  readonly simulation = new Simulation('2026-01-05T00:00:00.250Z')
  readonly source: SimulatedSource
  readonly instances: Instance[] = []
  readonly wanted = new Map<string, number>()
  readonly versions = new Map<string, Version[]>()
  /** When each edit was asked for, by schedule, oldest first. */
  #named = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    for (const name of NAMES.slice(0, 3)) this.wanted.set(name, this.random.pick(STEPS))
    this.source = new SimulatedSource(this.tree())
    const watching = createMemoryStore(this.simulation.live, { clock: this.simulation.clock })
    const never = new AbortController().signal
    watching.watch(
      {
        onCaughtUp: () => undefined,
        onReset: () => undefined,
        onChange: ({ key, value }) => this.observe(key, value),
      },
      never,
    )
  }

  tree() {
    const schedules = [...this.wanted].map(([name, step]) =>
      scheduleText(name, `timezone: UTC, triggers: [{every: ${step}s}]`),
    )
    return treeOf(ADAPTER_AND_JOB + schedules.join(''))
  }

  observe(key: string, value: string | null): void {
    const name = /^Schedule\.default\.(.+)$/.exec(key)?.[1]
    if (name === undefined) return
    const versions = this.versions.get(name) ?? []
    this.versions.set(name, versions)
    if (value === null) return
    const entry = JSON.parse(value) as LiveEntry
    const spec = entry.manifest.spec as { triggers: readonly { every: string }[] }
    const stepMs = Number.parseInt(spec.triggers[0]!.every, 10) * 1_000
    if (versions.at(-1)?.activeFrom !== entry.activeFrom)
      versions.push({ stepMs, activeFrom: entry.activeFrom })
  }

  async start(): Promise<void> {
    const instance = { cut: false, trouble: 0 } as { -readonly [K in keyof Instance]: Instance[K] }
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
    instance.scheduler = this.simulation.instance(`instance-${this.#named}`, this.source, { faults })
    await this.simulation.during(instance.scheduler.start())
    this.instances.push(instance)
  }

  async event(): Promise<void> {
    const { random, simulation } = this
    const instance = random.pick(this.instances)
    const what = random.between(1, 10)
    if (what <= 3) {
      this.wanted.set(random.pick(NAMES), random.pick(STEPS))
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
    }
    await simulation.clock.advance(random.between(50, 4_000))
  }

  /** All is repaired, and what is owed has the time to be stored. */
  async end(): Promise<void> {
    for (const instance of this.instances) {
      instance.cut = false
      instance.trouble = 0
    }
    this.source.set(this.tree())
    await this.simulation.clock.advance(15_000)
  }

  /** The times that live state owed, by an oracle of its own: multiples of each version's step between its edges. */
  owed(name: string, until: number): readonly number[] {
    const ends = this.simulation
      .records(name)
      .filter(({ reason }) => reason === 'deleted')
      .map(({ nominal }) => nominal)
    const versions = this.versions.get(name) ?? []
    const owed: number[] = []
    versions.forEach(({ stepMs, activeFrom }, index) => {
      const next = versions[index + 1]?.activeFrom ?? Number.POSITIVE_INFINITY
      const isLast = index === versions.length - 1
      // A version ends at its deletion, if it was deleted, else where the next begins. Several markers of one deletion
      // (a crash between marker and removal) leave the last to count, unless the version went on meanwhile.
      const deletions = ends.filter((each) => each > activeFrom && each <= next)
      const deleted = deletions.at(-1)
      const isGone = isLast
        ? this.simulation.live.get(`Schedule.default.${name}`) === null
        : deleted !== undefined && deleted < next
      const to = Math.min(isGone && deleted !== undefined ? deleted : next, until)
      for (let at = (Math.floor(activeFrom / stepMs) + 1) * stepMs; at <= to; at += stepMs) owed.push(at)
    })
    return owed
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
  for (const name of NAMES) {
    const fires = history.simulation
      .records(name)
      .filter(({ kind, nominal }) => kind === 'fire' && nominal <= until)
      .map(({ nominal }) => new Date(nominal).toISOString())
    const owed = history.owed(name, until).map((nominal) => new Date(nominal).toISOString())
    expect(fires, `seed ${seed}, schedule ${name}`).toEqual(owed)
  }
}

describe('random histories', () => {
  const seeds =
    ONLY === undefined ? Array.from({ length: HISTORIES }, (_, index) => index + 1) : [Number(ONLY)]
  it(`lose and double nothing (${seeds.length} seeds)`, async () => {
    for (const seed of seeds) await play(seed)
  }, 600_000)
})
