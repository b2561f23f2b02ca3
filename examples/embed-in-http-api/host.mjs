// A host that embeds the scheduler: an HTTP API of its own, and an instance of belfry in the same process.
//
//   NATS_URL=nats://127.0.0.1:4222 PORT=8080 node host.mjs
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createBelfry } from 'belfry'

const belfry = createBelfry({
  nats: {
    servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
    prefix: process.env.BELFRY_PREFIX ?? 'belfry',
  },
  tree: ['schedules'],
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  logSize: '512MiB',
  graceMs: 8_000,
})

const server = createServer((request, response) => {
  if (request.method !== 'GET' || request.url !== '/health') {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ status: 'ok', leads: belfry.leads }))
})

// The host first: it answers health checks while the scheduler warms up.
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1')
await once(server, 'listening')
console.log(`host listens on http://127.0.0.1:${server.address().port}`)

const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopping.abort())
const stopped = once(stopping.signal, 'abort')

try {
  await belfry.start(stopping.signal)
  if (!stopping.signal.aborted) await stopped
} finally {
  // The scheduler first: the lease is free at once, and the host still answers meanwhile.
  await belfry.stop()
  server.close()
  server.closeAllConnections()
}
console.log('stopped')
