/** One change of a zone's offset. `at` is in seconds since the epoch, offsets are in seconds east of UTC. */
export interface OffsetChange {
  readonly at: number
  readonly before: number
  readonly after: number
}

/** Seconds east of UTC at an instant in seconds since the epoch. */
export type OffsetReader = (second: number) => number

/**
 * No offset of any zone has held for less than 3.98 days (Freetown 1939; the next shortest is a week), so a look
 * every three days misses none.
 */
const STEP = 3 * 86_400

/** All changes of offset with `from < at <= to`, in order. */
export function findChanges(read: OffsetReader, from: number, to: number): OffsetChange[] {
  const changes: OffsetChange[] = []
  let low = from
  let before = read(low)
  while (low < to) {
    const high = Math.min(low + STEP, to)
    const after = read(high)
    if (after !== before) changes.push({ at: firstSecondOf(read, low, high, before), before, after })
    low = high
    before = after
  }
  return changes
}

/** The first second in (low, high] at which the offset is no longer `before`, which it is at `low`. */
function firstSecondOf(read: OffsetReader, low: number, high: number, before: number): number {
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    if (read(middle) === before) low = middle
    else high = middle
  }
  return high
}

/**
 * Reads offsets from the tz database of the runtime, seconds of historic local mean times included. Slow (about 2
 * microseconds a call), which is why a zone asks only while it builds its table. Throws RangeError for an unknown name.
 */
export function offsetReader(name: string): OffsetReader {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hour: 'numeric',
    timeZoneName: 'longOffset',
  })
  return (second) => {
    const text = format.format(second * 1000)
    const match = OFFSET.exec(text)
    if (match === null) throw new RangeError(`no offset in "${text}"`)
    const [, sign, hours, minutes, seconds] = match
    if (sign === undefined) return 0
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)
    return sign === '+' ? size : -size
  }
}

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/
