// Prints what both databases hold, as JSON.
import { openShipping, openShop } from './database.mjs'

const shop = openShop()
const shipping = openShipping()
const rows = (database, table) => database.all(`SELECT * FROM ${table} ORDER BY rowid`)
console.log(
  JSON.stringify({
    outbox: rows(shop, 'outbox'),
    handled: rows(shipping, 'handled'),
    shipments: rows(shipping, 'shipments'),
    deliveries: rows(shipping, 'deliveries'),
  }),
)
shop.close()
shipping.close()
