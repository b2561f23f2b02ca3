/**
 * Lets the lanes of a changed number of partitions begin when those before are empty.
 *
 * Job: look now and then; begin the next set, level-triggered, and remove sets that have long been empty. Invariants: a set
 * begins only when every lane before it was seen empty for a while, because a fire that was made before the change may still be
 * on its way to them; the shared lane is never removed. On failure: throws, and the next look finds the same.
 */
import type { ConsumerInfo } from '@nats-io/jetstream'
import { lanesOf, SHARED_LANE } from '../core/run/lane.ts'
import { type LaneSets, readLaneSets, waitingLanes } from './lane-sets.ts'

/** The consumers of one adapter, by lane. */
export interface Group {
  readonly tenant: string
  readonly adapter: string
  readonly lanes: Map<string, ConsumerInfo>
}

export interface LaneTurnsOptions {
  readonly groups: () => Promise<ReadonlyMap<string, Group>>
  /** How long lanes must have been empty before those after them begin. */
  readonly emptyMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Stores how the sets are now. */
  readonly begin: (group: Group, sets: LaneSets) => Promise<void>
  readonly pause: (name: string, paused: boolean) => Promise<unknown>
  readonly remove: (name: string) => Promise<void>
}

/** So long lanes have been empty when they are removed: a fire that arrives where no consumer is would never be delivered. */
const UNUSED_MS = 600_000
/** How often is looked although nothing is known to turn: another instance may have made a change. */
const LOOK_MS = 30_000

export function laneSetsOf({ lanes }: Group): LaneSets {
  return readLaneSets(lanes.get(SHARED_LANE)?.config.metadata ?? {})
}

export function pendingOf(info: ConsumerInfo): number {
  return info.num_pending + info.num_ack_pending
}

/** One that its manifest or an operator holds; lanes that only wait for others say nothing of that. */
export function heldLane(group: Group): ConsumerInfo | undefined {
  const waiting = waitingLanes(laneSetsOf(group))
  return [...group.lanes].find(([lane, info]) => !waiting.has(lane) && info.paused === true)?.[1]
}

export function createLaneTurns({ groups, emptyMs, now, begin, pause, remove }: LaneTurnsOptions) {
  const emptySince = new Map<string, number>()
  let isTurning = true
  let lookAt = Number.NEGATIVE_INFINITY

  /** For how long all lanes of a set have been seen empty, milliseconds; null: they are not. */
  const emptyFor = (group: Group, set: number): number | null => {
    const key = `${group.tenant}/${group.adapter}/${set}`
    const infos = lanesOf(set).flatMap((lane) => group.lanes.get(lane) ?? [])
    if (infos.some((info) => pendingOf(info) > 0)) {
      emptySince.delete(key)
      return null
    }
    const since = emptySince.get(key) ?? now()
    emptySince.set(key, since)
    return now() - since
  }

  /** Whether nothing is left to do for this adapter. */
  const turnOne = async (group: Group): Promise<boolean> => {
    let { sets, begun } = laneSetsOf(group)
    if (sets.length === 1) return true
    const isHeld = heldLane(group) !== undefined
    const isEmpty = (set: number, ms: number) => (emptyFor(group, set) ?? -1) >= ms
    if (begun < sets.length && sets.slice(0, begun).every((set) => isEmpty(set, emptyMs))) {
      begun += 1
      await begin(group, { sets, begun })
      const lanes = lanesOf(sets[begun - 1] ?? 0).flatMap((lane) => group.lanes.get(lane) ?? [])
      if (!isHeld) for (const info of lanes) await pause(info.name, false)
      return false
    }
    for (const set of sets.slice(0, Math.min(begun, sets.length - 1))) {
      if (!isEmpty(set, UNUSED_MS)) continue
      sets = sets.filter((each) => each !== set)
      begun -= 1
      await begin(group, { sets, begun })
      if (set > 0) for (const lane of lanesOf(set)) await remove(group.lanes.get(lane)?.name ?? '')
      emptySince.delete(`${group.tenant}/${group.adapter}/${set}`)
      return false
    }
    return false
  }

  return {
    /** Something was changed. */
    look: () => {
      isTurning = true
    },
    async turn(): Promise<boolean> {
      if (!isTurning && now() < lookAt) return true
      const settled: boolean[] = []
      for (const group of (await groups()).values()) settled.push(await turnOne(group))
      isTurning = !settled.every(Boolean)
      lookAt = now() + LOOK_MS
      return !isTurning
    },
  }
}
