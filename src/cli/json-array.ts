import { nextTurn } from '../lifecycle/turn.ts'
import type { CommandIo } from './io.ts'

const ENTRIES_A_TURN = 500

/**
 * A JSON array, an entry a line, written as its entries are made: a long one needs no memory, and ends as valid JSON
 * when the command is asked to end.
 */
export async function jsonArray(
  io: CommandIo,
  entries: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<void> {
  let written = 0
  for await (const entry of entries) {
    io.stdout(`${written === 0 ? '[\n' : ',\n'}  ${JSON.stringify(entry)}`)
    written += 1
    if (written % ENTRIES_A_TURN === 0) await nextTurn()
    if (io.signal.aborted) break
  }
  io.stdout(written === 0 ? '[]\n' : '\n]\n')
}
