import { WORD } from './bits.ts'
import { type FieldEntry, sizeOf } from './parse-field.ts'

/**
 * One word of a field's plain values (numbers, ranges, steps), as bits counted from the field's first value. A range
 * that goes back wraps around. Values like `L` that no bit can stand for are left out.
 */
export function wordOf(entry: FieldEntry, wordIndex: number): number {
  const size = sizeOf(entry.field)
  const lowest = wordIndex * WORD
  if (entry.text === '*') return 0x7fffffff >>> Math.max(0, lowest + WORD - size)
  let word = 0
  for (const item of entry.items) {
    if (item.kind !== 'range') continue
    const from = item.from - entry.field.min
    const length = item.to >= item.from ? item.to - item.from : item.to - item.from + size
    for (let distance = 0; distance <= length; distance += item.step) {
      const bit = ((from + distance) % size) - lowest
      if (bit >= 0 && bit < WORD) word |= 1 << bit
    }
  }
  return word
}
