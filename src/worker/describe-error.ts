import type { RunError } from '../core/run/run-event.ts'

const LONGEST_MESSAGE = 2_000

/** What the history says of a failure. Never a stack: those name files and hold values. */
export function describeError(error: unknown): RunError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error).slice(0, LONGEST_MESSAGE) }
  const { code } = error as { code?: unknown }
  const message = error.message.slice(0, LONGEST_MESSAGE)
  return typeof code === 'string' ? { name: error.name, message, code } : { name: error.name, message }
}
