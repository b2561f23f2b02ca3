import { createServer } from 'node:net'
import { Random } from './random.ts'

/**
 * Below the range from which systems take the ports of outgoing connections: what stops listening there finds its port
 * free when it starts again, and no client that tries to reconnect meanwhile connects to itself.
 */
const FIRST = 12_000
const LAST = 32_000

const random = new Random(process.pid)

/** Ports of the loopback interface that nothing listens on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = random.between(FIRST, LAST)
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
