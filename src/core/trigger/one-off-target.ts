import { DEFAULT_TENANT, isName } from '../names.ts'
import { err, ok, type Result } from '../result.ts'

/** The job or schedule that somebody asks to run. */
export interface OneOffTarget {
  /** null: whichever of the two has the name. */
  readonly kind: 'job' | 'schedule' | null
  readonly tenant: string
  readonly name: string
}

export const ONE_OFF_TARGET_FORMS = 'NAME, job/NAME or schedule/NAME'

/**
 * Reads `NAME`, `job/NAME`, `schedule/NAME` (of `tenant`, or else of `default`), and with their tenant `TENANT/NAME`,
 * `job/TENANT/NAME`, `schedule/TENANT/NAME`; an error says why not.
 */
export function parseOneOffTarget(text: string, tenant: string | null = null): Result<OneOffTarget, string> {
  const parts = text.split('/')
  const shown = JSON.stringify(text.slice(0, 200))
  const nothing = `${shown} names nothing: expected ${ONE_OFF_TARGET_FORMS}; of another tenant job/TENANT/NAME and so on`
  if (tenant !== null && !isName(tenant))
    return err(`${JSON.stringify(tenant.slice(0, 200))} is no tenant's name`)
  if (parts.length > 3 || !parts.every(isName)) return err(nothing)
  const [first = '', second = '', third] = parts
  if (parts.length === 1) return ok({ kind: null, tenant: tenant ?? DEFAULT_TENANT, name: first })
  const kind = first === 'job' || first === 'schedule' ? first : null
  if (third === undefined && kind !== null)
    return ok({ kind, tenant: tenant ?? DEFAULT_TENANT, name: second })
  if (third !== undefined && kind === null) return err(nothing)
  const own = kind === null ? first : second
  if (tenant !== null && tenant !== own) return err(`${shown} is of the tenant ${own}, not of ${tenant}`)
  return ok({ kind, tenant: own, name: third ?? second })
}

/** For people. */
export function formatOneOffTarget({ kind, tenant, name }: OneOffTarget): string {
  return kind === null ? `${tenant}/${name}` : `${kind}/${tenant}/${name}`
}
