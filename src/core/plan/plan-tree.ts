import { KINDS, type ScheduleSpec } from '../kinds.ts'
import type { Tree, TreeDocument } from '../manifest/tree.ts'
import { TreeIndex } from '../manifest/tree-index.ts'
import { type Identity, partsOf } from '../names.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { catalogueOf } from '../schedule/catalogue.ts'
import { parseInstant } from '../time/instant.ts'
import { zoneOf } from '../time/zone.ts'
import { effectiveSpec, timingDigestOf } from '../trigger/compile-trigger.ts'
import { kindRank, type LiveRecord, type LiveSnapshot } from './live-entry.ts'
import { protectedIdentities } from './protected.ts'
import { renamesIn, timesDependOnName } from './renames.ts'

export type Action = CreateAction | UpdateAction | RenameAction | KeptAction | DeleteAction | ForeignAction

/** Of a schedule. */
export interface Timing {
  readonly digest: string
  /** Nothing before this instant fires, epoch milliseconds; null: none is written. */
  readonly activeFrom: number | null
}

interface ActionFacts {
  readonly identity: Identity
}

export interface CreateAction extends ActionFacts {
  readonly action: 'create'
  readonly document: TreeDocument
  readonly timing: Timing | null
}

export interface UpdateAction extends ActionFacts {
  readonly action: 'update'
  readonly document: TreeDocument
  readonly timing: Timing | null
  readonly live: LiveRecord
  /** A schedule whose nominal times may differ: its log is cut by a marker. */
  readonly timingChanged: boolean
  /** False: only something that the schedule uses has changed (a calendar, its job, its tenant's defaults). */
  readonly documentChanged: boolean
}

/** A schedule that `replaces` a live one: it goes on where that one stands, with its count. */
export interface RenameAction extends ActionFacts {
  readonly action: 'rename'
  readonly document: TreeDocument
  readonly timing: Timing | null
  /** What it replaces. */
  readonly from: LiveRecord
  /** False: each nominal time is the same under both names. */
  readonly timingChanged: boolean
}

export interface KeptAction extends ActionFacts {
  readonly action: 'unchanged'
  readonly live: LiveRecord
  /** No longer in the tree, but `protect: true`, or used by something that is: it stays live. */
  readonly protected: boolean
}

export interface DeleteAction extends ActionFacts {
  readonly action: 'delete'
  readonly live: LiveRecord
}

/** A live entry of no source, or an identity of the tree that belongs to another source. */
export interface ForeignAction extends ActionFacts {
  readonly action: 'unmanaged'
  readonly live: LiveRecord
  readonly wanted: boolean
}

export interface Plan {
  readonly source: string
  readonly treeDigest: string
  /** In the order of applying: creates and updates by kind, then what stays, then deletes in the reverse order. */
  readonly actions: readonly Action[]
}

/** diff(tree, live) for one source. Pure; nothing is looked at but digests, sources and timing. */
export function planTree(tree: Tree, live: LiveSnapshot, source: string): Plan {
  const planning = planInSteps(tree, live, source)
  for (;;) {
    const step = planning.next()
    if (step.done === true) return step.value
  }
}

/** The same in steps of a few documents, for a caller that must not be kept for as long as a large tree takes. */
export function* planInSteps(tree: Tree, live: LiveSnapshot, source: string): Generator<void, Plan> {
  const wanted = new Set(tree.documents.map(({ identity }) => identity))
  const renames = renamesIn(tree, live, wanted)
  const renamed = new Set([...renames.values()].map(({ identity }) => identity))
  const orphans = [...live.values()].filter(
    ({ identity, entry }) => !wanted.has(identity) && entry.source === source && !renamed.has(identity),
  )
  yield
  const kept = protectedIdentities(orphans)
  // What stays although it has left the tree goes on with what is in the tree now: a calendar, its tenant's defaults.
  const staying = orphans.filter(({ identity }) => kept.has(identity)).map(documentOf)
  const catalogue = catalogueOf(new TreeIndex([...tree.documents, ...staying]))
  const shelf = new CalendarShelf(catalogue)
  const timingOf = ({ kind, tenant, name }: TreeDocument): Timing | null => {
    const schedule = kind === 'Schedule' ? catalogue.find('Schedule', tenant, name) : undefined
    if (schedule === undefined) return null
    const activeFrom = activeFromOf(effectiveSpec(schedule, catalogue))
    return { digest: timingDigestOf(schedule, catalogue, shelf), activeFrom }
  }
  const ordered = new OrderedActions()
  let looked = 0
  for (const document of [...tree.documents, ...staying]) {
    const from = renames.get(document.identity)
    ordered.add(
      from === undefined
        ? actionFor(document, live.get(document.identity), { source, wanted, timingOf })
        : renameOf(document, from, { source, wanted, timingOf }),
    )
    if (++looked % DOCUMENTS_A_STEP === 0) yield
  }
  for (const record of orphans) {
    if (!kept.has(record.identity)) ordered.add({ action: 'delete', identity: record.identity, live: record })
  }
  for (const record of live.values()) {
    const { identity, entry } = record
    if (entry.source !== '' || wanted.has(identity)) continue
    ordered.add({ action: 'unmanaged', identity, live: record, wanted: false })
  }
  yield
  return { source, treeDigest: tree.digest, actions: ordered.all() }
}

const DOCUMENTS_A_STEP = 64

interface Planning {
  readonly source: string
  readonly wanted: ReadonlySet<Identity>
  readonly timingOf: (document: TreeDocument) => Timing | null
}

function actionFor(
  document: TreeDocument,
  live: LiveRecord | undefined,
  { source, wanted, timingOf }: Planning,
): Action {
  const { identity } = document
  if (live === undefined) return { action: 'create', identity, document, timing: timingOf(document) }
  if (live.entry.source !== source) return { action: 'unmanaged', identity, live, wanted: true }
  const timing = timingOf(document)
  const documentChanged = live.entry.digest !== document.digest
  const timingChanged = live.entry.timingDigest !== (timing?.digest ?? null)
  return documentChanged || timingChanged
    ? { action: 'update', identity, document, timing, live, timingChanged, documentChanged }
    : { action: 'unchanged', identity, live, protected: !wanted.has(identity) }
}

function renameOf(document: TreeDocument, from: LiveRecord, { source, timingOf }: Planning): Action {
  const { identity } = document
  if (from.entry.source !== source)
    return { action: 'unmanaged', identity: from.identity, live: from, wanted: true }
  const timing = timingOf(document)
  const timingChanged =
    from.entry.timingDigest !== (timing?.digest ?? null) || timesDependOnName(document.manifest)
  return { action: 'rename', identity, document, timing, from, timingChanged }
}

function documentOf({ identity, entry }: LiveRecord): TreeDocument {
  const { kind, tenant, name } = partsOf(identity)
  const { manifest, digest, file, line } = entry
  return { identity, kind, tenant, name, manifest, digest, file, line, column: 1, positions: NO_POSITIONS }
}

const NO_POSITIONS = new Int32Array(0)

const ORDER = { create: 0, update: 0, rename: 0, unchanged: 1, unmanaged: 2, delete: 3 } as const

/** Actions in the order of applying. What others refer to comes before them, and goes after them. */
class OrderedActions {
  /** By stage and kind, so that a large tree, which comes in order, is not sorted as a whole. */
  readonly #groups = new Map<number, Action[]>()

  add(action: Action): void {
    const rank = kindRank(action.identity)
    const place =
      ORDER[action.action] * KINDS.length + (action.action === 'delete' ? KINDS.length - 1 - rank : rank)
    const group = this.#groups.get(place)
    if (group === undefined) this.#groups.set(place, [action])
    else group.push(action)
  }

  all(): readonly Action[] {
    const places = [...this.#groups.keys()].sort((a, b) => a - b)
    return places.flatMap((place) => this.#groups.get(place)!.sort(byIdentity))
  }
}

function byIdentity(a: Action, b: Action): number {
  return a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0
}

export interface PlanCounts {
  readonly created: number
  readonly updated: number
  readonly renamed: number
  readonly unchanged: number
  readonly deleted: number
}

export function countsOf(plan: Plan): PlanCounts {
  const count = (action: Action['action']): number =>
    plan.actions.filter((entry) => entry.action === action).length
  return {
    created: count('create'),
    updated: count('update'),
    renamed: count('rename'),
    unchanged: count('unchanged'),
    deleted: count('delete'),
  }
}

/** The first instant that may fire by the manifest's own `activeFrom`, epoch milliseconds; null: none is written. */
export function activeFromOf({ activeFrom, timezone }: ScheduleSpec): number | null {
  if (activeFrom === undefined) return null
  const zone = zoneOf(timezone ?? 'UTC')
  const instant = zone.ok ? parseInstant(activeFrom, zone.value) : zone
  return instant.ok ? instant.value : null
}
