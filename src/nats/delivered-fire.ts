/** A fire as its worker reads it: from its headers alone, which are part of the frozen wire format. */
import type { FireId } from '../core/names.ts'
import type { RunPolicy } from '../core/run/run-policy.ts'
import type { Delivery } from './deliveries.ts'
import { decodeHeaderValue, headerReader } from './headers.ts'

export interface DeliveredFire {
  /** The run: the fire's own id, or that of the run that a retry goes on with. */
  readonly run: FireId
  readonly message: string
  /** `0`, or the partition of its adapter that it is in. */
  readonly lane: string
  readonly job: string
  readonly reason: string
  readonly nominal: number
  readonly jobVersion: number
  /** From 1; higher where the message is a later attempt of a run that had begun. */
  readonly firstAttempt: number
  readonly notOn: string | null
  readonly policy: RunPolicy
  header(name: string): string | undefined
}

/** null: not a fire of belfry's. */
export function readFire({ message }: Delivery): DeliveredFire | null {
  const raw = headerReader(message)
  const header = (name: string): string | undefined => {
    const value = raw(name)
    return value === undefined ? undefined : decodeHeaderValue(value)
  }
  const id = header('ce-id')
  const type = header('ce-type')
  const job = header('ce-subject')
  if (id === undefined || type === undefined || job === undefined) return null
  return {
    run: (header('belfry-run') ?? id) as FireId,
    message: type,
    lane: message.subject.slice(message.subject.lastIndexOf('.') + 1),
    job,
    reason: raw('belfry-reason') ?? 'scheduled',
    nominal: Number(raw('belfry-nominal') ?? 0),
    jobVersion: Number(raw('belfry-job-version') ?? 1),
    firstAttempt: positive(raw('belfry-attempt')) ?? 1,
    notOn: header('belfry-not-on') ?? null,
    policy: readPolicy(header),
    header,
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** What the fire's headers say of how to run it. */
export function readPolicy(header: (name: string) => string | undefined): RunPolicy {
  const policy: Mutable<RunPolicy> = {}
  const maxAttempts = positive(header('belfry-max-attempts'))
  if (maxAttempts !== null) policy.maxAttempts = maxAttempts
  const [initialMs, factor, maxMs] = header('belfry-backoff')?.split(',').map(Number) ?? []
  if (initialMs !== undefined && factor !== undefined && maxMs !== undefined)
    policy.backoff = { initialMs, factor, maxMs }
  if (header('belfry-retry-target') === 'other-instance') policy.target = 'other-instance'
  const timeoutMs = positive(header('belfry-timeout'))
  if (timeoutMs !== null) policy.timeoutMs = timeoutMs
  const startWithinMs = positive(header('belfry-start-within'))
  if (startWithinMs !== null) policy.startWithinMs = startWithinMs
  const key = header('belfry-key')
  if (key !== undefined) policy.key = key
  return policy
}

function positive(text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  return Number.isFinite(value) && value > 0 ? value : null
}
