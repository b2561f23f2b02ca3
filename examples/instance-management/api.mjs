// Accepts requests at once, whether or not belfry can be reached, and asks for a run right away.
//
//   NATS_URL=nats://127.0.0.1:4222 PORT=8080 node api.mjs
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connectBelfry } from 'belfry/client'
import { openInstances } from './instances.mjs'

const instances = openInstances()
const belfry = await connectBelfry({
  nats: {
    servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
    prefix: process.env.BELFRY_PREFIX ?? 'belfry',
  },
  author: 'instances-api',
})

/** Nobody waits for it: what does not come through, the sweep finds. */
function askForRun({ id, generation }) {
  belfry
    .trigger('job/instance-work', { key: `${id}/${generation}`, data: { instance: id } })
    .catch((error) => console.log(`${id} waits for the sweep: ${error.message}`))
}

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  const accept = (instance, refusal) => {
    if (instance === null) return answer(409, { error: refusal })
    answer(202, instance)
    askForRun(instance)
  }
  const id = /^\/instances\/([a-z0-9-]{1,60})$/.exec(request.url)?.[1]
  if (request.method === 'GET' && request.url === '/instances') answer(200, instances.list())
  else if (id === undefined) answer(404, { error: 'there is nothing here' })
  else if (request.method === 'PUT') {
    const plan = new URLSearchParams(await textOf(request)).get('plan') ?? 'small'
    accept(instances.requestCreate(id, plan), 'it is there, or on its way')
  } else if (request.method === 'DELETE')
    accept(instances.requestDelete(id), 'it is not there, or on its way out')
  else if (request.method === 'GET') {
    const found = instances.find(id)
    answer(found === null ? 404 : 200, found ?? { error: 'there is no such instance' })
  } else answer(405, { error: 'GET, PUT or DELETE' })
})

async function textOf(request) {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text = (text + chunk).slice(0, 1_000)
  return text
}

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1')
await once(server, 'listening')
console.log(`api listens on http://127.0.0.1:${server.address().port}`)

const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stopping.abort())
await once(stopping.signal, 'abort')
server.close()
server.closeAllConnections()
await belfry.close()
instances.close()
