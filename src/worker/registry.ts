import { BelfryError } from '../core/errors.ts'
import type { Handler, Handlers } from './run.ts'

export type Registry = ReadonlyMap<string, Handler>

/** Joins the handlers of several modules. Throws `usage` for a message type that has two, or one that is no function. */
export function createRegistry(handlers: Handlers | readonly Handlers[]): Registry {
  const registry = new Map<string, Handler>()
  const problems: string[] = []
  const parts: readonly Handlers[] = Array.isArray(handlers) ? handlers : [handlers as Handlers]
  for (const part of parts) {
    for (const [type, handler] of Object.entries(part)) {
      if (registry.has(type)) problems.push(`the message type ${type} has two handlers`)
      if (typeof handler !== 'function') problems.push(`the handler of ${type} is not a function`)
      registry.set(type, handler)
    }
  }
  if (registry.size === 0) problems.push('there is no handler')
  if (problems.length > 0) throw new BelfryError('usage', `this worker cannot start: ${problems.join('; ')}`)
  return registry
}

/** The handler of a message type, or the one named `*`, which takes all that have none. */
export function handlerOf(registry: Registry, type: string): Handler | undefined {
  return registry.get(type) ?? registry.get('*')
}
