/** Reading a stream from its end: in stretches of time that grow, so that the newest few cost little. */

export interface Stretch {
  /** Epoch milliseconds, included. */
  readonly from: number
  /** Excluded. */
  readonly to: number
}

const FIRST_MS = 10_000
const GROWTH = 8

/** From `until` back to `since`. The first has no end: what was stored since it was asked for belongs to the newest. */
export function* stretchesBack({
  since,
  until,
}: {
  readonly since: number
  readonly until: number
}): Generator<Stretch> {
  let to = Number.POSITIVE_INFINITY
  for (let spanMs = FIRST_MS; to > since; spanMs *= GROWTH) {
    const from = Math.max(since, until - spanMs)
    yield { from, to }
    to = from
  }
}
