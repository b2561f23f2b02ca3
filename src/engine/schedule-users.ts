import { type Identity, partsOf } from '../core/names.ts'

/** For each object the schedules that were compiled with it. */
export class ScheduleUsers {
  readonly #users = new Map<Identity, Set<Identity>>()
  readonly #uses = new Map<Identity, Set<Identity>>()

  of(used: Identity): Iterable<Identity> {
    return this.#users.get(used) ?? []
  }

  *ofAnyCalendar(): Iterable<Identity> {
    for (const [used, users] of this.#users) if (partsOf(used).kind === 'Calendar') yield* users
  }

  add(used: Identity, user: Identity): void {
    const users = this.#users.get(used)
    if (users === undefined) this.#users.set(used, new Set([user]))
    else users.add(user)
    const uses = this.#uses.get(user)
    if (uses === undefined) this.#uses.set(user, new Set([used]))
    else uses.add(used)
  }

  /** It is to be compiled anew, and will say again what it uses. */
  forget(user: Identity): void {
    for (const used of this.#uses.get(user) ?? []) {
      const users = this.#users.get(used)
      users?.delete(user)
      if (users?.size === 0) this.#users.delete(used)
    }
    this.#uses.delete(user)
  }
}
