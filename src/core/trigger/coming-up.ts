/**
 * What becomes of a fire that comes up beside a schedule's times, because a run of another has ended: a pure decision over
 * the manifests and what is going on. It is no misfire, and neither reads nor moves the cursor. Sources of the rules:
 * docs/spec/schedule.md, "Chains".
 */
import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import type { Decidable, RunsGoing } from './decision.ts'
import type { MarkerReason } from './log-entry.ts'
import { MOST_BUFFERED } from './overlap.ts'
import { type Pause, pauseState } from './pause.ts'
import { DEFAULT_OVERLAP, type OverlapSettings } from './policy.ts'

/** What is needed of a schedule to decide about what comes up for it beside its times. */
export interface Comer extends Pick<Decidable, 'suspension'> {
  readonly compiled: Pick<CompiledSchedule, 'unasked'>
  readonly overlap?: OverlapSettings
  /** What came up at or before it is not this version's to fire. */
  readonly activeFrom: number
}

/** Those of one schedule that wait for a run to end. */
export interface ComingQueue {
  readonly waiting: number
  /** Where this one stands: not among them, before all others, or behind some. */
  readonly place: 'none' | 'first' | 'behind'
}

export interface ComingUp {
  /** When it came up, epoch milliseconds, such as the end of a run. The calendar is asked for then, whoever decides when. */
  readonly at: number
  readonly now: number
  readonly pauses: readonly Pause[]
  readonly runs: RunsGoing
  readonly queue: ComingQueue
}

export type ComingDecision =
  | { readonly kind: 'fire' }
  /** For a run to end; `cancel`: that is to be asked to. `until`: then it fires all the same, epoch milliseconds. */
  | { readonly kind: 'wait'; readonly cancel: boolean; readonly until: number | null }
  | { readonly kind: 'not-fired'; readonly reason: MarkerReason; readonly because: string }

export function decideComing(schedule: Comer, coming: ComingUp): ComingDecision {
  const { at, now, pauses } = coming
  if (at <= schedule.activeFrom)
    return notFired('superseded', 'the schedule was edited since: this version begins later')
  const { suspension } = schedule
  if (suspension !== null && (suspension.until === null || suspension.until > at))
    return notFired('paused', 'the schedule or its job is suspended by its manifest')
  if (pauseState(pauses, now, now).kind === 'holding')
    return notFired('paused', 'it is paused by an operator')
  const { admitted, trace } = schedule.compiled.unasked(at)
  if (!admitted) return notFired('closed-now', trace.map(({ text }) => text).join('; '))
  return decideOverlap(schedule.overlap, coming)
}

function notFired(reason: MarkerReason, because: string): ComingDecision {
  return { kind: 'not-fired', reason, because }
}

const GOING = 'a run of the schedule was going'

/** One at a time, in the order in which they came up. */
function decideOverlap(
  { policy, cancelWaitMs }: OverlapSettings = DEFAULT_OVERLAP,
  { at, now, runs, queue }: ComingUp,
): ComingDecision {
  if (policy === 'allow') return { kind: 'fire' }
  const isNext = queue.place === 'first' || (queue.place === 'none' && queue.waiting === 0)
  if (runs.open === 0 && isNext) return { kind: 'fire' }
  switch (policy) {
    case 'skip':
      return notFired('overlap', GOING)
    case 'cancel-other': {
      const until = at + cancelWaitMs
      return isNext && until <= now ? { kind: 'fire' } : { kind: 'wait', cancel: isNext, until }
    }
    case 'buffer-one':
    case 'buffer-all': {
      const room = policy === 'buffer-one' ? 1 : MOST_BUFFERED
      if (queue.place !== 'none' || queue.waiting < room) return { kind: 'wait', cancel: false, until: null }
      return notFired('overlap', `${GOING}, and nothing more can wait for it`)
    }
  }
}
