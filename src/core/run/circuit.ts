/**
 * The circuit of an adapter: a pure fold over the events of its runs. Open, nothing is delivered; once its time is over,
 * one run at a time, until one succeeds. Sources of the rules: docs/spec/adapter.md, "Circuit breaker".
 */
import type { CircuitBreaker } from '../kinds.ts'
import { parseDuration } from '../time/duration.ts'
import type { RunEvent } from './run-event.ts'

export interface CircuitSettings {
  readonly failures: number
  readonly cooldownMs: number
}

export type Circuit =
  /** `failures` in a row so far. */
  | { readonly state: 'closed'; readonly failures: number; readonly since: number }
  /** Since when, and until when nothing is delivered at all: from then on it is half open. Epoch milliseconds. */
  | { readonly state: 'open'; readonly since: number; readonly until: number; readonly because: string }

export const CLOSED: Circuit = { state: 'closed', failures: 0, since: 0 }

/** The settings of a validated manifest; null: it has no breaker. */
export function circuitSettings(written: CircuitBreaker | undefined): CircuitSettings | null {
  const cooldown = written === undefined ? null : parseDuration(written.cooldown)
  return written === undefined || cooldown?.ok !== true
    ? null
    : { failures: written.failures, cooldownMs: cooldown.value }
}

/** The circuit after an event that was stored at `at`. One that was known before the circuit last changed changes nothing. */
export function circuitAfter(
  circuit: Circuit,
  event: RunEvent,
  { at, settings }: { readonly at: number; readonly settings: CircuitSettings },
): Circuit {
  const sign = signOf(event)
  if (sign === null || at < circuit.since) return circuit
  const opened = (): Circuit => ({
    state: 'open',
    since: at,
    until: at + settings.cooldownMs,
    because: becauseOf(event),
  })
  if (circuit.state === 'open') {
    // What ends meanwhile had begun before: it says nothing of whether it is better now.
    if (at < circuit.until) return circuit
    return sign === 'good' ? { state: 'closed', failures: 0, since: at } : opened()
  }
  if (sign === 'good') return circuit.failures === 0 ? circuit : { ...circuit, failures: 0 }
  const failures = circuit.failures + 1
  return failures >= settings.failures ? opened() : { ...circuit, failures }
}

/** A run that is refused for good, or was cancelled, says nothing of what its worker works with. */
function signOf(event: RunEvent): 'good' | 'bad' | null {
  switch (event.type) {
    case 'succeeded':
      return event.duplicateOf === undefined ? 'good' : null
    case 'failed':
    case 'lost':
      return 'bad'
    case 'dead':
      return event.reason === 'attempts' ? 'bad' : null
    default:
      return null
  }
}

function becauseOf(event: RunEvent): string {
  if (event.type === 'failed' || event.type === 'dead') return event.error.message.slice(0, MOST_ERROR)
  return 'nothing was heard of a run for too long'
}

const MOST_ERROR = 300
