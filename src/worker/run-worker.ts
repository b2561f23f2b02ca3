import type { Worker } from './worker.ts'

/**
 * Starts the worker and stops it when the process is asked to end (SIGTERM, SIGINT). Resolves when it has stopped; nothing
 * then keeps the process, which ends with exit code 0.
 */
export async function runWorker(worker: Worker): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve())
  })
  const started = worker.start()
  await Promise.race([started, asked])
  await asked
  await worker.stop()
}
