/**
 * Time that a schedule has waited for a place under its adapter's rate limit, and that counts as no lateness. Pure.
 * Sources of the rules: docs/spec/adapter.md, "Rate limit".
 */

/** Fires of the adapter had to wait from `since` to `until`, epoch milliseconds. In order, apart from each other. */
export interface WaitingSpell {
  readonly since: number
  readonly until: number
}

/** How late something is that was due at `due`, but for what it had to wait. */
export function latenessOf(due: number, now: number, spells: readonly WaitingSpell[] = []): number {
  return spells.reduce(
    (late, { since, until }) => late - Math.max(0, Math.min(until, now) - Math.max(since, due)),
    now - due,
  )
}

/** What was due before this moment is later than `ms`. */
export function lateBefore(now: number, ms: number, spells: readonly WaitingSpell[] = []): number {
  let moment = now
  let left = ms
  for (const { since, until } of spells.toReversed()) {
    const between = moment - Math.min(until, moment)
    if (between > left) break
    left -= between
    moment = Math.min(since, moment)
  }
  return moment - left
}
