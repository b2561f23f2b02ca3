import { BelfryError } from '../../../src/core/errors.ts'
import { DEFAULT_PRUNE_LIMIT } from '../../../src/core/plan/guard.ts'
import { Scheduler } from '../../../src/engine/scheduler.ts'
import type { Fault, FaultPlan, MemoryOperation } from '../../../src/memory/faults.ts'
import { createMemoryFireLog } from '../../../src/memory/fire-log.ts'
import { createMemoryLeaseStore } from '../../../src/memory/lease-store.ts'
import { createMemoryStore } from '../../../src/memory/store.ts'
import type { AdapterConsumers } from '../../../src/ports/adapter-consumers.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { FireLog } from '../../../src/ports/fire-log.ts'
import type { TreeSource } from '../../../src/ports/source.ts'
import type { Store } from '../../../src/ports/store.ts'
import { type SimulatedSource, type Simulation, silent } from '../../support/simulation.ts'

export type Line = 'store' | 'log'

export interface ProcessOptions {
  readonly name: string
  readonly source: SimulatedSource
  readonly retentionSeconds: number
  readonly faults: FaultPlan
  /** Every entry at the moment of each send. */
  readonly onSend: (entry: Parameters<FireLog['append']>[0]) => void
  readonly onLeading: (term: number) => void
}

const TIMEOUT_MS = 2_000

/**
 * One process that runs an instance, with all that can happen to a process: it can be stopped and go on (its answers and
 * wake-ups wait), die at any moment (they never come), have its clock set, or be cut off from the store or the log in
 * both directions (requests are lost, news waits).
 */
export class SimulatedProcess {
  readonly name: string
  readonly source: SimulatedSource
  readonly scheduler: Scheduler
  readonly cuts = new Set<Line>()
  state: 'running' | 'stopped' | 'dead' = 'running'
  /** A clean stop has begun. */
  isLeaving = false
  aheadMs = 0
  lateMs = 0
  trouble = 0
  /** Every request takes up to this long. */
  slowMs = 0
  /** Dies at that many requests from now, before or after the effect. */
  diesIn: { requests: number; readonly after: boolean } | null = null
  readonly #simulation: Simulation
  #woken: (() => void)[] = []

  constructor(simulation: Simulation, options: ProcessOptions) {
    this.#simulation = simulation
    this.name = options.name
    this.source = options.source
    this.scheduler = this.#scheduler(options)
  }

  get isUp(): boolean {
    return this.state !== 'dead' && !this.isLeaving
  }

  die(): void {
    this.state = 'dead'
    this.#woken = []
  }

  stand(): void {
    if (this.state === 'running') this.state = 'stopped'
  }

  goOn(): void {
    if (this.state === 'stopped') this.state = 'running'
    this.changed()
  }

  /** To be called after `cuts` has changed: what waits for it goes on. */
  changed(): void {
    const woken = this.#woken
    this.#woken = []
    for (const wake of woken) wake()
  }

  /** Whether a request is the one at which this process dies. */
  #fate(): Fault | null {
    if (this.diesIn === null || --this.diesIn.requests > 0) return null
    const { after } = this.diesIn
    this.diesIn = null
    this.die()
    return { kind: after ? 'lose-answer' : 'lose-request' }
  }

  #scheduler({ faults, onSend, onLeading, source, retentionSeconds }: ProcessOptions): Scheduler {
    const simulation = this.#simulation
    const { clock: world } = simulation
    const clock: Clock = {
      now: () => world.now() + this.aheadMs,
      monotonic: () => world.monotonic(),
      sleep: (ms, signal) => this.#passed(world.sleep(ms, signal)),
    }
    const plan = (operation: MemoryOperation): Fault | null => {
      if (this.state === 'dead') return { kind: 'lose-request' }
      const fate = this.#fate()
      if (fate !== null) return fate
      return this.cuts.has(lineOf(operation)) ? { kind: 'lose-request' } : faults(operation)
    }
    const port = { clock: world, timeoutMs: TIMEOUT_MS, faults: plan }
    const lease = this.#gated(createMemoryLeaseStore(simulation.lease, port))
    const log = this.#gated(createMemoryFireLog(simulation.stream, port))
    return new Scheduler({
      clock,
      live: this.#store(this.#gated(createMemoryStore(simulation.live, port))),
      cursors: this.#gated(createMemoryStore(simulation.cursors, port)),
      instances: this.#gated(createMemoryStore(simulation.instances, port)),
      overrides: this.#store(this.#gated(createMemoryStore(simulation.overrides, port))),
      lease: {
        ...lease,
        watch: (onChange, signal) => {
          const told = this.#teller('store', signal)
          lease.watch((held) => told(() => onChange(held)), signal)
        },
      },
      log: {
        ...log,
        append: (entry, expected) => {
          onSend(entry)
          return log.append(entry, expected)
        },
        onReturn: (listener, signal) => {
          const told = this.#teller('log', signal)
          log.onReturn(() => told(listener), signal)
        },
        follow: (from, follower, signal) => {
          const told = this.#teller('log', signal)
          // What a loss makes it ask for anew is known only when it hears of it: until then all is told.
          let anew = 0
          log.follow(
            from,
            {
              onRecord: (record, content) =>
                told(() => {
                  if (record.sequence >= anew) follower.onRecord(record, content)
                }),
              onReset: (incarnation) =>
                told(() => {
                  anew = 0
                  follower.onReset(incarnation)
                }),
              onLoss: (lastSequence) => {
                told(() => {
                  anew = follower.onLoss?.(lastSequence) ?? 1
                })
                return 1
              },
            },
            signal,
          )
        },
      },
      consumers: this.#consumers(),
      events: simulation.events,
      trail: simulation.events,
      logger: silent,
      source: this.#source(source),
      pruneLimit: DEFAULT_PRUNE_LIMIT,
      instance: this.name,
      version: 'test',
      host: 'test',
      pid: 1,
      tz: 'test',
      retentionSeconds,
      drawNonce: () => simulation.drawNonce(),
      onLeading,
    })
  }

  #store(store: Store): Store {
    return {
      ...store,
      watch: (watcher, signal) => {
        const told = this.#teller('store', signal)
        store.watch(
          {
            onChange: (change) => told(() => watcher.onChange(change)),
            onCaughtUp: () => told(() => watcher.onCaughtUp()),
            onReset: () => told(() => watcher.onReset()),
          },
          signal,
        )
      },
    }
  }

  #consumers(): AdapterConsumers {
    const consumers = this.#simulation.consumers
    const asked = async <T>(asking: () => Promise<T>): Promise<T> => {
      if (this.cuts.has('log')) {
        await this.#simulation.clock.sleep(TIMEOUT_MS, FOREVER)
        await this.#awake()
        throw new BelfryError('timeout', 'the consumers cannot be asked now', { retryable: true })
      }
      return this.#passed(asking())
    }
    return {
      list: () => asked(() => consumers.list()),
      ensure: (consumer) => asked(() => consumers.ensure(consumer)),
      turnLanes: () => asked(() => consumers.turnLanes()),
      hold: (tenant, adapter, hold) => asked(() => consumers.hold(tenant, adapter, hold)),
      limit: (tenant, adapter, most) => asked(() => consumers.limit(tenant, adapter, most)),
      retire: (tenant, adapter) => asked(() => consumers.retire(tenant, adapter)),
      removeIfDrained: (tenant, adapter) => asked(() => consumers.removeIfDrained(tenant, adapter)),
    }
  }

  #source(source: SimulatedSource): TreeSource {
    return {
      id: source.id,
      describe: () => source.describe(),
      load: () => this.#passed(source.load()),
      watch: (onChange, signal) => {
        const told = this.#teller(null, signal)
        source.watch(() => told(onChange), signal)
      },
    }
  }

  /** The same port whose answers wait while this process stands still. */
  #gated<T extends object>(port: T): T {
    const gated: Record<string, unknown> = {}
    for (const [name, ask] of Object.entries(port) as [string, (...asked: unknown[]) => unknown][]) {
      gated[name] = (...asked: unknown[]) => {
        const answer = ask.apply(port, asked)
        return answer instanceof Promise ? this.#passed(answer) : answer
      }
    }
    return gated as T
  }

  async #passed<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } finally {
      if (this.state !== 'running') await this.#awake()
    }
  }

  async #awake(): Promise<void> {
    while (this.state !== 'running') await new Promise<void>((resolve) => this.#woken.push(resolve))
  }

  /** Tells news in order: late, and only while this process runs and the line is open. */
  #teller(line: Line | null, signal: AbortSignal): (tell: () => void) => void {
    const waiting: (() => void)[] = []
    let isTelling = false
    const isShut = () => this.state !== 'running' || (line !== null && this.cuts.has(line))
    const tellAll = async (): Promise<void> => {
      isTelling = true
      while (waiting.length > 0) {
        if (this.lateMs > 0) await this.#simulation.clock.sleep(this.lateMs, signal)
        while (isShut()) await new Promise<void>((resolve) => this.#woken.push(resolve))
        if (signal.aborted) return
        waiting.shift()!()
      }
      isTelling = false
    }
    return (tell) => {
      if (this.state === 'dead') return
      if (!isTelling && this.lateMs === 0 && !isShut()) {
        if (!signal.aborted) tell()
        return
      }
      waiting.push(tell)
      if (!isTelling) void tellAll()
    }
  }
}

const FOREVER = new AbortController().signal

function lineOf({ port }: MemoryOperation): Line {
  return port === 'log' ? 'log' : 'store'
}
