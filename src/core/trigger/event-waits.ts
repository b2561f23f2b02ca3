import type { Result } from '../result.ts'
import type { ReceivedMessage } from './event-data.ts'
import type { FireTemplate } from './one-off.ts'

export interface EventWait {
  readonly stream: string
  readonly subject: string
  /** What the message asks for; null: it is none that the filter lets through. An error: why it cannot be a run's data. */
  carried(message: ReceivedMessage): Result<Pick<FireTemplate, 'payload' | 'policy' | 'lane'>, string> | null
}

export interface EventWaits {
  /** Nothing at or before it is fired, as the manifest says; epoch milliseconds, null: it says nothing. */
  readonly since: number | null
  readonly waits: readonly EventWait[]
}
