/** What the end of a run asks of a schedule that follows on it. Sources of the rules: docs/spec/schedule.md, "Chains". */
import type { EndedHow, Upstream } from '../kinds.ts'
import type { RunEvent } from '../run/run-event.ts'

/** A run that has ended, as those see it who follow on it. */
export interface UpstreamRun {
  readonly job: string
  /** The schedule or job that its id begins with. */
  readonly schedule: string
  readonly event: RunEvent
}

export type Following =
  /** The schedule follows on this end. */
  | 'follows'
  /** It would have followed on another end of this run: here the chain stops. */
  | 'stops'
  | 'unconcerned'

/** What the end of a run means to a schedule with these rules. */
export function followingOf(rules: readonly Upstream[], { job, schedule, event }: UpstreamRun): Following {
  const concerned = rules.filter((rule) => ('job' in rule ? rule.job === job : rule.schedule === schedule))
  const how = howEnded(event)
  const isMet = ({ when = 'succeeded' }: Upstream): boolean => when === 'finished' || when === how
  if (concerned.some(isMet)) return 'follows'
  // Only who waits for success is kept waiting: that nothing failed is what everybody hopes for.
  const waits = concerned.some(({ when = 'succeeded' }) => when === 'succeeded')
  return waits ? 'stops' : 'unconcerned'
}

/** A cancelled run has neither succeeded nor failed: somebody did not want it. */
function howEnded({ type }: RunEvent): Exclude<EndedHow, 'finished'> | 'cancelled' {
  if (type === 'succeeded' || type === 'cancelled') return type
  return 'failed'
}

/** How a run ended, as half a sentence. */
export function endText(event: RunEvent): string {
  switch (event.type) {
    case 'dead':
      return `is dead after ${event.attempt} ${event.attempt === 1 ? 'attempt' : 'attempts'}: ${event.error.message.slice(0, MOST_ERROR)}`
    case 'cancelled':
      return `was cancelled by ${event.by}: ${event.reason.slice(0, MOST_ERROR)}`
    case 'expired':
      return 'expired: nobody began with it in time'
    default:
      return 'has succeeded'
  }
}

const MOST_ERROR = 300
