// Ships orders. Several run side by side; what fails on one goes to another one that is healthy.
//
//   NATS_URL=nats://127.0.0.1:4222 node consumer.mjs NAME
//
// CARRIER_DOWN=1: this machine cannot reach the carrier.
import { setTimeout } from 'node:timers/promises'
import { defineWorker, PermanentError, runWorker } from 'belfry/worker'
import { openShipping } from './database.mjs'

const [instance = 'consumer-1'] = process.argv.slice(2)
const shipping = openShipping()

const worker = defineWorker({
  adapter: 'shipping',
  instance,
  nats: {
    servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
    prefix: process.env.BELFRY_PREFIX ?? 'belfry',
  },
  // The order, not the message: an order that was placed twice by mistake has two messages.
  idempotencyKey: (run) => `order/${run.data.order}`,
  handlers: { ShipOrder: shipOrder },
})

async function shipOrder(run) {
  const { message, order, parcels, context } = run.data
  const facts = [message, run.id, run.attempt, instance, context.trace]
  const tell = (outcome) => {
    shipping.run(
      'INSERT INTO deliveries (message, run, attempt, instance, trace, outcome) VALUES (?, ?, ?, ?, ?, ?)',
      ...facts,
      outcome,
    )
    console.log(`${instance}: ${order} attempt ${run.attempt} trace ${context.trace}: ${outcome}`)
  }
  try {
    if (process.env.CARRIER_DOWN === '1') throw new Error('the carrier cannot be reached')
    if (parcels === 0) throw new PermanentError('there is nothing to ship')
    // Longer than ackWait is fine: belfry hears that it goes on.
    await setTimeout(parcels * 500, undefined, { signal: run.signal })
    const isFirst = shipping.transaction(() => ship(facts, { order, parcels }))
    // For the test: dies when the work is done and nobody knows.
    if (isFirst && process.env.DIE_AFTER === order) process.kill(process.pid, 'SIGKILL')
    tell(isFirst ? 'shipped' : 'had been shipped')
    return { order, instance }
  } catch (error) {
    tell(`failed: ${error.message}`)
    throw error
  }
}

/** The effect and the note that it has happened, in one transaction. False: it had happened before. */
function ship(facts, { order, parcels }) {
  const [message] = facts
  const noted = shipping.run(
    `INSERT OR IGNORE INTO handled (message, run, attempt, instance, trace, handled_at)
     VALUES (?, ?, ?, ?, ?, strftime('%FT%TZ', 'now'))`,
    ...facts,
  )
  if (noted.changes === 0) return false
  shipping.run('INSERT INTO shipments (order_id, message, parcels) VALUES (?, ?, ?)', order, message, parcels)
  return true
}

console.log(`${instance} is ready`)
await runWorker(worker)
shipping.close()
