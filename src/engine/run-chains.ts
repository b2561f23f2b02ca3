/**
 * Fires the schedules that follow on runs.
 *
 * Job: for each run that has ended, bring up a fire of every schedule that follows on such an end, and say where a chain
 * stops. Invariants:
 * - The run's id is the fire's identity: it is fired once, or once recorded as not fired, however often the end is told.
 * - An end concerns only versions of a schedule that were live when it was told; the log's first answer stands.
 * - Nobody but whoever keeps runs while leading calls `ended`, and calls it again until it says that all is done.
 * On failure of the log or of leadership: the end stays owed. What is kept for people to see (`chain.<tenant>.<schedule>`)
 * decides nothing.
 */

import type { Upstream } from '../core/kinds.ts'
import type { ScheduleKey } from '../core/names.ts'
import { type ChainRecord, chainKey } from '../core/plan/chain-record.ts'
import type { EndedRun } from '../core/run/open-run.ts'
import { endText, followingOf } from '../core/trigger/chain.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { Store } from '../ports/store.ts'
import type { EventSink } from '../ports/telemetry.ts'
import type { ComingFires } from './coming-fires.ts'
import { positionKey } from './log-positions.ts'
import type { OneOffTerm } from './one-offs.ts'

export interface RunChainsOptions {
  readonly comings: ComingFires
  readonly store: Pick<Store, 'get' | 'put'>
  readonly events: EventSink
}

/** How many of those further down are named in an event. */
const MOST_NAMED = 20

export class RunChains {
  readonly #options: RunChainsOptions
  readonly #followers = new Map<string, CompiledTrigger>()
  /** By what they follow: a job or a schedule, as `tenant/job/name`. */
  readonly #byUpstream = new Map<string, Map<string, CompiledTrigger>>()
  /** The chains that stand as stopped in the store; null: not read yet in this term. */
  #stopped: Set<string> | null = null

  constructor(options: RunChainsOptions) {
    this.#options = options
  }

  /** Whether any schedule follows on others. */
  get isConcerned(): boolean {
    return this.#followers.size > 0
  }

  /** A schedule is live in this version. */
  install(trigger: CompiledTrigger): void {
    this.remove(trigger.key)
    const { after = [] } = trigger
    if (after.length === 0) return
    const id = positionKey(trigger.key)
    this.#followers.set(id, trigger)
    for (const upstream of after) {
      const name = nameOf(trigger.key.tenant, upstream)
      const followers = this.#byUpstream.get(name)
      if (followers === undefined) this.#byUpstream.set(name, new Map([[id, trigger]]))
      else followers.set(id, trigger)
    }
  }

  /** It is not live any more. */
  remove(key: ScheduleKey): void {
    const id = positionKey(key)
    const before = this.#followers.get(id)
    if (before === undefined) return
    this.#followers.delete(id)
    this.#options.comings.forget(key)
    for (const upstream of before.after ?? []) {
      const name = nameOf(key.tenant, upstream)
      const followers = this.#byUpstream.get(name)
      followers?.delete(id)
      if (followers?.size === 0) this.#byUpstream.delete(name)
    }
  }

  begin(): void {
    this.#stopped = null
    this.#options.comings.begin()
  }

  /** What the end of a run asks for. False: some of it waits for other runs, and is to be asked for again. Throws retryable. */
  async ended(ended: EndedRun, term: OneOffTerm): Promise<boolean> {
    const followers = this.#followersOf(ended)
    const done = await Promise.all(followers.map((trigger) => this.#follow(trigger, ended, term)))
    return done.every(Boolean)
  }

  async #follow(trigger: CompiledTrigger, ended: EndedRun, term: OneOffTerm): Promise<boolean> {
    const following = followingOf(trigger.after ?? [], ended)
    if (following === 'unconcerned') return true
    // A version that came later has nothing to wait for of this run.
    if (following === 'stops') {
      if (ended.endedAt > trigger.activeFrom) await this.#stop(trigger, ended, endText(ended.event))
      return true
    }
    const asking = { reason: 'chained', upstream: ended.run } as const
    const outcome = await this.#options.comings.come({ trigger, asking, at: ended.endedAt }, term)
    if (outcome.kind === 'waits' || outcome.kind === 'unknown') return false
    if (outcome.kind === 'fired') await this.#goesOn(trigger.key)
    else if (outcome.because !== null) {
      const because = `${endText(ended.event)}, but ${outcome.because}`
      await this.#stop(trigger, ended, because)
    }
    return true
  }

  async #stop({ key }: CompiledTrigger, { run, endedAt }: EndedRun, because: string): Promise<void> {
    const { events, store } = this.#options
    const notReached = this.#beyond(key)
    const record: ChainRecord = { stopped: { run, at: endedAt, because } }
    await store.put(chainKey(key), JSON.stringify(record))
    this.#stopped?.add(positionKey(key))
    const facts = { run, because, notReached }
    events.emit({ type: 'chain-stopped', ...key, facts })
  }

  /** The chain goes on: it does not stand as stopped any more. */
  async #goesOn(key: ScheduleKey): Promise<void> {
    const { store } = this.#options
    const id = positionKey(key)
    this.#stopped ??= new Set(await this.#readStopped())
    if (!this.#stopped.has(id)) return
    const record: ChainRecord = { stopped: null }
    await store.put(chainKey(key), JSON.stringify(record))
    this.#stopped.delete(id)
  }

  async #readStopped(): Promise<readonly string[]> {
    const { store } = this.#options
    const stopped: string[] = []
    for (const [id, { key }] of this.#followers) {
      const found = await store.get(chainKey(key))
      if (found !== null && (JSON.parse(found.value) as ChainRecord).stopped !== null) stopped.push(id)
    }
    return stopped
  }

  #followersOf({
    tenant,
    job,
    schedule,
  }: Pick<EndedRun, 'tenant' | 'job' | 'schedule'>): readonly CompiledTrigger[] {
    if (this.#byUpstream.size === 0) return []
    const ofJob = this.#byUpstream.get(`${tenant}/job/${job}`)
    const ofSchedule = this.#byUpstream.get(`${tenant}/schedule/${schedule}`)
    return [...new Map([...(ofJob ?? []), ...(ofSchedule ?? [])]).values()]
  }

  /** The schedules further down that this one would have led to, as far as they are named. */
  #beyond(key: ScheduleKey): readonly string[] {
    const found = new Set<string>()
    const open = [this.#followers.get(positionKey(key))]
    for (let trigger = open.pop(); trigger !== undefined; trigger = open.pop()) {
      const { tenant, schedule } = trigger.key
      const next = this.#followersOf({ tenant, schedule, job: trigger.job })
      for (const follower of next) {
        const name = follower.key.schedule
        if (found.has(name) || found.size >= MOST_NAMED) continue
        found.add(name)
        open.push(follower)
      }
    }
    return [...found]
  }
}

function nameOf(tenant: string, upstream: Upstream): string {
  return 'job' in upstream ? `${tenant}/job/${upstream.job}` : `${tenant}/schedule/${upstream.schedule}`
}
