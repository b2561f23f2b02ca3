import type { FireId } from '../names.ts'
import { isName } from '../names.ts'
import { err, ok, type Result } from '../result.ts'

const SHAPE = /^([^/@~]+)\/([^/@~]+)(@\d{4,6}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z|~[a-z][A-Za-z0-9-]{1,120})$/

export const RUN_ID_FORMS = 'TENANT/SCHEDULE@2026-01-27T16:30:00Z, or TENANT/NAME~TOKEN of a run on request'

/** The id of a run, as `belfry runs list` and `belfry trigger` print it; an error says what one looks like. */
export function parseRunId(text: string): Result<FireId, string> {
  const [, tenant = '', base = ''] = SHAPE.exec(text) ?? []
  if (isName(tenant) && isName(base)) return ok(text as FireId)
  return err(`${JSON.stringify(text.slice(0, 200))} is not the id of a run; expected ${RUN_ID_FORMS}`)
}
