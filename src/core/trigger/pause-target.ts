import { DEFAULT_TENANT, isName } from '../names.ts'
import { err, ok, type Result } from '../result.ts'

/** What an operator pause is over. */
export type PauseTarget =
  | { readonly kind: 'everything' }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'schedule' | 'job' | 'adapter'; readonly tenant: string; readonly name: string }

export const PAUSE_TARGET_FORMS = 'schedule/NAME, job/NAME, adapter/NAME, tenant/NAME or everything'

/** Reads `kind/name` (of tenant `default`) or `kind/tenant/name`, `tenant/name`, `everything`; an error says why not. */
export function parsePauseTarget(text: string): Result<PauseTarget, string> {
  const [kind, ...rest] = text.split('/')
  const expected = `expected ${PAUSE_TARGET_FORMS}; of another tenant schedule/TENANT/NAME and so on`
  if (!rest.every(isName)) return err(`${JSON.stringify(text)} names nothing: ${expected}`)
  const [first, second] = rest
  if (kind === 'everything' && rest.length === 0) return ok({ kind })
  if (kind === 'tenant' && first !== undefined && rest.length === 1) return ok({ kind, tenant: first })
  if ((kind === 'schedule' || kind === 'job' || kind === 'adapter') && first !== undefined) {
    if (rest.length === 1) return ok({ kind, tenant: DEFAULT_TENANT, name: first })
    if (second !== undefined && rest.length === 2) return ok({ kind, tenant: first, name: second })
  }
  return err(`${JSON.stringify(text)} names nothing: ${expected}`)
}

/** The form that is always read again as the same target. */
export function formatPauseTarget(target: PauseTarget): string {
  if (target.kind === 'everything') return target.kind
  if (target.kind === 'tenant') return `tenant/${target.tenant}`
  return `${target.kind}/${target.tenant}/${target.name}`
}
