/**
 * Operator pauses as decisions see them. Pure data of the moment, beside the manifests: when one ended, and not who was
 * up to see it end, decides what becomes of the times that it held back.
 */

/** What becomes of the nominal times that a pause held back, once it ends. */
export type PauseMissed = 'discard' | 'latest' | 'all'

export const PAUSE_MISSED: readonly PauseMissed[] = ['discard', 'latest', 'all']

/** A pause that holds, or one that has ended and has not been settled yet. Times are epoch milliseconds. */
export interface Pause {
  readonly from: number
  /** The first moment that is not paused any more; null: no end is known. */
  readonly until: number | null
  readonly missed: PauseMissed
}

/** Whether two answers to the same question, asked at two moments, say the same. */
export function samePauses(a: readonly Pause[], b: readonly Pause[]): boolean {
  if (a === b) return true
  return (
    a.length === b.length &&
    a.every(({ from, until, missed }, index) => {
      const other = b[index]
      return from === other?.from && until === other.until && missed === other.missed
    })
  )
}

/** Nominal times up to `to` (included), from where the range before it ends. */
export interface HeldRange {
  readonly to: number
  readonly missed: PauseMissed
}

export type PauseState =
  /** At least one holds. `wakeAt`: when the last of them ends by itself, if all do. */
  | { readonly kind: 'holding'; readonly wakeAt: number | null }
  /** None holds; what those that ended held back after the cursor, in order. */
  | { readonly kind: 'ended'; readonly ranges: readonly HeldRange[] }

const STRICTEST: readonly PauseMissed[] = ['discard', 'latest', 'all']

/** What pauses do at `now` to a schedule that is settled up to `cursor`. A pause holds also if a clock says it is to come. */
export function pauseState(pauses: readonly Pause[], cursor: number, now: number): PauseState {
  const real = pauses.filter(({ from, until }) => until === null || until > from)
  const holding = real.filter(({ until }) => until === null || until > now)
  if (holding.length > 0) {
    const ends = holding.map(({ until }) => until)
    return {
      kind: 'holding',
      wakeAt: ends.some((end) => end === null) ? null : Math.max(...ends.map(Number)),
    }
  }
  return { kind: 'ended', ranges: heldRanges(real, cursor) }
}

/**
 * A time is caught up only as far as every pause that held it allows. What was undecided when a pause began is held back
 * by it as well.
 */
function heldRanges(pauses: readonly Pause[], cursor: number): readonly HeldRange[] {
  const bounds = new Set<number>()
  for (const { from, until } of pauses) {
    for (const bound of [from, Number(until)]) if (bound - 1 > cursor) bounds.add(bound)
  }
  const ranges: HeldRange[] = []
  let start = cursor + 1
  for (const end of [...bounds].sort((a, b) => a - b)) {
    const over = pauses.filter(({ from, until }) => from <= start && Number(until) >= end)
    const holders = over.length > 0 ? over : nextToBegin(pauses, end)
    start = end
    const missed = STRICTEST.find((each) => holders.some((holder) => holder.missed === each))
    if (missed === undefined) continue
    if (ranges.at(-1)?.missed === missed) ranges.pop()
    ranges.push({ to: end - 1, missed })
  }
  return ranges
}

function nextToBegin(pauses: readonly Pause[], after: number): readonly Pause[] {
  const first = Math.min(...pauses.map(({ from }) => from).filter((from) => from >= after))
  return pauses.filter(({ from }) => from === first)
}
