import type { EventSource, ScheduleSpec, Trigger, Upstream } from '../kinds.ts'

/** A trigger in a few words, for traces. Made when somebody looks: kept, it would be a tenth of a schedule's memory. */
export function triggerText(trigger: Trigger): string {
  if ('cron' in trigger) return `cron "${trigger.cron}"`
  if ('rrule' in trigger) return `rrule "${trigger.rrule}"`
  if ('at' in trigger) return '`at`'
  if ('every' in trigger) {
    const { every, between } = trigger
    return between === undefined ? `every ${every}` : `every ${every} between ${between[0]} and ${between[1]}`
  }
  if ('businessDay' in trigger) {
    const { of, nth, offset = 0 } = trigger.businessDay
    return `businessDay ${nth} of the ${of}${offset === 0 ? '' : ` ${offset > 0 ? '+' : ''}${offset}`}`
  }
  if ('after' in trigger) return upstreamText(trigger.after)
  if ('event' in trigger) return eventText(trigger.event)
  return `session ${trigger.session.anchor}`
}

/** What a schedule follows on, beside the times that it asks for. */
export function followedTexts({ triggers }: Pick<ScheduleSpec, 'triggers'>): readonly string[] {
  return triggers.flatMap((trigger) => {
    if ('after' in trigger) return [upstreamText(trigger.after)]
    return 'event' in trigger ? [eventText(trigger.event)] : []
  })
}

/** Whether any of its triggers asks for times. */
export function asksForTimes({ triggers }: Pick<ScheduleSpec, 'triggers'>): boolean {
  return !triggers.every((trigger) => 'after' in trigger || 'event' in trigger)
}

/** As `after the job portfolio-import has succeeded`. */
export function upstreamText(upstream: Upstream): string {
  const { when = 'succeeded' } = upstream
  const what = 'job' in upstream ? `the job ${upstream.job}` : `the schedule ${upstream.schedule}`
  return `after ${what} has ${when}`
}

/** As `on each message of orders.created in the stream ORDERS`. */
function eventText({ stream, subject, filter }: EventSource): string {
  return `on each message of ${subject} in the stream ${stream}${filter === undefined ? '' : ' that its filter lets through'}`
}
