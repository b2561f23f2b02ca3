/**
 * A stretch of instants in which a zone keeps one offset. All in seconds: instants since the epoch, offsets east of
 * UTC. A stretch may end where the zone's table ends so far; then nothing changes there (`after === offset`) nor
 * within two days of it, and the next stretch goes on. A period stays true for ever, so it may be kept.
 */
export interface Period {
  /** First second, included; -Infinity for the first stretch. */
  readonly start: number
  /** First second no longer in it; Infinity for the last stretch. */
  readonly end: number
  readonly offset: number
  /** The offset just before `start`: less than `offset` if a gap lies at `start`, more if an overlap does. */
  readonly before: number
  /** The offset from `end` on. */
  readonly after: number
  /**
   * Within [quietFrom, quietTo) local time and instants map one to one and no policy for daylight saving has a say:
   * the stretch less the width of the change at either end.
   */
  readonly quietFrom: number
  readonly quietTo: number
}

export function periodOf(stretch: Omit<Period, 'quietFrom' | 'quietTo'>): Period {
  const { start, end, offset, before, after } = stretch
  return {
    start,
    end,
    offset,
    before,
    after,
    quietFrom: start + Math.abs(offset - before),
    quietTo: end - Math.abs(after - offset),
  }
}
