// The producer: an order and the message about it, in one transaction. It needs neither NATS nor belfry to be up.
//
//   node place-order.mjs ORDER [CUSTOMER] [PARCELS] [TRACE]
import { randomUUID } from 'node:crypto'
import { openShop } from './database.mjs'

const [order, customer = 'acme', parcels = '1', trace = randomUUID()] = process.argv.slice(2)
if (order === undefined) {
  console.error('usage: node place-order.mjs ORDER [CUSTOMER] [PARCELS] [TRACE]')
  process.exit(2)
}

const shop = openShop()
shop.transaction(() => {
  const now = new Date().toISOString()
  // A caller that asks again is the same order, and yet a second message: shipping must see that it is no second order.
  shop.run('INSERT OR IGNORE INTO orders (id, customer, placed_at) VALUES (?, ?, ?)', order, customer, now)
  shop.run(
    'INSERT INTO outbox (job, data, context) VALUES (?, ?, ?)',
    'ship-order',
    JSON.stringify({ order, customer, parcels: Number(parcels) }),
    JSON.stringify({ trace, placedAt: now }),
  )
})
shop.close()
