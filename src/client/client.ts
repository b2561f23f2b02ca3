/**
 * belfry from another process: asks the leader, whoever that is.
 *
 * Job: requests as calls, tried again over the loss of a leader until a deadline. Invariants: it joins nothing, holds no
 * lease and makes nothing on the server, so that it may come and go freely; every request that is tried again carries
 * what makes it the same request. On failure a BelfryError says what is known: `no-leader` that nothing was changed,
 * `leader-lost` that it is not known, and that the same call with the same key finds out.
 */
import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { BelfryError } from '../core/errors.ts'
import { describeDataProblems, shapeProblem } from '../core/trigger/one-off-data.ts'
import { formatOneOffTarget, type OneOffTarget, parseOneOffTarget } from '../core/trigger/one-off-target.ts'
import type { PauseMissed } from '../core/trigger/pause.ts'
import { formatPauseTarget, parsePauseTarget } from '../core/trigger/pause-target.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { Connection } from '../nats/connection.ts'
import { type ControlClient, createControlClient } from '../nats/control-client.ts'
import type {
  ApplyReply,
  BackfillOutcome,
  CancelReply,
  ControlName,
  PauseReply,
  ReplyOf,
  RequestOf,
  RequeueReply,
  ResumeReply,
  RetryReply,
} from '../ports/control.ts'
import type { Logger } from '../ports/telemetry.ts'
import type {
  ApplyManifestsOptions,
  BackfillOptions,
  BackfillSummary,
  CancelRunOptions,
  ClientOptions,
  InstantLike,
  PauseOptions,
  RequeueOptions,
  RetryRunOptions,
  TriggeredRun,
  TriggerOptions,
} from './client-options.ts'
import {
  type DeadLetterDetail,
  type DeadLetterQuery,
  type DeadLetterView,
  letterView,
  readDeadLetter,
  readDeadLetters,
} from './dead-letters.ts'
import {
  type EventPage,
  type EventQuery,
  type FollowEventsOptions,
  followEvents,
  readEvents,
} from './event-reading.ts'
import { treeOfManifests } from './manifests.ts'
import { persistently } from './persistent.ts'
import { type PlannedRunView, readPlannedRuns } from './planned-runs.ts'
import { readRun, readRuns, runIdOf } from './run-reading.ts'
import type { RunDetail, RunPage, RunQuery } from './run-views.ts'
import { type InstallationSight, lookAt } from './sight.ts'
import { readWorkers, type WorkerQuery, type WorkerView } from './worker-views.ts'

export interface BelfryClient {
  /** Stores one run of `NAME`, `job/NAME` or `schedule/NAME` and returns its id. */
  trigger(target: string, options?: TriggerOptions): Promise<TriggeredRun>
  /** Fires the times of a schedule in a range: each once, and none that was fired. */
  backfill(schedule: string, options: BackfillOptions): Promise<BackfillSummary>
  /** Makes what a source has live equal to these manifests: validated here, then planned and guarded like a git tree. */
  apply(options: ApplyManifestsOptions): Promise<ApplyReply>
  pause(target: string, options: PauseOptions): Promise<PauseReply>
  resume(
    target: string,
    options?: { readonly missed?: PauseMissed; readonly signal?: AbortSignal },
  ): Promise<ResumeReply>
  /** The newest runs, of every outcome. Needs the right to read the streams, and no leader. */
  runs(query?: RunQuery): Promise<RunPage>
  /** All that is known of one run, with its attempts and lines; null: nothing. Needs the right to read the streams. */
  run(run: string): Promise<RunDetail | null>
  /** Runs that were asked for at instants to come, the soonest first. Needs the right to read the streams. */
  plannedRuns(query?: { readonly tenant?: string }): Promise<readonly PlannedRunView[]>
  /** Asks for a run to be stopped; whoever has it, or gets it, stops it. */
  cancelRun(run: string, options: CancelRunOptions): Promise<CancelReply>
  /** Runs once more what has ended, with the message that it had. */
  retryRun(run: string, options?: RetryRunOptions): Promise<RetryReply>
  /** The runs that failed for good, the oldest first. Needs the right to read the streams, and no leader. */
  deadLetters(query?: DeadLetterQuery): Promise<readonly DeadLetterView[]>
  /** One with its message; null: the run has no dead letter. */
  deadLetter(run: string): Promise<DeadLetterDetail | null>
  /** Makes a run of a dead letter, once, and takes the letter away. */
  requeue(run: string, options?: RequeueOptions): Promise<RequeueReply>
  /** Removes a dead letter for good, and returns what was removed. */
  discard(run: string, options?: { readonly signal?: AbortSignal }): Promise<DeadLetterView>
  /** The workers that were heard of in the last day. Needs the right to read the streams, and no leader. */
  workers(query?: WorkerQuery): Promise<readonly WorkerView[]>
  /** The newest events of the audit trail, the oldest of them first. Needs the right to read the streams. */
  events(query?: EventQuery): Promise<EventPage>
  /** Tells events as they come, over whatever happens to the connection. Resolves when `signal` aborts. */
  followEvents(options: FollowEventsOptions, signal: AbortSignal): Promise<void>
  /** Who leads, and how each schedule stands. Needs the right to read the streams. */
  look(options?: { readonly tenant?: string }): Promise<InstallationSight>
  /** Closes the connection. Tolerates being called twice. */
  close(): Promise<void>
}

/** The key of whoever names none: a run is then run once more once, however often that is asked for. */
const ONCE = 'once'
const DEFAULT_SERVER = 'nats://127.0.0.1:4222'
const DEADLINE_MS = 30_000
const NEVER = new AbortController().signal

/** Connects. Throws `nats-unreachable` or `nats-unauthorized`. */
export async function connectBelfry(options: ClientOptions = {}): Promise<BelfryClient> {
  const { servers = DEFAULT_SERVER, ...nats } = options.nats ?? {}
  const connection = await Connection.open({
    ...nats,
    servers: typeof servers === 'string' ? servers.split(',') : servers,
    clock: systemClock,
    logger: options.logger ?? SILENT,
    name: 'belfry client',
    // Whoever only asks the leader needs no right to JetStream.
    asksJetStream: false,
  })
  return new Client(connection, options)
}

class Client implements BelfryClient {
  readonly #connection: Connection
  readonly #control: ControlClient
  readonly #author: string
  readonly #deadlineMs: number

  constructor(connection: Connection, { author, deadlineMs = DEADLINE_MS }: ClientOptions) {
    this.#connection = connection
    this.#deadlineMs = deadlineMs
    this.#control = createControlClient({ connection, leaderWaitMs: Math.min(deadlineMs, 5_000) })
    this.#author = author ?? `${userInfo().username}, process ${process.pid}`
  }

  async trigger(target: string, options: TriggerOptions = {}): Promise<TriggeredRun> {
    const { data = null, key = randomUUID(), force = false, at: when, signal } = options
    const planned = when === undefined ? null : millisecondsOf(when)
    const { kind, tenant, name } = targetOf(target, options.tenant)
    // What the leader would refuse for its shape may be more than can be sent.
    const shape = data === null ? null : shapeProblem(data)
    if (shape !== null) throw new BelfryError('data-refused', describeDataProblems([shape]))
    const request = { kind, tenant, name, key, data, force, author: this.#author, at: planned }
    const { run, at, already, notes } = await this.#ask('trigger', request, signal)
    return { run, at: new Date(at), already, notes }
  }

  async backfill(schedule: string, options: BackfillOptions): Promise<BackfillSummary> {
    const { beyondLog = 'skip', dryRun = false, force = false, onProgress, until, signal } = options
    const { kind, tenant, name } = targetOf(schedule, options.tenant)
    if (kind === 'job') {
      const shown = formatOneOffTarget({ kind, tenant, name })
      throw new BelfryError('usage', `${shown} has no times of its own: name a schedule`)
    }
    const again = options.again === true ? randomUUID() : options.again || null
    const counts: Record<BackfillOutcome, number> = {
      fired: 0,
      already: 0,
      'in-log': 0,
      'beyond-log': 0,
      pending: 0,
    }
    const fixed = { tenant, schedule: name, to: millisecondsOf(options.to), again, beyondLog, dryRun, force }
    let logReaches = 0
    for (let from: number | null = millisecondsOf(options.from); from !== null; ) {
      const request = { ...fixed, from, author: this.#author }
      const reply: ReplyOf<'backfill'> = await this.#ask('backfill', request, signal)
      for (const { outcome } of reply.times) counts[outcome] += 1
      const times = reply.times.map(({ at, outcome }) => ({ at: new Date(at), outcome }))
      const isLast = reply.next === null || until?.({ ...counts }) === true
      onProgress?.({ times, counts: { ...counts }, isLast })
      logReaches = reply.logReaches
      from = isLast ? null : reply.next
    }
    return { counts, logReaches: new Date(logReaches) }
  }

  async apply({
    source,
    manifests,
    allowPrune = false,
    signal = NEVER,
  }: ApplyManifestsOptions): Promise<ApplyReply> {
    const tree = treeOfManifests(manifests, systemClock.now())
    if (!tree.ok) {
      const first = tree.error.find(({ severity }) => severity === 'error')
      const where = first?.identity === undefined ? '' : `${first.identity}: `
      return { outcome: 'refused', code: 'invalid', message: `${where}${first?.message ?? 'not valid'}` }
    }
    const request = { source, tree: tree.value, allowPrune, author: this.#author }
    return this.#persistently(() => this.#control.apply(request, signal), signal)
  }

  pause(target: string, { reason, until, missed = 'discard', signal }: PauseOptions): Promise<PauseReply> {
    const end = until === undefined || until === null ? null : millisecondsOf(until)
    const request = { target: pauseTargetOf(target), author: this.#author, reason, until: end, missed }
    return this.#ask('pause', request, signal)
  }

  resume(
    target: string,
    { missed, signal }: { readonly missed?: PauseMissed; readonly signal?: AbortSignal } = {},
  ): Promise<ResumeReply> {
    const request = { target: pauseTargetOf(target), author: this.#author, missed: missed ?? null }
    return this.#ask('resume', request, signal)
  }

  runs(query: RunQuery = {}): Promise<RunPage> {
    return readRuns(this.#connection, query)
  }

  run(run: string): Promise<RunDetail | null> {
    return readRun(this.#connection, run)
  }

  plannedRuns(query: { readonly tenant?: string } = {}): Promise<readonly PlannedRunView[]> {
    return readPlannedRuns(this.#connection, query)
  }

  cancelRun(run: string, { reason, signal }: CancelRunOptions): Promise<CancelReply> {
    return this.#ask('cancel', { run: runIdOf(run), author: this.#author, reason }, signal)
  }

  retryRun(run: string, options: RetryRunOptions = {}): Promise<RetryReply> {
    const { key = ONCE, force = false, signal } = options
    return this.#ask('retry', { run: runIdOf(run), key, force, author: this.#author }, signal)
  }

  deadLetters(query: DeadLetterQuery = {}): Promise<readonly DeadLetterView[]> {
    return readDeadLetters(this.#connection, query)
  }

  deadLetter(run: string): Promise<DeadLetterDetail | null> {
    return readDeadLetter(this.#connection, run)
  }

  requeue(run: string, { force = false, signal }: RequeueOptions = {}): Promise<RequeueReply> {
    return this.#ask('requeue', { run: runIdOf(run), force, author: this.#author }, signal)
  }

  async discard(run: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<DeadLetterView> {
    const { removed } = await this.#ask('discard', { run: runIdOf(run), author: this.#author }, signal)
    return letterView(removed)
  }

  workers(query: WorkerQuery = {}): Promise<readonly WorkerView[]> {
    return readWorkers(this.#connection, query)
  }

  events(query: EventQuery = {}): Promise<EventPage> {
    return readEvents(this.#connection, query)
  }

  followEvents(options: FollowEventsOptions, signal: AbortSignal): Promise<void> {
    return followEvents(this.#connection, options, signal)
  }

  look({ tenant }: { readonly tenant?: string } = {}): Promise<InstallationSight> {
    return lookAt(this.#connection, tenant ?? null)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #ask<N extends ControlName>(name: N, request: RequestOf<N>, signal = NEVER): Promise<ReplyOf<N>> {
    return this.#persistently(() => this.#control.ask(name, request, signal), signal)
  }

  #persistently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock } = this.#connection
    return persistently(work, { clock, deadlineMs: this.#deadlineMs, signal })
  }
}

function targetOf(text: string, tenant: string | undefined): OneOffTarget {
  const target = parseOneOffTarget(text, tenant ?? null)
  if (target.ok) return target.value
  throw new BelfryError('usage', target.error)
}

function pauseTargetOf(text: string): string {
  const target = parsePauseTarget(text)
  if (target.ok) return formatPauseTarget(target.value)
  throw new BelfryError('usage', target.error)
}

function millisecondsOf(instant: InstantLike): number {
  const at = typeof instant === 'number' ? instant : instant.getTime()
  if (Number.isInteger(at)) return at
  throw new BelfryError('usage', `${String(instant)} is not an instant`)
}

const quiet = (): void => undefined
const SILENT: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => SILENT }
