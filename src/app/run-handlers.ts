import { BelfryError } from '../core/errors.ts'
import type { FireId } from '../core/names.ts'
import { parseRunId } from '../core/run/run-id.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { ControlHandlers } from '../ports/control.ts'
import { RequestFields } from './request-fields.ts'

const MOST_RUN = 300
const MOST_KEY = 200
const MOST_AUTHOR = 200
const MOST_REASON = 1_000

/** Does with runs and dead letters what other processes ask for, if this instance leads. */
export function runHandlers(
  scheduler: Scheduler,
): Pick<ControlHandlers, 'cancel' | 'retry' | 'requeue' | 'discard'> {
  return {
    cancel: {
      read(body) {
        const fields = new RequestFields(body)
        const request = {
          run: runOf(fields),
          author: fields.text('author', MOST_AUTHOR),
          reason: fields.text('reason', MOST_REASON),
        }
        fields.end()
        return request
      },
      answer: (request) => scheduler.onRuns((runs) => runs.cancel(request)),
    },
    retry: {
      read(body) {
        const fields = new RequestFields(body)
        const request = {
          run: runOf(fields),
          key: fields.text('key', MOST_KEY),
          force: fields.flag('force'),
          author: fields.text('author', MOST_AUTHOR),
        }
        fields.end()
        return request
      },
      answer: (request) => scheduler.onRuns((runs, term) => runs.retry(request, term)),
    },
    requeue: {
      read(body) {
        const fields = new RequestFields(body)
        const request = {
          run: runOf(fields),
          force: fields.flag('force'),
          author: fields.text('author', MOST_AUTHOR),
        }
        fields.end()
        return request
      },
      answer: (request) => scheduler.onRuns((runs, term) => runs.requeue(request, term)),
    },
    discard: {
      read(body) {
        const fields = new RequestFields(body)
        const request = { run: runOf(fields), author: fields.text('author', MOST_AUTHOR) }
        fields.end()
        return request
      },
      answer: (request) => scheduler.onRuns((runs) => runs.discard(request)),
    },
  }
}

function runOf(fields: RequestFields): FireId {
  const run = parseRunId(fields.text('run', MOST_RUN))
  if (run.ok) return run.value
  throw new BelfryError('invalid-request', run.error)
}
