import type { Problem } from '../../src/core/errors.ts'
import type { Tree } from '../../src/core/manifest/tree.ts'
import { DEFAULT_PRUNE_LIMIT, type PruneLimit } from '../../src/core/plan/guard.ts'
import { err, ok, type Result } from '../../src/core/result.ts'
import { Scheduler } from '../../src/engine/scheduler.ts'
import { MemoryAdapterConsumers } from '../../src/memory/adapter-consumers.ts'
import { MemoryBucket } from '../../src/memory/bucket.ts'
import { MemoryEventSources } from '../../src/memory/event-sources.ts'
import { MemoryEvents } from '../../src/memory/events.ts'
import type { FaultPlan } from '../../src/memory/faults.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { createMemoryLeaseStore } from '../../src/memory/lease-store.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { MemoryDeadLetters, MemoryRunJournal } from '../../src/memory/run-journal.ts'
import { createMemoryStore } from '../../src/memory/store.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import type { AdapterConsumers } from '../../src/ports/adapter-consumers.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import type { TreeSource } from '../../src/ports/source.ts'
import type { Store } from '../../src/ports/store.ts'
import type { EventSink, Logger } from '../../src/ports/telemetry.ts'

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

const MOST_STEPS = 10_000

/** A source whose tree a test sets. */
export class SimulatedSource implements TreeSource {
  readonly id = 'main'
  #tree: Result<Tree, readonly Problem[]>
  readonly #watchers = new Set<() => void>()

  constructor(tree: Tree) {
    this.#tree = ok(tree)
  }

  describe(): string {
    return 'a simulated tree'
  }

  set(tree: Tree): void {
    this.#tree = ok(tree)
    this.#tell()
  }

  break(problems: readonly Problem[]): void {
    this.#tree = err(problems)
    this.#tell()
  }

  async load(): Promise<Result<Tree, readonly Problem[]>> {
    return this.#tree
  }

  watch(onChange: () => void, signal: AbortSignal): void {
    this.#watchers.add(onChange)
    signal.addEventListener('abort', () => this.#watchers.delete(onChange))
  }

  #tell(): void {
    for (const onChange of this.#watchers) onChange()
  }
}

export interface InstanceOptions {
  /** Instead of the installation's own, such as ones that fail. */
  readonly consumers?: AdapterConsumers
  /** Where its events go, instead of the trail that all instances read. */
  readonly events?: EventSink
  readonly faults?: FaultPlan
  /** Whether it keeps runs while it leads. */
  readonly keepsRuns?: boolean
  /** How long an unanswered request is waited for. */
  readonly timeoutMs?: number
  readonly pruneLimit?: PruneLimit
  /** This instance's wall clock minus everybody else's and the server's. */
  readonly wallAheadMs?: () => number
  /** How late this instance hears of what is written to live state. */
  readonly watchDelayMs?: () => number
}

/** A store whose watches tell everything in order, but late. */
function toldLate(store: Store, clock: Clock, delayMs: () => number): Store {
  return {
    ...store,
    watch(watcher, signal) {
      let told: Promise<unknown> = Promise.resolve()
      const later = (tell: () => void) => {
        const ms = delayMs()
        told = told.then(async () => {
          if (ms === 0 || (await clock.sleep(ms, signal))) tell()
        })
      }
      store.watch(
        {
          onChange: (change) => later(() => watcher.onChange(change)),
          onCaughtUp: () => later(() => watcher.onCaughtUp()),
          onReset: () => later(() => watcher.onReset()),
        },
        signal,
      )
    },
  }
}

/** One installation in memory on a virtual clock: a server's content, and instances that come and go. */
export class Simulation {
  readonly clock: VirtualClock
  readonly live = new MemoryBucket()
  readonly cursors = new MemoryBucket()
  readonly instances = new MemoryBucket()
  readonly overrides = new MemoryBucket()
  readonly lease = new MemoryBucket()
  readonly stream = new MemoryLogStream()
  readonly consumers: MemoryAdapterConsumers
  readonly tracker = new MemoryBucket()
  readonly sources: MemoryEventSources
  readonly events = new MemoryEvents()
  readonly runs: MemoryRunJournal
  #nonce = 0

  /** `settled` as of the virtual clock. */
  constructor(start: string, settled?: () => Promise<void>) {
    this.clock = new VirtualClock(Date.parse(start), settled)
    this.runs = new MemoryRunJournal(this.clock)
    this.sources = new MemoryEventSources(this.clock)
    this.consumers = new MemoryAdapterConsumers(this.stream, this.clock)
  }

  instance(name: string, source: TreeSource | null, options: InstanceOptions = {}): Scheduler {
    const { wallAheadMs = () => 0, watchDelayMs = () => 0, pruneLimit, consumers, ...rest } = options
    const { keepsRuns = false, events, ...faulty } = rest
    const port = { clock: this.clock, ...faulty }
    const clock: Clock = {
      now: () => this.clock.now() + wallAheadMs(),
      monotonic: () => this.clock.monotonic(),
      sleep: (ms, signal) => this.clock.sleep(ms, signal),
    }
    return new Scheduler({
      clock,
      live: toldLate(createMemoryStore(this.live, port), this.clock, watchDelayMs),
      cursors: createMemoryStore(this.cursors, port),
      instances: createMemoryStore(this.instances, port),
      overrides: toldLate(createMemoryStore(this.overrides, port), this.clock, watchDelayMs),
      lease: createMemoryLeaseStore(this.lease, port),
      log: createMemoryFireLog(this.stream, port),
      consumers: consumers ?? this.consumers,
      events: events ?? this.events,
      trail: this.events,
      logger: silent,
      source,
      pruneLimit: pruneLimit ?? DEFAULT_PRUNE_LIMIT,
      instance: name,
      version: 'test',
      host: 'test',
      pid: 1,
      tz: 'test',
      retentionSeconds: 604_800,
      drawNonce: () => this.drawNonce(),
      ...(keepsRuns
        ? { runs: this.#runPorts(createMemoryStore(this.tracker, port)), eventSources: this.sources }
        : {}),
    })
  }

  #runPorts(store: Store) {
    return { journal: this.runs, deadLetters: new MemoryDeadLetters(this.stream, this.clock), store }
  }

  drawNonce(): string {
    return `nonce-${this.#nonce++}`
  }

  /** Starts an instance and lets it win the lease. */
  async started(name: string, source: TreeSource | null, options: InstanceOptions = {}): Promise<Scheduler> {
    const scheduler = this.instance(name, source, options)
    const started = scheduler.start()
    await this.clock.advance(50)
    await started
    await this.clock.advance(50)
    return scheduler
  }

  /** Runs `work` while time goes on, in small steps, until it is done. */
  async during<T>(work: Promise<T>, stepMs = 10): Promise<T> {
    let done = false
    const finished = work.finally(() => {
      done = true
    })
    for (let steps = 0; !done; steps++) {
      if (steps > MOST_STEPS)
        throw new Error(`not done after ${(MOST_STEPS * stepMs) / 1000} virtual seconds`)
      await this.clock.advance(stepMs)
    }
    return finished
  }

  records(schedule?: string): readonly LogRecord[] {
    return this.stream
      .stored(this.clock.now())
      .map(({ record }) => record)
      .filter(({ key }) => schedule === undefined || key.schedule === schedule)
  }

  /** Nominal times of the fires of a schedule, as ISO text. */
  fires(schedule: string): readonly string[] {
    return this.records(schedule)
      .filter(({ kind }) => kind === 'fire')
      .map(({ nominal }) => new Date(nominal).toISOString())
  }
}
