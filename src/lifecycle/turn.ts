/** Resolves after the event loop has gone round once, when every promise that could settle by itself has settled. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Resolves when every promise that could settle by itself has settled, without going round the event loop: a tick that
 * is asked for inside a promise runs when no other one is left. Nothing from outside the process is waited for.
 */
export function allSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
