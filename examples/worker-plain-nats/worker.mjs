// A complete belfry worker without a line of belfry: any NATS client in any language can do this.
//
//   NATS_URL=nats://127.0.0.1:4222 node worker.mjs [adapter] [tenant]
//
// belfry keeps one durable consumer for each Adapter in the tree, named `<tenant>_<adapter>`. A worker binds it, pulls,
// works, and acknowledges. That is all.
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

const [adapter = 'housekeeping', tenant = 'default'] = process.argv.slice(2)
const prefix = process.env.BELFRY_PREFIX ?? 'belfry'
const servers = process.env.NATS_URL ?? 'nats://127.0.0.1:4222'

const connection = await connect({ servers, name: `plain worker for ${tenant}/${adapter}` })
const consumer = await findConsumer()
const messages = await consumer.consume()
console.error(`waiting for fires of ${tenant}/${adapter} at ${servers}; Ctrl-C ends`)

// Finish what was taken, acknowledge it, and go: what was not taken stays for the next worker.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => messages.close())

for await (const message of messages) {
  const event = cloudEventFrom(message)
  console.log(JSON.stringify(event))
  // Here the work is done. `event.id` is the same if the same fire is ever delivered twice: be idempotent on it.
  // Without an acknowledgement within the adapter's ackWait the fire is delivered again, to any worker of the adapter;
  // `message.working()` asks for more time, `message.nak()` gives it back.
  message.ack()
}
await connection.drain()

async function findConsumer() {
  const stream = `${prefix.toUpperCase()}_FIRES`
  try {
    return await jetstream(connection).consumers.get(stream, `${tenant}_${adapter}`)
  } catch (error) {
    console.error(`there is no consumer ${tenant}_${adapter} on ${stream} at ${servers}: ${error.message}`)
    console.error('Is the Adapter in the tree, and has `belfry serve` or `belfry dev` applied it?')
    await connection.close()
    process.exit(1)
  }
}

/**
 * A fire is a CloudEvent in binary mode: attributes are headers that begin with `ce-`, their values percent-encoded;
 * the payload is the data, as JSON. belfry's own facts stand beside them in headers that begin with `belfry-`.
 */
function cloudEventFrom(message) {
  const event = {}
  for (const name of message.headers.keys()) {
    const value = decodeURIComponent(message.headers.get(name))
    if (name.startsWith('ce-')) event[name.slice(3)] = value
    if (name.startsWith('belfry-')) event[name] = value
  }
  return { ...event, data: message.json() }
}
