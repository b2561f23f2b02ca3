import type { Circuit } from '../run/circuit.ts'

/** The circuit of an adapter as it last opened or closed, for the next leader and for people. */
export type CircuitRecord = Circuit

const PREFIX = 'circuit.'

export function circuitKey(tenant: string, adapter: string): string {
  return `${PREFIX}${tenant}.${adapter}`
}

/** null: the key is not one of a circuit. */
export function adapterOfCircuitKey(
  key: string,
): { readonly tenant: string; readonly adapter: string } | null {
  if (!key.startsWith(PREFIX)) return null
  const [tenant = '', adapter = ''] = key.slice(PREFIX.length).split('.')
  return { tenant, adapter }
}
