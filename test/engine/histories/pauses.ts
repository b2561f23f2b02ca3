import type { OperatorPause, Override } from '../../../src/core/trigger/override.ts'
import type { Pause, PauseMissed } from '../../../src/core/trigger/pause.ts'

/** A moment of a history: moments only grow, whatever the clocks do. */
export type Moment = number

const NEVER = Number.POSITIVE_INFINITY

interface Wording {
  readonly since: Moment
  /** The first instant that is not paused any more, server's clock; infinite: none is said. */
  readonly until: number
  readonly missed: PauseMissed
}

/** One pause, from when it was written to when its end was. */
export interface ToldPause {
  readonly target: string
  /** As it says itself, epoch milliseconds. */
  readonly from: number
  readonly written: Moment
  readonly wordings: Wording[]
  /** When somebody was told that it is in force. */
  inForce: Moment
  /** When its end was written. */
  ended: Moment
}

/** Who sent something, as far as it bears on what was known. */
export interface Sender {
  readonly sent: Moment
  /** When the term began. */
  readonly began: Moment
}

/** What operators have asked for, as the store of overrides was told. */
export class Pauses {
  readonly all: ToldPause[] = []

  /** `at`: the server's clock. */
  observe(
    target: string,
    value: string | null,
    { now, at }: { readonly now: Moment; readonly at: number },
  ): void {
    const { pause, ended } = value === null ? NOTHING : (JSON.parse(value) as Override)
    for (const { from, until, missed } of ended) {
      // One that a clock ahead has dated is over when it is resumed.
      const told = this.all.find(
        (each) =>
          each.target === target && (each.from === from || (each.ended === NEVER && each.from > from)),
      )
      if (told === undefined || told.ended !== NEVER) continue
      told.wordings.push({ since: now, until: until ?? NEVER, missed })
      told.ended = now
    }
    if (pause === null) {
      for (const each of this.all) {
        if (each.target !== target || each.ended !== NEVER) continue
        each.ended = now
        const { until, missed } = each.wordings.at(-1)!
        // It has gone with its schedule to another name.
        const isMoved = this.all.some((other) => other.target !== target && other.from === each.from)
        if (until > at) each.wordings.push({ since: now, until: at, missed: isMoved ? 'all' : missed })
      }
      return
    }
    const wording = { since: now, until: pause.until ?? NEVER, missed: pause.missed }
    const told = this.all.find(
      (each) => each.target === target && each.from === pause.at && each.ended === NEVER,
    )
    if (told !== undefined) told.wordings.push(wording)
    else
      this.all.push({
        target,
        from: pause.at,
        written: now,
        wordings: [wording],
        inForce: NEVER,
        ended: NEVER,
      })
  }

  /** Somebody was told that the target is paused. */
  answered(target: string, now: Moment): void {
    const told = this.all.findLast((each) => each.target === target)
    if (told !== undefined) told.inForce = Math.min(told.inForce, now)
  }

  /** Those over a schedule of one of these jobs that whoever sent something then can have known. */
  over(name: string, jobs: readonly string[], { sent }: Sender): readonly ToldPause[] {
    const targets = [
      'everything',
      'tenant.default',
      `schedule.default.${name}`,
      ...jobs.map((job) => `job.default.${job}`),
    ]
    return this.all.filter(({ target, written }) => written < sent && targets.includes(target))
  }
}

const NOTHING: { readonly pause: OperatorPause | null; readonly ended: readonly Pause[] } = {
  pause: null,
  ended: [],
}

/** Whether the sender must have known it: somebody was told before, or the term began after it was written. */
export function mustKnow({ inForce, written }: ToldPause, { sent, began }: Sender): boolean {
  return inForce < sent || written < began
}

/** Whether nothing may be decided under it, then and at this time of the server's clock. */
export function holds({ ended, wordings }: ToldPause, { sent }: Sender, now: number): boolean {
  const until = Math.min(...wordings.filter(({ since }) => since < sent).map((wording) => wording.until))
  return ended > sent && now < until
}

/** What it says in the end, as far as the sender could see it. */
export function lastWording({ wordings }: ToldPause, { sent }: Sender): Wording {
  return wordings.findLast(({ since }) => since < sent) ?? wordings[0]!
}
