/**
 * Run events as messages. The payload is the event as JSON; docs/spec/wire.md describes it and golden files hold it,
 * because workers in other languages write it and history outlives the version that wrote it.
 */
import type { RunEvent, RunEventType } from '../core/run/run-event.ts'

const TYPES: Readonly<Record<RunEventType, true>> = {
  started: true,
  succeeded: true,
  failed: true,
  'handed-back': true,
  lost: true,
  cancelled: true,
  expired: true,
  dead: true,
}

export function encodeRunEvent(event: RunEvent): string {
  return JSON.stringify(event)
}

/** null if it is no event that this version knows: a later version's, or somebody else's. */
export function decodeRunEvent(payload: string): RunEvent | null {
  const value = parsed(payload)
  if (value === null || typeof value !== 'object') return null
  const event = value as Partial<RunEvent>
  const known = typeof event.type === 'string' && Object.hasOwn(TYPES, event.type)
  const numbered = [event.attempt, event.sequence, event.delivery].every(
    (number) => typeof number === 'number' && Number.isInteger(number) && number >= 0,
  )
  const told = [event.run, event.at, event.instance].every((text) => typeof text === 'string')
  return known && numbered && told ? (event as RunEvent) : null
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
