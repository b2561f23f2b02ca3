/**
 * What a run tracker leaves to the next one: the open runs, what is owed, and up to where that includes everything.
 *
 * Job: write and read it in the cursor store, in pieces that fit a message. Invariants: the head is written last and
 * names its pieces, so that a snapshot is read whole or not at all; of two sets of pieces one is always complete. On
 * failure to read a piece: the snapshot counts as none, and the tracker reads the streams from their beginnings.
 */
import type { EndedRun, OpenRun } from '../core/run/open-run.ts'
import type { Store } from '../ports/store.ts'

export interface RunPositions {
  /** Of the log; with another one nothing here means anything. */
  readonly incarnation: string
  readonly fires: number
  readonly events: number
  readonly notices: number
}

export interface RunSnapshot {
  readonly positions: RunPositions
  readonly open: readonly OpenRun[]
  /** Ends whose consequences were not seen to. */
  readonly owed: readonly EndedRun[]
}

interface Head {
  readonly positions: RunPositions
  readonly owed: readonly EndedRun[]
  /** Which of the two sets of pieces. */
  readonly set: 0 | 1
  readonly pieces: number
  /** Drawn anew for each snapshot, so that pieces of two never mix. */
  readonly mark: string
}

interface Piece {
  readonly mark: string
  readonly open: readonly OpenRun[]
}

export const RUNS_KEY = 'runs'
const RUNS_A_PIECE = 1_000
const OWED_MOST = 1_000

export async function readRunSnapshot(store: Store): Promise<RunSnapshot | null> {
  const head = parsed<Head>((await store.get(RUNS_KEY))?.value)
  if (head === null) return null
  const open: OpenRun[] = []
  for (let index = 0; index < head.pieces; index++) {
    const piece = parsed<Piece>((await store.get(pieceKey(head.set, index)))?.value)
    if (piece === null || piece.mark !== head.mark) return null
    open.push(...piece.open)
  }
  return { positions: head.positions, open, owed: head.owed }
}

/** Returns false if more is owed than a head holds: then the last one stays. */
export async function writeRunSnapshot(store: Store, snapshot: RunSnapshot, mark: string): Promise<boolean> {
  const { positions, open, owed } = snapshot
  if (owed.length > OWED_MOST) return false
  // Never over the pieces of the snapshot that stands, whoever wrote it: the next leader may be reading it.
  const set = parsed<Head>((await store.get(RUNS_KEY))?.value)?.set === 0 ? 1 : 0
  let pieces = 0
  for (let from = 0; from < open.length; from += RUNS_A_PIECE) {
    const piece: Piece = { mark, open: open.slice(from, from + RUNS_A_PIECE) }
    await store.put(pieceKey(set, pieces), JSON.stringify(piece))
    pieces += 1
  }
  const head: Head = { positions, owed, set, pieces, mark }
  await store.put(RUNS_KEY, JSON.stringify(head))
  return true
}

function pieceKey(set: 0 | 1, index: number): string {
  return `${RUNS_KEY}.${set}.${index}`
}

function parsed<T>(text: string | undefined): T | null {
  return text === undefined ? null : (JSON.parse(text) as T)
}
