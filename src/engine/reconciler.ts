/**
 * Keeps live state equal to a source's tree.
 *
 * Job: on every hint that something may differ, load all, validate all, plan, guard, apply. Level-triggered: a hint
 * carries no content. Invariants:
 * - One reconcile at a time, and only while this instance leads.
 * - An invalid, unreadable or empty tree changes nothing: the last good one keeps firing.
 * - The same tree twice writes nothing.
 * - A tree that was applied before, and is not the newest, is applied only if it was seen to change here: a machine that
 *   comes up with an old checkout must not roll everybody back.
 * On failure of a store: the hint stays, and the next round tries again.
 */

import type { Problem } from '../core/errors.ts'
import type { Facts } from '../core/events.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { PruneLimit } from '../core/plan/guard.ts'
import { countsOf, type PlanCounts, planInSteps } from '../core/plan/plan-tree.ts'
import { refusalInSteps } from '../core/plan/refusal.ts'
import type { TreeSource } from '../ports/source.ts'
import { type ApplyOptions, applyPlan } from './apply-plan.ts'
import { inSlices } from './in-slices.ts'
import { keepConsumers } from './keep-consumers.ts'
import { putBack } from './put-back.ts'
import { recordAttempt } from './record-attempt.ts'

const RESYNC_MS = 300_000
const RETRY_MS = 1_000
const MOVED_TRIES = 5

export interface ReconcilerOptions extends ApplyOptions {
  /** null: this instance watches no tree and applies only what it is sent. */
  readonly source: TreeSource | null
  readonly instance: string
  readonly pruneLimit: PruneLimit
}

export type ReconcileOutcome =
  | { readonly kind: 'applied' | 'unchanged'; readonly revision: string; readonly counts: PlanCounts }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'behind'; readonly message: string }
  | { readonly kind: 'moved' }

const NOTHING_WATCHED: ReconcileOutcome = { kind: 'behind', message: 'no tree is watched here' }

interface Applying {
  readonly source: string
  readonly tree: Tree
  readonly limit: PruneLimit
  /** The change was seen as it happened, so that also older content is meant. */
  readonly seenChange: boolean
}

export class Reconciler {
  readonly #options: ReconcilerOptions
  #dirty = true
  /** The newest tree that was loaded here after another one: it changed before our eyes. */
  #changedTo: string | null = null
  #loadedDigest: string | null = null
  #wake = new AbortController()
  #queue: Promise<unknown> = Promise.resolve()
  readonly #firstLook = signalled()

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /** The tree may differ. */
  poke(): void {
    this.#dirty = true
    this.#wake.abort()
  }

  /** Resolves when a first look at the tree as leader has ended, however it ended, or `signal` aborts. */
  async looked(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    await Promise.race([this.#firstLook.promise, aborted])
  }

  /** Reconciles while `signal` is not aborted: at once, on every hint, and every five minutes. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, clock, logger } = this.#options
    this.#dirty = true
    const wakeUp = () => this.#wake.abort()
    signal.addEventListener('abort', wakeUp, { once: true })
    while (!signal.aborted) {
      const wake = new AbortController()
      this.#wake = wake
      let restMs = RESYNC_MS
      if (this.#dirty) {
        this.#dirty = false
        try {
          const outcome = await this.#look(source, signal)
          if (outcome.kind === 'moved') restMs = RETRY_MS
        } catch (error) {
          // A load that is given up because the term ends has not failed.
          if (signal.aborted) break
          logger.warn('the reconcile failed and will be tried again', {
            source: source?.id ?? null,
            error: String(error),
          })
          restMs = RETRY_MS
        }
        this.#firstLook.resolve()
      }
      await clock.sleep(restMs, wake.signal)
      if (!wake.signal.aborted) this.#dirty = true
    }
    signal.removeEventListener('abort', wakeUp)
  }

  /** Applies a tree that somebody sent; the same guards hold. */
  async applyTree(request: {
    readonly source: string
    readonly tree: Tree
    readonly limit: PruneLimit
    readonly signal: AbortSignal
  }): Promise<ReconcileOutcome> {
    const { source, tree, limit, signal } = request
    const own = this.#options.source
    if (own?.id === source && tree.digest !== this.#loadedDigest) {
      const message = `source "${source}" is watched by this leader (${own.describe()}), which would undo this; change the tree there, or apply under another name with --source`
      return { kind: 'refused', code: 'watched-source', message }
    }
    return this.#alone(() => this.#apply({ source, tree, limit, seenChange: true }, signal))
  }

  /** First what another hand did is undone, also while the tree is not valid, or there is none to watch. */
  async #look(source: TreeSource | null, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { live } = this.#options
    await live.reached(0, signal)
    const isRight = await this.#alone(() => putBack(this.#options, signal))
    if (!isRight) return { kind: 'moved' }
    const outcome = source === null ? NOTHING_WATCHED : await this.#reconcile(source, signal)
    if (signal.aborted) return { kind: 'moved' }
    const isKept = await this.#alone(() => keepConsumers(live.snapshot, this.#options))
    return isKept ? outcome : { kind: 'moved' }
  }

  async #reconcile(source: TreeSource, signal: AbortSignal): Promise<ReconcileOutcome> {
    const loaded = await source.load(signal)
    if (signal.aborted) return { kind: 'moved' }
    if (!loaded.ok) {
      await this.#invalid(source, loaded.error)
      return { kind: 'invalid', problems: loaded.error }
    }
    const { digest } = loaded.value
    if (this.#loadedDigest !== null && this.#loadedDigest !== digest) this.#changedTo = digest
    this.#loadedDigest = digest
    const seenChange = this.#changedTo === digest
    const { pruneLimit: limit } = this.#options
    return this.#alone(() =>
      this.#apply({ source: source.id, tree: loaded.value, limit, seenChange }, signal),
    )
  }

  /** One at a time, whoever asks. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch((error: unknown) => error)
    return done
  }

  async #apply(applying: Applying, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { source, tree, limit, seenChange } = applying
    const { live, logger, clock } = this.#options
    // Never planned against half a state: also what was recreated meanwhile must have been told whole.
    await live.reached(0, signal)
    if (!(await putBack(this.#options, signal))) return { kind: 'moved' }
    const applied = live.applied(source)
    if (
      applied !== null &&
      applied.digest !== tree.digest &&
      applied.digests.includes(tree.digest) &&
      !seenChange
    ) {
      const message = `the tree here was applied before and is older than the one applied now (${short(applied.digest)}); it is left alone until it changes`
      await recordAttempt(this.#options, source, {
        outcome: 'behind',
        digest: tree.digest,
        message,
        problems: [],
      })
      this.#event('behind', source, tree.digest, { message })
      return { kind: 'behind', message }
    }
    for (let tries = 0; tries < MOVED_TRIES && !signal.aborted; tries++) {
      const plan = await inSlices(planInSteps(tree, live.snapshot, source), { clock, signal })
      if (plan === null) break
      const deciding = refusalInSteps(plan, live.snapshot, { limit, at: clock.now() })
      const refusal = await inSlices(deciding, { clock, signal })
      if (signal.aborted) break
      if (refusal !== null) {
        logger.warn('the tree is refused', { source, code: refusal.code, reason: refusal.message })
        await recordAttempt(this.#options, source, {
          outcome: 'refused',
          digest: tree.digest,
          message: refusal.message,
          problems: [],
        })
        this.#event('refused', source, tree.digest, { code: refusal.code, message: refusal.message })
        return { kind: 'refused', ...refusal }
      }
      const outcome = await applyPlan(plan, revisionOf(tree), { options: this.#options, signal })
      if (outcome.kind === 'moved') {
        // What others wrote must have arrived here before it is planned again.
        await live.current(signal)
        continue
      }
      const wasStalled = (live.attempted(source)?.record.outcome ?? 'applied') !== 'applied'
      const { counts, revision } = outcome.record
      await recordAttempt(this.#options, source, {
        outcome: 'applied',
        digest: tree.digest,
        message: '',
        problems: [],
      })
      if (outcome.kind === 'unchanged') {
        if (wasStalled)
          logger.info('the tree is good again, and live state is equal to it', { source, revision })
        return { kind: 'unchanged', revision, counts: countsOf(plan) }
      }
      logger.info('the tree is applied', { source, revision, ...counts })
      this.#event('applied', source, tree.digest, { ...counts })
      return { kind: 'applied', revision, counts }
    }
    return { kind: 'moved' }
  }

  async #invalid(source: TreeSource, problems: readonly Problem[]): Promise<void> {
    // Warnings stop nothing: they stand in the list, but are neither counted nor told first.
    const errors = problems.filter(({ severity }) => severity === 'error')
    const [first] = errors
    const place =
      first?.position === undefined
        ? ''
        : `${first.position.file}:${first.position.line}:${first.position.column}: `
    const message = `${place}${first?.message ?? 'the tree cannot be read'}`
    this.#options.logger.error('the tree is not valid: the last good one keeps firing', {
      source: source.id,
      problems: errors.length,
      first: message,
    })
    await recordAttempt(this.#options, source.id, {
      outcome: 'invalid',
      digest: null,
      message,
      problems: errors,
    })
    this.#event('invalid', source.id, '', { problems: errors.length, first: message })
  }

  #event(
    type: 'applied' | 'refused' | 'invalid' | 'behind',
    source: string,
    revision: string,
    facts: Facts,
  ): void {
    this.#options.events.emit({ type, source, revision, facts })
  }
}

/** A folder's revision is its digest, short enough to be read aloud. */
function revisionOf(tree: Tree): string {
  return short(tree.digest)
}

function short(digest: string): string {
  return digest.slice(0, 12)
}

function signalled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
