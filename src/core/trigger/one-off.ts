/**
 * One-offs: fires that no schedule's times ask for. Each has a token of its own in the place of the schedule, expects to
 * be the first there, and is therefore stored once, however often it is asked for.
 *
 * Sources of the rules: docs/spec/wire.md, "One-offs".
 */
import { tokenOf } from '../digest.ts'
import type { FireId, ScheduleKey } from '../names.ts'
import type { Fire, Marker, MarkerReason, OneOffReason } from './log-entry.ts'

/** So long the log keeps a one-off, and so long asking again finds it: 30 days. */
export const ONE_OFF_TTL_SECONDS = 30 * 86_400

/** What a fire carries whatever asks for it. */
export type FireTemplate = Pick<
  Fire,
  | 'job'
  | 'adapter'
  | 'lane'
  | 'message'
  | 'jobVersion'
  | 'payload'
  | 'calendars'
  | 'tz'
  | 'revision'
  | 'generation'
  | 'policy'
>

/** What asks for a one-off. Equal askings have equal tokens. */
export type Asking =
  /** `key` is whatever the caller takes for the same request: a key of its own, or a new ULID. */
  | {
      readonly reason: 'manual'
      readonly key: string /** The run that is run once more. */
      readonly again?: FireId
    }
  /** `again` tells a deliberate repetition from the first time. */
  | { readonly reason: 'backfill'; readonly again: string | null }
  | { readonly reason: 'chained'; readonly upstream: FireId }
  | {
      readonly reason: 'event'
      readonly stream: string
      /** When the stream was made, as the server says it: sequences begin anew in one that is made again. */
      readonly created: string
      readonly sequence: number
    }
  | {
      readonly reason: 'retry'
      readonly run: FireId
      readonly attempt: number
      readonly notOn: string | null
    }
  | { readonly reason: 'requeue'; readonly run: FireId; readonly deadSequence: number }

const LETTERS: Readonly<Record<OneOffReason, string>> = {
  manual: 'm',
  backfill: 'b',
  chained: 'a',
  event: 'e',
  retry: 'r',
  requeue: 'q',
}

export interface OneOffOptions {
  readonly tenant: string
  /** The schedule or job that is asked to run. */
  readonly base: string
  readonly asking: Asking
  /** Epoch milliseconds; whole seconds, as all nominal times. */
  readonly nominal: number
  readonly term: number
  readonly template: FireTemplate
}

export function buildOneOff({ tenant, base, asking, nominal, term, template }: OneOffOptions): Fire {
  const { reason } = asking
  const cause = causeOf(asking)
  return {
    ...template,
    kind: 'fire',
    key: oneOffKey(tenant, base, { asking, nominal }),
    nominal,
    reason,
    // A one-off counts for nothing: `maxFires` is about a schedule's own times.
    count: 0,
    term,
    ttlSeconds: ONE_OFF_TTL_SECONDS,
    ...(cause === null ? {} : { cause }),
    ...(asking.reason === 'retry' ? { retry: retryOf(asking) } : {}),
  }
}

/** The decision not to fire a one-off. It stands in its place in the log: of fire and marker the first one wins. */
export function buildOneOffMarker(
  { tenant, base, asking, nominal, term, template }: OneOffOptions,
  reason: MarkerReason,
): Marker {
  const { revision, generation } = template
  return {
    kind: 'marker',
    key: oneOffKey(tenant, base, { asking, nominal }),
    nominal,
    reason,
    count: 0,
    term,
    revision,
    generation,
    ttlSeconds: ONE_OFF_TTL_SECONDS,
  }
}

/** Where the one-off stands in the log. */
export function oneOffKey(
  tenant: string,
  base: string,
  { asking, nominal }: { readonly asking: Asking; readonly nominal: number },
): ScheduleKey {
  return { tenant, schedule: `${base}~${LETTERS[asking.reason]}${tokenFor(asking, nominal)}` }
}

/** The schedule or job that a one-off belongs to; a schedule's own name stays as it is. */
export function baseOf(schedule: string): string {
  const tilde = schedule.indexOf('~')
  return tilde < 0 ? schedule : schedule.slice(0, tilde)
}

function tokenFor(asking: Asking, nominal: number): string {
  switch (asking.reason) {
    case 'manual':
      return tokenOf(asking.key)
    case 'backfill':
      return `${nominal / 1000}${asking.again === null ? '' : `-${tokenOf(asking.again)}`}`
    case 'chained':
      return tokenOf(asking.upstream)
    case 'event':
      return `${tokenOf(`${asking.stream}\n${asking.created}`)}-${asking.sequence}`
    case 'retry':
      return `${tokenOf(asking.run)}-${asking.attempt}`
    case 'requeue':
      return `${asking.deadSequence}`
  }
}

function causeOf(asking: Asking): string | null {
  switch (asking.reason) {
    case 'chained':
      return asking.upstream
    case 'event':
      return `${asking.stream}:${asking.sequence}`
    case 'requeue':
      return asking.run
    case 'manual':
      return asking.again ?? null
    default:
      return null
  }
}

function retryOf({ run, attempt, notOn }: Extract<Asking, { reason: 'retry' }>): NonNullable<Fire['retry']> {
  return notOn === null ? { run, attempt } : { run, attempt, notOn }
}
