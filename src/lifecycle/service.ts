import { BelfryError } from '../core/errors.ts'

/** Something with a life. `start` works once; `stop` may come twice or without a start, and returns when all is still. */
export interface Service {
  readonly name: string
  /** Resolves when the service works. A failure leaves nothing running. */
  start(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

export interface ServiceBody {
  readonly name: string
  /** `signal` aborts when the service shall stop; whatever it starts must end then. */
  run(signal: AbortSignal): Promise<void> | void
  /** Waits until all is still and lets go of what is held. Called once, and also when `run` threw. */
  end?(): Promise<void> | void
}

/** Makes a body keep the contract of `Service`. */
export function createService(body: ServiceBody): Service {
  const stopping = new AbortController()
  let starting: Promise<void> | null = null
  let stopped: Promise<void> | null = null

  const stop = async () => {
    stopping.abort()
    // A start under way must have seen the signal before its things are let go.
    await starting?.catch(() => undefined)
    await body.end?.()
  }

  return {
    name: body.name,
    async start(signal) {
      if (starting || stopped) {
        throw new BelfryError('internal', `${body.name} was started a second time or after its stop`)
      }
      const relay = () => stopping.abort(signal.reason)
      if (signal.aborted) relay()
      signal.addEventListener('abort', relay, { once: true })
      starting = (async () => body.run(stopping.signal))()
      try {
        await starting
      } catch (error) {
        stopped ??= stop()
        await stopped
        throw error
      } finally {
        signal.removeEventListener('abort', relay)
      }
    },
    stop() {
      if (!starting && !stopped) stopped = Promise.resolve()
      stopped ??= stop()
      return stopped
    },
  }
}

/** Several services as one: started in order, stopped in reverse; if one fails to start, those before it are stopped. */
export function createServiceGroup(name: string, services: readonly Service[]): Service {
  const started: Service[] = []
  return createService({
    name,
    async run(signal) {
      for (const service of services) {
        signal.throwIfAborted()
        await service.start(signal)
        started.push(service)
      }
    },
    async end() {
      const failures: unknown[] = []
      for (const service of started.reverse()) {
        // One that cannot stop must not keep the others running.
        await service.stop().catch((error: unknown) => failures.push(error))
      }
      if (failures.length > 0) throw failures[0]
    },
  })
}
