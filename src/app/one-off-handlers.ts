import { BelfryError } from '../core/errors.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { ControlHandlers } from '../ports/control.ts'
import { RequestFields } from './request-fields.ts'

const MOST_KEY = 200
const MOST_AUTHOR = 200

/** Stores the runs that other processes ask for, if this instance leads. */
export function oneOffHandlers(scheduler: Scheduler): Pick<ControlHandlers, 'trigger' | 'backfill'> {
  return {
    trigger: {
      read(body) {
        const fields = new RequestFields(body)
        const request = {
          kind: fields.isAbsent('kind') ? null : fields.oneOf('kind', ['job', 'schedule']),
          tenant: fields.name('tenant'),
          name: fields.name('name'),
          key: fields.text('key', MOST_KEY),
          data: fields.optionalMapping('data'),
          force: fields.flag('force'),
          author: fields.text('author', MOST_AUTHOR),
          at: fields.optionalInstant('at'),
        }
        fields.end()
        return request
      },
      answer: (request) => scheduler.trigger(request),
    },
    backfill: {
      read(body) {
        const fields = new RequestFields(body)
        const request = {
          tenant: fields.name('tenant'),
          schedule: fields.name('schedule'),
          from: fields.instant('from'),
          to: fields.instant('to'),
          again: fields.isAbsent('again') ? null : fields.text('again', MOST_KEY),
          beyondLog: fields.oneOf('beyondLog', ['skip', 'fire']),
          dryRun: fields.flag('dryRun'),
          force: fields.flag('force'),
          author: fields.text('author', MOST_AUTHOR),
        }
        fields.end()
        if (request.to > request.from) return request
        throw new BelfryError('invalid-request', 'to must be after from')
      },
      answer: (request) => scheduler.backfill(request),
    },
  }
}
