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
import { appliedKey, type LiveEntry, liveKeyOf } from '../core/plan/live-entry.ts'
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
  const { store, live, loop, overrides, logger, events, mayWrite } = options
  const { strange, leftovers, unrecorded, all, applied } = live.records
  if (strange.size + leftovers.size + unrecorded.size === 0) return true
  const may = (): boolean => !signal.aborted && mayWrite()
  for (const found of [...strange.values()]) {
    if (!may()) return false
    const good = all.get(found.identity)?.entry ?? null
    const outcome = await restore(store, found, good)
    if (!outcome) continue
    const facts: Facts = {
      object: found.identity,
      what: found.kind,
      fields: found.text === null || good === null ? [] : differences(good, found.text),
      // NATS does not keep who wrote it: its number in the bucket is all that there is to look for.
      writtenAs: found.revision,
    }
    const source = good?.source ?? ''
    logger.warn('live state was changed by another hand and is put back', { source, ...facts })
    events.emit({ type: 'drifted', source, revision: good?.revision ?? '', facts })
  }
  for (const source of [...unrecorded]) {
    const record = applied.get(source)
    if (!may()) return false
    if (record === undefined) continue
    await store.put(appliedKey(source), sealed(record))
    const facts = { object: appliedKey(source), what: 'changed' }
    logger.warn('live state was changed by another hand and is put back', { source, ...facts })
    events.emit({ type: 'drifted', source, revision: record.revision, facts })
  }
  for (const { identity, revision } of [...leftovers.values()]) {
    const { tenant, name } = partsOf(identity)
    const left = await loop.mark({ tenant, schedule: name }, { reason: 'renamed', cutAt: 0, count: 0 })
    if (!left) return false
    await overrides.change(targetOf(identity), () => NO_OVERRIDE, signal)
    if (!may()) return false
    await store.remove(liveKeyOf(identity), revision)
  }
  await live.current(signal)
  return !signal.aborted
}

async function restore(
  store: Store,
  { identity, kind, revision }: Strange,
  good: LiveEntry | null,
): Promise<boolean> {
  const key = liveKeyOf(identity)
  if (good === null) return (await store.remove(key, revision)).ok
  if (kind === 'removed') return (await store.create(key, sealed(good))).ok
  return (await store.update(key, sealed(good), revision)).ok
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
