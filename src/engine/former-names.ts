import type { ScheduleKey } from '../core/names.ts'
import type { RunsGoing } from '../core/trigger/decision.ts'

/** Which schedule a name that was replaced belongs to now: runs that began under it are runs of that schedule. */
export class FormerNames {
  readonly #successors = new Map<string, ScheduleKey>()
  readonly #former = new Map<string, readonly ScheduleKey[]>()

  install({
    key,
    formerNames = [],
  }: {
    readonly key: ScheduleKey
    readonly formerNames?: readonly string[]
  }): void {
    this.remove(key)
    if (formerNames.length === 0) return
    const former = formerNames.map((schedule) => ({ tenant: key.tenant, schedule }))
    this.#former.set(idOf(key), former)
    for (const name of former) this.#successors.set(idOf(name), key)
  }

  remove(key: ScheduleKey): void {
    for (const name of this.#former.get(idOf(key)) ?? []) this.#successors.delete(idOf(name))
    this.#former.delete(idOf(key))
  }

  /** The schedule that a run of `key` belongs to now. */
  now(key: ScheduleKey): ScheduleKey {
    return this.#successors.get(idOf(key)) ?? key
  }

  /** All names of a schedule, its own first. */
  all(key: ScheduleKey): readonly ScheduleKey[] {
    return [key, ...(this.#former.get(idOf(key)) ?? [])]
  }

  /** The runs of a schedule under all its names; null: not known yet. */
  going(key: ScheduleKey, of: (name: ScheduleKey) => RunsGoing | null): RunsGoing | null {
    let open = 0
    let freeSince = 0
    for (const name of this.all(key)) {
      const going = of(name)
      if (going === null) return null
      open += going.open
      freeSince = Math.max(freeSince, going.freeSince)
    }
    return { open, freeSince }
  }
}

function idOf({ tenant, schedule }: ScheduleKey): string {
  return `${tenant}/${schedule}`
}
