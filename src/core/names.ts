import type { Kind } from './kinds.ts'

declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

/** `Kind/tenant/name`: what a manifest is, whatever file or revision it stands in. */
export type Identity = Brand<string, 'Identity'>
/** `tenant/schedule@nominal` (ISO 8601 UTC, whole seconds); free of any revision. */
export type FireId = Brand<string, 'FireId'>

/** Names and tenants: DNS labels, so that they are legal KV keys and NATS subject tokens as they are. */
export const NAME_PATTERN = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

export const DEFAULT_TENANT = 'default'

/** What the log orders fires and markers by: one schedule of one tenant. */
export interface ScheduleKey {
  readonly tenant: string
  readonly schedule: string
}

export function isName(text: string): boolean {
  return NAME_PATTERN.test(text)
}

export function identityOf(kind: Kind, tenant: string, name: string): Identity {
  return `${kind}/${tenant}/${name}` as Identity
}

export function partsOf(identity: Identity): { kind: Kind; tenant: string; name: string } {
  const [kind, tenant, name] = identity.split('/') as [Kind, string, string]
  return { kind, tenant, name }
}

/** The id of a scheduled fire. `nominal` is epoch milliseconds, always a whole second. */
export function fireIdOf(key: ScheduleKey, nominal: number): FireId {
  return `${key.tenant}/${key.schedule}@${secondsText(nominal)}` as FireId
}

let lastSecond = Number.NaN
let lastSecondText = ''

/** `2026-01-27T16:30:00Z`. Many fires share one second, so the last text is kept. */
export function secondsText(epochMs: number): string {
  if (epochMs !== lastSecond) {
    lastSecondText = `${new Date(epochMs).toISOString().slice(0, 19)}Z`
    lastSecond = epochMs
  }
  return lastSecondText
}

/**
 * The token that takes the place of a schedule in the subject and id of a one-off, `<schedule or job>~<letter><token>`:
 * no name holds a tilde, so that none is ever taken for a schedule.
 */
export function isOneOff(key: ScheduleKey): boolean {
  return key.schedule.includes('~')
}

/** The id of a fire by its key: a one-off is told apart by its token, every other fire by its nominal time. */
export function idOfFire(key: ScheduleKey, nominal: number): FireId {
  return isOneOff(key) ? (`${key.tenant}/${key.schedule}` as FireId) : fireIdOf(key, nominal)
}

/**
 * The schedule that a run is told under. Fires that no schedule asked for have ids `tenant/<schedule or job>~<token>`;
 * their runs are told beside those of the schedule or job that they stand for.
 */
export function scheduleOfRun(run: FireId): string {
  const token = run.slice(run.indexOf('/') + 1)
  return /^[^@~]*/.exec(token)?.[0] ?? token
}
