import type { WaitingSpell } from '../trigger/waited.ts'

/** Fires of an adapter that wait for their place under its rate limit, for the next leader and for people. */
export interface RateRecord {
  /** The last one goes on while schedules wait. */
  readonly spells: readonly WaitingSpell[]
  /** Schedules, and runs that follow on others, that wait. */
  readonly waiting: number
}

const PREFIX = 'rate.'

export function rateKey(tenant: string, adapter: string): string {
  return `${PREFIX}${tenant}.${adapter}`
}

/** null: the key is not one of a rate limit. */
export function adapterOfRateKey(key: string): { readonly tenant: string; readonly adapter: string } | null {
  if (!key.startsWith(PREFIX)) return null
  const [tenant = '', adapter = ''] = key.slice(PREFIX.length).split('.')
  return { tenant, adapter }
}
