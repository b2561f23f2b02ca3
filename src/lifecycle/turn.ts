/** Resolves after the event loop has gone round once, when every promise that could settle by itself has settled. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
