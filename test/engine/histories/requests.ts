import { BelfryError } from '../../../src/core/errors.ts'
import { DEFAULT_PRUNE_LIMIT } from '../../../src/core/plan/guard.ts'
import { parsePauseTarget } from '../../../src/core/trigger/pause-target.ts'
import type { Random } from '../../support/random.ts'
import type { Simulation } from '../../support/simulation.ts'
import type { Chronicle } from './chronicle.ts'
import { foreignTree, JOBS, NAMES, type Scale, type WantedSchedule } from './manifests.ts'
import type { SimulatedProcess } from './process.ts'

const MISSED = ['discard', 'latest', 'all'] as const

/** What people and other processes ask of the leader. Each call goes out and is not waited for, as theirs are. */
export class Requests {
  /** What failed otherwise than a request may. */
  readonly failures: string[] = []
  /** The other source's schedule as it was last sent; null: it never was. */
  foreign: WantedSchedule | null = null
  readonly #simulation: Simulation
  readonly #chronicle: Chronicle
  readonly #scale: Scale

  constructor(simulation: Simulation, chronicle: Chronicle, scale: Scale) {
    this.#simulation = simulation
    this.#chronicle = chronicle
    this.#scale = scale
  }

  pause(random: Random, leader: SimulatedProcess, names: readonly string[]): string {
    const key = random.pick([
      ...names.map((name) => `schedule.default.${name}`),
      ...JOBS.map((job) => `job.default.${job}`),
      'tenant.default',
      'everything',
    ])
    const unit = this.#scale === 'seconds' ? 1_000 : 3_600_000
    const lasts = random.pick([null, random.between(1, 9), random.between(5, 30)])
    const until = lasts === null ? null : this.#simulation.clock.now() + lasts * unit
    const missed = random.pick(MISSED)
    this.#ask(
      leader,
      () => leader.scheduler.pause(targetOf(key), { by: 'ann', reason: 'drawn', until, missed }),
      () => this.#chronicle.pauses.answered(key, this.#chronicle.moment()),
    )
    return `${key} is paused, ${missed}${lasts === null ? '' : `, for ${lasts * unit} ms`}`
  }

  resume(random: Random, leader: SimulatedProcess): string {
    const paused = this.#paused()
    const [first] = paused
    if (first === undefined) return 'nothing: nothing is paused'
    const key = random.pick(paused)
    const missed = random.pick([null, ...MISSED])
    this.#ask(
      leader,
      () => leader.scheduler.resume(targetOf(key), { by: 'ann', missed }),
      () => undefined,
    )
    return `${key} is resumed${missed === null ? '' : `, ${missed}`}`
  }

  trigger(random: Random, leader: SimulatedProcess, names: readonly string[]): string {
    const kind = random.pick(['job', 'schedule'] as const)
    const name = random.pick(kind === 'job' ? JOBS : names)
    const key = `key-${random.between(1, 4)}`
    const force = random.chance(0.5)
    this.#ask(
      leader,
      () =>
        leader.scheduler.trigger({
          kind,
          tenant: 'default',
          name,
          key,
          data: null,
          force,
          author: 'ann',
          at: null,
        }),
      ({ run }) => {
        const schedule = run.slice('default/'.length)
        if (this.#chronicle.of(schedule).length === 0) this.failures.push(`${run} is told, but not stored`)
        this.#chronicle.promised.add(schedule)
      },
    )
    return `${kind} ${name} is triggered with ${key}${force ? ', by force' : ''}`
  }

  /** Another source's tree, from a process of its own. */
  apply(drawn: WantedSchedule, leader: SimulatedProcess): string {
    const { tree, spec } = foreignTree(drawn)
    const revision = tree.digest.slice(0, 12)
    const { edits } = this.#chronicle
    if (!edits.has(revision)) edits.set(revision, this.#simulation.clock.now())
    this.foreign = spec
    this.#ask(
      leader,
      () => leader.scheduler.applyTree({ source: 'ops', tree, limit: DEFAULT_PRUNE_LIMIT }),
      () => undefined,
    )
    return `another source applies ${JSON.stringify(spec)}`
  }

  /** What is asked in the end, so that there is nothing that is not settled: by `apply` what was sent last. */
  async end(leaderOf: () => SimulatedProcess | undefined): Promise<void> {
    const { clock } = this.#simulation
    for (let tries = 0; tries < 40; tries++) {
      const leader = leaderOf()
      const isDone = { applied: this.foreign === null }
      if (leader !== undefined) {
        for (const key of this.#paused())
          this.#ask(
            leader,
            () => leader.scheduler.resume(targetOf(key), { by: 'ann', missed: null }),
            () => undefined,
          )
        if (this.foreign !== null) {
          const { tree } = foreignTree(this.foreign)
          this.#ask(
            leader,
            () => leader.scheduler.applyTree({ source: 'ops', tree, limit: DEFAULT_PRUNE_LIMIT }),
            ({ kind }) => {
              isDone.applied = kind === 'applied' || kind === 'unchanged'
            },
          )
        }
      }
      await clock.advance(400)
      if (leader !== undefined && isDone.applied && this.#paused().length === 0) return
    }
  }

  /** Runs that somebody was told are stored, and that are not. */
  missing(): readonly string[] {
    return [...this.#chronicle.promised].flatMap((schedule) =>
      this.#chronicle.of(schedule).length > 0 ? [] : [`${schedule} was promised, and is lost`],
    )
  }

  /** Runs that were asked for once and are stored twice in one log. */
  doubled(): readonly string[] {
    return [...this.#chronicle.stored].flatMap(([schedule, stored]) => {
      const isOwn = NAMES.some((name) => schedule === name)
      const logs = stored.map(({ log }) => log)
      return !isOwn && schedule.includes('~') && new Set(logs).size < logs.length
        ? [`${schedule} is stored twice`]
        : []
    })
  }

  #paused(): readonly string[] {
    return this.#simulation.overrides
      .entries()
      .filter(({ value }) => JSON.parse(value).pause !== null)
      .map(({ key }) => key)
  }

  #ask<T>(leader: SimulatedProcess, asking: () => Promise<T>, answered: (reply: T) => void): void {
    const failed = (error: unknown): void => {
      if (!(error instanceof BelfryError) || error.code === 'internal') this.failures.push(String(error))
    }
    const told = (reply: T): void => {
      if (leader.state !== 'dead') answered(reply)
    }
    try {
      asking().then(told).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

function targetOf(key: string) {
  const target = parsePauseTarget(key.replaceAll('.', '/'))
  if (!target.ok) throw new Error(target.error)
  return target.value
}
