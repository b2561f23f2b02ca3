import { BelfryError } from '../core/errors.ts'
import { PAUSE_MISSED } from '../core/trigger/pause.ts'
import { formatPauseTarget, type PauseTarget, parsePauseTarget } from '../core/trigger/pause-target.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { ControlHandlers } from '../ports/control.ts'
import { RequestFields } from './request-fields.ts'

const MOST_TARGET = 200
const MOST_AUTHOR = 200
const MOST_REASON = 1_000

/** Pauses and resumes what other processes ask for, if this instance leads. */
export function pauseHandlers(scheduler: Scheduler): Pick<ControlHandlers, 'pause' | 'resume'> {
  return {
    pause: {
      read(body) {
        const fields = new RequestFields(body)
        const request = {
          target: formatPauseTarget(targetOf(fields)),
          author: fields.text('author', MOST_AUTHOR),
          reason: fields.text('reason', MOST_REASON),
          until: fields.optionalInstant('until'),
          missed: fields.oneOf('missed', PAUSE_MISSED),
        }
        fields.end()
        return request
      },
      answer({ target, author: by, ...wanted }) {
        return scheduler.pause(parsed(target), { by, ...wanted })
      },
    },
    resume: {
      read(body) {
        const fields = new RequestFields(body)
        const request = {
          target: formatPauseTarget(targetOf(fields)),
          author: fields.text('author', MOST_AUTHOR),
          missed: fields.isAbsent('missed') ? null : fields.oneOf('missed', PAUSE_MISSED),
        }
        fields.end()
        return request
      },
      answer({ target, author, missed }) {
        return scheduler.resume(parsed(target), { by: author, missed })
      },
    },
  }
}

function targetOf(fields: RequestFields): PauseTarget {
  return parsed(fields.text('target', MOST_TARGET))
}

function parsed(text: string): PauseTarget {
  const target = parsePauseTarget(text)
  if (target.ok) return target.value
  throw new BelfryError('invalid-request', target.error)
}
