import type { ScheduleSpec } from '../kinds.ts'
import type { Tree, TreeDocument } from '../manifest/tree.ts'
import { TreeIndex } from '../manifest/tree-index.ts'
import type { Identity } from '../names.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { catalogueOf } from '../schedule/catalogue.ts'
import { parseInstant } from '../time/instant.ts'
import { zoneOf } from '../time/zone.ts'
import { effectiveSpec, timingDigestOf } from '../trigger/compile-trigger.ts'
import { kindRank, type LiveRecord, type LiveSnapshot } from './live-entry.ts'
import { protectedIdentities } from './protected.ts'

export type Action = CreateAction | UpdateAction | KeptAction | DeleteAction | ForeignAction

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
  const catalogue = catalogueOf(new TreeIndex(tree.documents))
  const shelf = new CalendarShelf(catalogue)
  const actions: Action[] = []
  const wanted = new Set<Identity>()
  for (const document of tree.documents) {
    const { identity, tenant, name } = document
    wanted.add(identity)
    const found = live.get(identity)
    if (found !== undefined && found.entry.source !== source) {
      actions.push({ action: 'unmanaged', identity, live: found, wanted: true })
      continue
    }
    const schedule = document.kind === 'Schedule' ? catalogue.find('Schedule', tenant, name) : undefined
    const timing: Timing | null =
      schedule === undefined
        ? null
        : {
            digest: timingDigestOf(schedule, catalogue, shelf),
            activeFrom: activeFromOf(effectiveSpec(schedule, catalogue)),
          }
    if (found === undefined) {
      actions.push({ action: 'create', identity, document, timing })
      continue
    }
    const documentChanged = found.entry.digest !== document.digest
    const timingChanged = found.entry.timingDigest !== (timing?.digest ?? null)
    if (documentChanged || timingChanged) {
      actions.push({
        action: 'update',
        identity,
        document,
        timing,
        live: found,
        timingChanged,
        documentChanged,
      })
    } else {
      actions.push({ action: 'unchanged', identity, live: found, protected: false })
    }
  }
  const orphans = [...live.values()].filter(
    ({ identity, entry }) => !wanted.has(identity) && entry.source === source,
  )
  const kept = protectedIdentities(orphans)
  for (const record of orphans) {
    const { identity } = record
    if (kept.has(identity)) actions.push({ action: 'unchanged', identity, live: record, protected: true })
    else actions.push({ action: 'delete', identity, live: record })
  }
  for (const record of live.values()) {
    const { identity, entry } = record
    if (entry.source !== '' || wanted.has(identity)) continue
    actions.push({ action: 'unmanaged', identity, live: record, wanted: false })
  }
  return { source, treeDigest: tree.digest, actions: actions.sort(inOrder) }
}

const ORDER = { create: 0, update: 0, unchanged: 1, unmanaged: 2, delete: 3 } as const

function inOrder(a: Action, b: Action): number {
  const byAction = ORDER[a.action] - ORDER[b.action]
  if (byAction !== 0) return byAction
  // What others refer to comes before them, and goes after them.
  const byKind = kindRank(a.identity) - kindRank(b.identity)
  if (byKind !== 0) return a.action === 'delete' ? -byKind : byKind
  return a.identity < b.identity ? -1 : 1
}

export interface PlanCounts {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly deleted: number
}

export function countsOf(plan: Plan): PlanCounts {
  const count = (action: Action['action']): number =>
    plan.actions.filter((entry) => entry.action === action).length
  return {
    created: count('create'),
    updated: count('update'),
    unchanged: count('unchanged'),
    deleted: count('delete'),
  }
}

function activeFromOf({ activeFrom, timezone }: ScheduleSpec): number | null {
  if (activeFrom === undefined) return null
  const zone = zoneOf(timezone ?? 'UTC')
  const instant = zone.ok ? parseInstant(activeFrom, zone.value) : zone
  return instant.ok ? instant.value : null
}
