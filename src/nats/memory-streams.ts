/**
 * Brings back what a server keeps in its memory only.
 *
 * Job: the stream of log lines is gone when the server starts again. Every running instance makes it anew, as soon as the
 * connection is back and at the latest half a minute later. Invariant: what is there is left as it is; that is the
 * business of a start. On failure: told once, and tried again at the next look; nothing that belfry decides depends on it.
 */
import { messageOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { ensureObject } from './layout.ts'
import { type LayoutOptions, layoutObjects } from './layout-objects.ts'
import { streamState } from './streams.ts'

const EVERY_MS = 30_000

/** Looks after them until `signal` aborts or the connection is closed for good. */
export async function keepMemoryStreams(
  connection: Connection,
  options: LayoutOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger, names } = connection
  const objects = layoutObjects(names, options).filter(({ fixed }) => fixed.storage === 'memory')
  let wake = new AbortController()
  connection.onChange((connected) => connected && wake.abort(), signal)
  signal.addEventListener('abort', () => wake.abort(), { once: true })
  connection.closed.addEventListener('abort', () => wake.abort(), { once: true, signal })
  let reported = ''
  while (!signal.aborted && !connection.closed.aborted) {
    wake = new AbortController()
    for (const object of objects) {
      try {
        if ((await streamState(connection, object.stream)) !== null) continue
        await ensureObject(connection, object)
        logger.info('what the server had in memory is made anew', { object: object.title })
        reported = ''
      } catch (error) {
        const text = messageOf(error)
        if (text !== reported && connection.connected)
          logger.warn('what the server had in memory cannot be made anew now', { error: text })
        reported = text
      }
    }
    if (!signal.aborted && !connection.closed.aborted) await clock.sleep(EVERY_MS, wake.signal)
  }
}
