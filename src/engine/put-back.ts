/**
 * Puts live state back to what was applied.
 *
 * Job: undo what another hand did to the store of live state, and finish what a crash has left of a rename. Invariants:
 * - What is put back is the last good version as it was, with the same beginning: it has been going on all the time, so
 *   that no time is fired twice and none is lost.
 * - Every write is by compare-and-set against what was found; where nothing differs nothing is written.
 * On failure: throws what the store throws; whoever looks again finds the rest.
 */
import type { Facts } from '../core/events.ts'
import { partsOf } from '../core/names.ts'
import { appliedKey, LIVE_FORMAT, type LiveEntry, liveKeyOf } from '../core/plan/live-entry.ts'
import { sealed } from '../core/plan/seal.ts'
import { NO_OVERRIDE } from '../core/trigger/override.ts'
import type { Store } from '../ports/store.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'
import type { Strange } from './live-records.ts'
import type { LiveState } from './live-state.ts'
import type { OverrideWriter } from './override-writer.ts'
import { targetOf } from './renamed-pauses.ts'
import type { TriggerLoop } from './trigger-loop.ts'

export interface PutBackOptions {
  readonly store: Store
  readonly live: LiveState
  readonly loop: TriggerLoop
  readonly overrides: OverrideWriter
  readonly events: EventSink
  readonly logger: Logger
  readonly mayWrite: () => boolean
}

/** Resolves when the store says again what was applied, as far as nobody interferes; false if leadership is lost. */
export async function putBack(options: PutBackOptions, signal: AbortSignal): Promise<boolean> {
  const { live, mayWrite } = options
  if (live.records.isRight) return true
  const may = (): boolean => !signal.aborted && mayWrite()
  for (const found of [...live.records.strange.values()]) {
    if (!may()) return false
    await restore(found, options)
  }
  for (const record of live.records.unsealed) {
    if (!may()) return false
    await options.store.update(liveKeyOf(record.identity), sealed(record.entry), record.revision)
  }
  if (!(await restoreApplied(options, may))) return false
  if (!(await endLeftovers(options, may, signal))) return false
  await live.current(signal)
  return !signal.aborted
}

/** What nobody applied is left alone: it is not obeyed, and whose it is is not known here. */
async function restore(found: Strange, { store, live, logger, events }: PutBackOptions): Promise<void> {
  const { identity, kind, revision, text } = found
  const good = live.records.all.get(identity)?.entry ?? null
  if (good !== null) {
    const key = liveKeyOf(identity)
    const written =
      kind === 'removed'
        ? await store.create(key, sealed(good))
        : await store.update(key, sealed(good), revision)
    if (!written.ok) return
  } else if (!live.records.tell(found)) return
  const facts: Facts = {
    object: identity,
    what: kind,
    fields: text === null || good === null ? [] : differences(good, text),
    // NATS does not keep who wrote it: its number in the bucket is all that there is to look for.
    writtenAs: revision,
  }
  const source = good?.source ?? NO_SOURCE
  const becomes = good === null ? 'it is not obeyed, and left alone' : 'it is put back'
  logger.warn(`live state was changed by another hand: ${becomes}`, { source, ...facts })
  events.emit({ type: 'drifted', source, revision: good?.revision ?? '', facts })
}

/** After the entries: a source is sealed when all that it has is. */
async function restoreApplied(
  { store, live, logger, events }: PutBackOptions,
  may: () => boolean,
): Promise<boolean> {
  const { unrecorded, unsealed, applied } = live.records.bySource
  for (const source of new Set([...unrecorded, ...unsealed])) {
    const record = applied.get(source)
    if (!may()) return false
    if (record === undefined) continue
    await store.put(appliedKey(source), sealed({ ...record, format: LIVE_FORMAT }))
    if (!unrecorded.has(source)) continue
    const facts = { object: appliedKey(source), what: 'changed' }
    logger.warn('live state was changed by another hand: it is put back', { source, ...facts })
    events.emit({ type: 'drifted', source, revision: record.revision, facts })
  }
  return true
}

/** Ends the renames that a crash has left half done. */
async function endLeftovers(
  { store, live, loop, overrides }: PutBackOptions,
  may: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { identity, revision } of [...live.records.leftovers.values()]) {
    const { tenant, name } = partsOf(identity)
    const left = await loop.mark({ tenant, schedule: name }, { reason: 'renamed', cutAt: 0, count: 0 })
    if (!left) return false
    await overrides.change(targetOf(identity), () => NO_OVERRIDE, signal)
    if (!may()) return false
    if (revision === 0) live.records.ended(identity)
    else await store.remove(liveKeyOf(identity), revision)
  }
  return true
}

/** The members that another hand has changed, for people; none where it is no entry at all. */
function differences(good: LiveEntry, text: string): readonly string[] {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
  return differing('', good, found).slice(0, MOST_FIELDS)
}

/** Stands for a source in what is told of an object that belongs to none. */
const NO_SOURCE = '~'
const MOST_FIELDS = 20

function differing(path: string, before: unknown, after: unknown): readonly string[] {
  if (!isObject(before) || !isObject(after))
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [path]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names]
    .filter((name) => path !== '' || name !== 'seal')
    .flatMap((name) => differing(path === '' ? name : `${path}.${name}`, before[name], after[name]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
