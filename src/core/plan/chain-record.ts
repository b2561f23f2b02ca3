import type { FireId, ScheduleKey } from '../names.ts'

/** Where a chain stands that stopped before a schedule, for people to look at. Decides nothing. */
export interface ChainRecord {
  /** null: it goes on again. */
  readonly stopped: {
    /** The run on which the schedule did not follow. */
    readonly run: FireId
    /** When that ended, epoch milliseconds. */
    readonly at: number
    readonly because: string
  } | null
}

const PREFIX = 'chain.'

export function chainKey({ tenant, schedule }: ScheduleKey): string {
  return `${PREFIX}${tenant}.${schedule}`
}

/** null: the key is not one of a chain. */
export function scheduleOfChainKey(key: string): ScheduleKey | null {
  if (!key.startsWith(PREFIX)) return null
  const [tenant = '', schedule = ''] = key.slice(PREFIX.length).split('.')
  return { tenant, schedule }
}
