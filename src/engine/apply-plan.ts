/**
 * Carries a plan out.
 *
 * Job: bring live state to what a tree says, without firing a time before the edit or forgetting one after it.
 * Invariants, in this order (docs/spec/wire.md, "Edits"):
 * 1. Every schedule whose timing changes or that goes is settled up to `appliedAt` and cut by a marker, and held.
 *    What it left out is told before the old version goes.
 * 2. Consumers exist before the first schedule that publishes to them.
 * 3. Live entries are written by compare-and-set: creates and updates first, deletes last.
 * 4. `applied.<source>` is written last, so that it never speaks of half a tree.
 * 5. Held schedules go on only when the loop has seen everything that was written.
 * On failure at any point: what is written is true, what is not is found by the next reconcile; held schedules are
 * released with the version that is live.
 */
import type { ScheduleManifest } from '../core/kinds.ts'
import { partsOf, type ScheduleKey } from '../core/names.ts'
import {
  type AppliedRecord,
  appliedKey,
  DIGESTS_KEPT,
  LIVE_FORMAT,
  type LiveEntry,
  liveKeyOf,
} from '../core/plan/live-entry.ts'
import { type Action, countsOf, type Plan } from '../core/plan/plan-tree.ts'
import { sealed, sealOfEntry } from '../core/plan/seal.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import { beginAnew, carryOver, endRenamed, keyOf } from './carry-over.ts'
import { type KeepConsumersOptions, prepareConsumers, retireConsumers } from './keep-consumers.ts'
import type { LiveState } from './live-state.ts'
import { positionKey } from './log-positions.ts'
import type { OverrideWriter } from './override-writer.ts'
import { carryPauses } from './renamed-pauses.ts'
import type { TriggerLoop } from './trigger-loop.ts'

export interface ApplyOptions extends KeepConsumersOptions {
  readonly store: Store
  readonly live: LiveState
  readonly loop: TriggerLoop
  readonly overrides: OverrideWriter
  readonly clock: Clock
  /** The moment of the edit, never far from the server's clock. null: that is not known just now. */
  readonly now: () => number | null
  /** Whether operator pauses are over a schedule of this job, those not settled yet included. */
  readonly isPaused: (schedule: { readonly key: ScheduleKey; readonly job: string }) => boolean
  /** Resolves when all is fired that runs ask for which have ended by now. Left out: nobody keeps runs. */
  readonly runsSettled?: (signal: AbortSignal) => Promise<void>
  /** Asked before every write: an apply never goes on without leadership. */
  readonly mayWrite: () => boolean
}

export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly record: AppliedRecord }
  /** Nothing to do; nothing was written. */
  | { readonly kind: 'unchanged'; readonly record: AppliedRecord }
  /** Somebody else wrote, leadership was lost, or the time is not known just now: plan again. */
  | { readonly kind: 'moved' }

/** Writes to the store that are under way at once. */
const WRITES_AT_ONCE = 128
const RETRY_MS = 100
/** What the old versions left out is told before the new ones are written, if it can be told in this time. */
const TELLING_MS = 2_000

/** `signal` aborts when the term ends in which the plan was made: another one makes its own. */
export async function applyPlan(
  plan: Plan,
  revision: string,
  { options: given, signal }: { readonly options: ApplyOptions; readonly signal: AbortSignal },
): Promise<ApplyOutcome> {
  const options: ApplyOptions = { ...given, mayWrite: () => !signal.aborted && given.mayWrite() }
  const { live, loop, now } = options
  const counts = countsOf(plan)
  const before = live.applied(plan.source)
  const nothingToDo = counts.created + counts.updated + counts.renamed + counts.deleted === 0
  if (nothingToDo && before !== null && before.digest === plan.treeDigest) {
    return { kind: 'unchanged', record: before }
  }

  const appliedAt = now()
  if (appliedAt === null) return { kind: 'moved' }
  const edited = keysOf(plan.actions.filter((action) => isCut(action, options)))
  const deleted = keysOf(plan.actions.filter((action) => action.action === 'delete'))
  const renames = plan.actions.filter((action) => action.action === 'rename')
  const pauses = await carryPauses(renames, options, signal)
  // A run that ended before the edit is followed on by the version that was live then.
  if (plan.actions.some(isOfFollower)) await options.runsSettled?.(signal)
  try {
    const [cuts, ends, moves] = await Promise.all([
      loop.settle(edited, { cutAt: appliedAt, reason: 'superseded' }),
      loop.settle(deleted, { cutAt: appliedAt, reason: 'deleted' }),
      carryOver(renames, {
        loop,
        appliedAt,
        isPaused: ({ identity, entry }) =>
          options.isPaused({ key: keyOf(identity), job: (entry.manifest as ScheduleManifest).spec.job }),
      }),
    ])
    if (cuts === null || ends === null || moves === null) return { kind: 'moved' }
    // Once an old version is gone nobody knows any more what it left out; before that another leader tells it.
    const isAnyCut = edited.length + deleted.length + renames.length > 0
    if (isAnyCut) await options.events.flush(TELLING_MS)
    if (!(await beginAnew(plan, { loop, appliedAt, ended: ends }))) return { kind: 'moved' }
    if (!(await prepareConsumers(plan, options))) return { kind: 'moved' }
    const kept = await writeEntries(plan, {
      options,
      source: plan.source,
      revision,
      appliedAt,
      cuts: new Map([...cuts, ...moves]),
    })
    if (!kept) return { kind: 'moved' }
    if (!(await endRenamed(renames, { ...options, pauses }))) return { kind: 'moved' }
    await retireConsumers(plan, options.consumers)
    const record: AppliedRecord = {
      revision,
      digest: plan.treeDigest,
      counts,
      format: LIVE_FORMAT,
      appliedAt,
      digests: [
        plan.treeDigest,
        ...(before?.digests ?? []).filter((digest) => digest !== plan.treeDigest),
      ].slice(0, DIGESTS_KEPT),
    }
    if (!options.mayWrite()) return { kind: 'moved' }
    await options.store.put(appliedKey(plan.source), sealed(record))
    return { kind: 'applied', record }
  } finally {
    // The loop must know the new versions before the old ones' schedules go on; also those that are stored although
    // their answers were lost.
    await currentAtLast(options, signal)
    pauses.letGo()
    loop.release([...edited, ...deleted, ...renames.map(({ from }) => keyOf(from.identity))])
  }
}

/** Asked until the store answers or leadership ends. */
async function currentAtLast({ live, clock, logger }: ApplyOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await live.current(signal)
    } catch (error) {
      logger.debug('live state does not answer: what was being edited waits', { error: String(error) })
      await clock.sleep(RETRY_MS, signal)
    }
  }
}

/**
 * An edit of timing ends what the old version may decide. So does one that takes a schedule to another job out from under
 * a pause: what that held back must not come up as missed.
 */
function isCut(action: Action, { isPaused }: ApplyOptions): boolean {
  if (action.action !== 'update') return false
  if (action.timingChanged) return true
  const { kind, tenant, name } = partsOf(action.identity)
  if (kind !== 'Schedule') return false
  const before = (action.live.entry.manifest as ScheduleManifest).spec.job
  const after = (action.document.manifest as ScheduleManifest).spec.job
  return before !== after && isPaused({ key: { tenant, schedule: name }, job: before })
}

/** Whether a schedule changes or goes that follows on runs. */
function isOfFollower(action: Action): boolean {
  const live = action.action === 'rename' ? action.from : 'live' in action ? action.live : null
  if (live === null || action.action === 'unchanged' || action.action === 'unmanaged') return false
  const { manifest } = live.entry
  return (
    manifest.kind === 'Schedule' &&
    (manifest as ScheduleManifest).spec.triggers.some((each) => 'after' in each)
  )
}

function keysOf(actions: readonly Action[]): readonly ScheduleKey[] {
  return actions.flatMap(({ identity }) => {
    const { kind, tenant, name } = partsOf(identity)
    return kind === 'Schedule' ? [{ tenant, schedule: name }] : []
  })
}

interface Writing {
  readonly options: ApplyOptions
  readonly source: string
  readonly revision: string
  readonly appliedAt: number
  /** Up to where the old versions of edited schedules are settled, by `positionKey`. */
  readonly cuts: ReadonlyMap<string, number>
}

/** Kind after kind, since what others refer to must be there first. False: somebody else wrote, or leadership is lost. */
async function writeEntries(plan: Plan, writing: Writing): Promise<boolean> {
  const groups: Action[][] = []
  for (const action of plan.actions) {
    const last = groups.at(-1)
    const { kind } = partsOf(action.identity)
    const first = last?.[0]
    if (first !== undefined && partsOf(first.identity).kind === kind && sameStage(first, action))
      last!.push(action)
    else groups.push([action])
  }
  for (const group of groups) {
    for (let from = 0; from < group.length; from += WRITES_AT_ONCE) {
      // Also when one fails none is left under way: whoever looks next sees what became of all.
      const results = await Promise.allSettled(
        group.slice(from, from + WRITES_AT_ONCE).map((action) => writeEntry(action, writing)),
      )
      const failed = results.find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      if (!results.every((result) => result.status === 'fulfilled' && result.value)) return false
    }
  }
  return true
}

function sameStage(a: Action, b: Action): boolean {
  return (a.action === 'delete') === (b.action === 'delete')
}

async function writeEntry(
  action: Action,
  { options, source, revision, appliedAt, cuts }: Writing,
): Promise<boolean> {
  if (action.action === 'unchanged' || action.action === 'unmanaged') return true
  const { store, mayWrite } = options
  if (!mayWrite()) return false
  const key = liveKeyOf(action.identity)
  if (action.action === 'delete') {
    const removed = await store.remove(key, action.live.revision)
    return removed.ok
  }
  const { document, timing } = action
  const before =
    action.action === 'update' ? action.live.entry : action.action === 'rename' ? action.from.entry : null
  const isSameTiming = action.action !== 'create' && !action.timingChanged
  // An edit goes on from its cut, which lies before the edit where the old calendar's coverage had ended.
  const begins = cuts.get(positionKey({ tenant: document.tenant, schedule: document.name })) ?? appliedAt
  const entry: LiveEntry = {
    manifest: document.manifest,
    digest: document.digest,
    timingDigest: timing?.digest ?? null,
    generation: before === null ? 1 : before.generation + (before.digest === document.digest ? 0 : 1),
    source,
    revision,
    file: document.file,
    line: document.line,
    // Later than the version before it, whatever the clocks: by this the older of two versions is known.
    appliedAt: Math.max(appliedAt, (before?.appliedAt ?? 0) + 1),
    // What the manifest asks for is the first instant that may fire; here stands the last that may not.
    activeFrom:
      isSameTiming && before !== null
        ? Math.max(before.activeFrom, action.action === 'rename' ? begins : 0)
        : Math.max(begins, (timing?.activeFrom ?? 0) - 1),
    ...(action.action === 'rename'
      ? {
          renamedFrom: {
            schedule: partsOf(action.from.identity).name,
            seal: sealOfEntry(action.from.entry),
          },
        }
      : {}),
  }
  const value = sealed(entry)
  // Where another hand has left something it is written over.
  const known =
    action.action === 'update'
      ? action.live.revision
      : (options.live.records.strange.get(action.identity)?.revision ?? 0)
  const outcome = known === 0 ? await store.create(key, value) : await store.update(key, value, known)
  return outcome.ok
}
