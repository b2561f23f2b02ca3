/**
 * The near side of the loader thread: one thread, started at the first load, kept for what it remembers.
 * Invariants: one load at a time; a load that takes too long or whose thread dies ends the thread, and the next load
 * starts another. Hostile input can make a loader spin; it cannot make the scheduler wait for it.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { BelfryError, type Problem, problem } from '../core/errors.ts'
import type { Tree, TreeDocument } from '../core/manifest/tree.ts'
import { err, ok, type Result } from '../core/result.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { describeMs } from '../lifecycle/timeout.ts'
import { applyTreeChange, type LoadReply, type LoadRequest, loadingService } from './loader-thread.ts'

export interface ThreadedLoadOptions {
  readonly cwd: string
  readonly at: number
  readonly signal: AbortSignal
}

/** Far above what a hundred thousand manifests take; what is not done by then never will be. */
const LOAD_TIMEOUT_MS = 120_000

/** Much short-lived garbage per file: a small young generation would be collected thousands of times. */
const YOUNG_GENERATION_MB = 64

type Service = (request: LoadRequest, signal: AbortSignal) => Promise<LoadReply>

/** Loads trees in a thread of its own when running built; from sources, as in tests, in this thread. */
export class ThreadedLoader {
  readonly #timeoutMs: number
  #worker: Worker | undefined
  #service: Service | undefined
  #sent: readonly TreeDocument[] = []
  #requests = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: { readonly timeoutMs?: number } = {}) {
    this.#timeoutMs = options.timeoutMs ?? LOAD_TIMEOUT_MS
  }

  /** Waits for the load before it, if there is one. Rejects with the signal's reason if that aborts. */
  load(roots: readonly string[], options: ThreadedLoadOptions): Promise<Result<Tree, readonly Problem[]>> {
    const loaded = this.#last.then(() => this.#loadNow(roots, options))
    this.#last = loaded.catch(() => undefined)
    return loaded
  }

  /** Ends the thread. A later load starts another. */
  async close(): Promise<void> {
    const worker = this.#worker
    this.#forget()
    await worker?.terminate()
  }

  async #loadNow(roots: readonly string[], { cwd, at, signal }: ThreadedLoadOptions) {
    signal.throwIfAborted()
    this.#service ??= import.meta.url.endsWith('.ts') ? loadingService() : this.#start()
    this.#requests += 1
    const done = new AbortController()
    const late = systemClock
      .sleep(this.#timeoutMs, done.signal)
      .then((passed): 'late' | 'ended' => (passed ? 'late' : 'ended'))
    let reply: LoadReply | 'late' | 'ended'
    try {
      const request = { id: this.#requests, roots, cwd, at }
      reply = await Promise.race([this.#service(request, signal), late])
    } catch (thrown) {
      await this.close()
      throw thrown
    } finally {
      done.abort()
    }
    if (typeof reply === 'string') {
      await this.close()
      const message = `Loading ${roots.join(', ')} took longer than ${describeMs(this.#timeoutMs)}`
      const cure = 'Look for a `dataSchema` with a pattern or references that take exponential time.'
      return err([problem('load-timeout', message, { cure })])
    }
    const { fault, result } = reply
    if (result === undefined) {
      throw new BelfryError('internal', `loading failed: ${fault?.message}`, {
        details: { stack: fault?.stack },
      })
    }
    if (!result.ok) return result
    const tree = applyTreeChange(this.#sent, result.value)
    this.#sent = tree.documents
    return ok(tree)
  }

  #start(): Service {
    const worker = new Worker(fileURLToPath(new URL('./loader-thread.js', import.meta.url)), {
      argv: ['--belfry-loader'],
      name: 'belfry-loader',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    })
    worker.unref()
    this.#worker = worker
    const gone = () => {
      if (this.#worker === worker) this.#forget()
    }
    // Also while nobody waits: an error without a listener would end the process.
    worker.on('error', gone)
    worker.on('exit', gone)
    return (request, signal) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          worker.off('message', onMessage)
          worker.off('error', onError)
          worker.off('exit', onExit)
          signal.removeEventListener('abort', onAbort)
          worker.unref()
          act()
        }
        const onMessage = (reply: LoadReply) => {
          if (reply.id === request.id) settle(() => resolve(reply))
        }
        const onError = (cause: unknown) =>
          settle(() =>
            reject(new BelfryError('internal', 'the loader thread failed', { retryable: true, cause })),
          )
        const onExit = (code: number) =>
          settle(() =>
            reject(
              new BelfryError('internal', `the loader thread ended with code ${code}`, { retryable: true }),
            ),
          )
        const onAbort = () => settle(() => reject(signal.reason))
        worker.on('message', onMessage)
        worker.on('error', onError)
        worker.on('exit', onExit)
        signal.addEventListener('abort', onAbort, { once: true })
        // A load that somebody waits for keeps the process alive; an idle thread does not.
        worker.ref()
        worker.postMessage(request)
      })
  }

  #forget(): void {
    this.#worker = undefined
    this.#service = undefined
    this.#sent = []
  }
}
