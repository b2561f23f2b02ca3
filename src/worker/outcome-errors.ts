/** Thrown by a handler whose work can never succeed: no more attempts, straight to the dead letters. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError'
}

/** Thrown by a handler that knows when it is worth trying again: `new RetryLater('5m')`. It counts as an attempt. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  /** A duration such as `30s` or `5m`, or milliseconds. */
  readonly delay: string | number

  constructor(delay: string | number, message = 'the handler asks to be tried again later') {
    super(message)
    this.delay = delay
  }
}

/** Why `run.signal` aborted. */
export type AbortReason = 'timeout' | 'cancelled' | 'stopping' | 'lock-lost' | 'superseded'

export class RunAborted extends Error {
  override readonly name = 'RunAborted'
  readonly reason: AbortReason

  constructor(reason: AbortReason, message: string) {
    super(message)
    this.reason = reason
  }
}
