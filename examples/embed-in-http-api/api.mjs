// An API that only asks: it joins nothing and holds no lease, so that it may be scaled and killed freely.
//
//   NATS_URL=nats://127.0.0.1:4222 PORT=8081 node api.mjs
import { once } from 'node:events'
import { createServer } from 'node:http'
import { BelfryError, connectBelfry } from 'belfry/client'

const belfry = await connectBelfry({
  nats: {
    servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
    prefix: process.env.BELFRY_PREFIX ?? 'belfry',
  },
  author: 'billing-api',
})

const MOST_BYTES = 64 * 1024
const STATUS = {
  'unknown-object': 404,
  'data-refused': 422,
  'held-back': 409,
  'invalid-request': 400,
  usage: 400,
}

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  try {
    if (request.method === 'GET' && request.url === '/schedules') {
      answer(200, (await belfry.look()).schedules)
    } else if (request.method === 'POST' && request.url === '/invoice-runs') {
      // A caller that heard no answer sends the same key again, and is given the same run.
      const key = request.headers['idempotency-key']
      const data = await bodyOf(request)
      const stored = await belfry.trigger('job/invoice-run', { data, ...(key === undefined ? {} : { key }) })
      answer(stored.already ? 200 : 202, { run: stored.run, already: stored.already })
    } else answer(404, { error: 'there is nothing here' })
  } catch (error) {
    if (!(error instanceof BelfryError)) throw error
    answer(STATUS[error.code] ?? 503, { error: error.message, code: error.code })
  }
})

async function bodyOf(request) {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > MOST_BYTES) throw new BelfryError('usage', 'the body is too large')
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BelfryError('usage', 'the body is not JSON', { cause })
  }
}

server.listen(Number(process.env.PORT ?? 8081), '127.0.0.1')
await once(server, 'listening')
console.log(`api listens on http://127.0.0.1:${server.address().port}`)

const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopping.abort())
await once(stopping.signal, 'abort')
server.close()
server.closeAllConnections()
await belfry.close()
