import type { DeathReason, RunError } from '../core/run/run-event.ts'

/** What is told of a run that ends, but the facts of its attempt. */
export type FinalEvent =
  | { readonly type: 'succeeded'; readonly result?: unknown; readonly duplicateOf?: string }
  | { readonly type: 'cancelled'; readonly by: string; readonly reason: string }
  | { readonly type: 'expired' }
  | {
      readonly type: 'dead'
      readonly reason: DeathReason
      readonly error: RunError
    }

export const RESULT_LIMIT = 8_192
export const TOO_LARGE = Symbol('too large')

/** What is told of a result: JSON that is small, or nothing. */
export function resultOf(value: unknown): unknown {
  if (value === undefined) return undefined
  try {
    const text = JSON.stringify(value)
    if (text === undefined) return undefined
    return text.length > RESULT_LIMIT ? TOO_LARGE : value
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
