import type { Trigger } from '../kinds.ts'

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
  return `session ${trigger.session.anchor}`
}
