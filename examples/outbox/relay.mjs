// Moves messages from the outbox to belfry, and cleans up. Run as many as you like: one works, the others stand by.
//
//   NATS_URL=nats://127.0.0.1:4222 node relay.mjs
import { BelfryError, connectBelfry } from 'belfry/client'
import { defineWorker, runWorker } from 'belfry/worker'
import { openShipping, openShop } from './database.mjs'

const AT_ONCE = 50
const KEPT_HOURS = 24
/** A handled message is remembered for longer than any copy of it can be under way: belfry keeps its log for a week. */
const REMEMBERED_DAYS = 8

const nats = {
  servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
  prefix: process.env.BELFRY_PREFIX ?? 'belfry',
}
const shop = openShop()
const shipping = openShipping()
const belfry = await connectBelfry({ nats, author: 'outbox-relay' })

const worker = defineWorker({
  adapter: 'outbox-relay',
  nats,
  handlers: {
    async DrainOutbox({ signal }) {
      let sent = 0
      for (;;) {
        const rows = shop.all(
          'SELECT id, job, data, context FROM outbox WHERE sent_at IS NULL AND refused IS NULL ORDER BY id LIMIT ?',
          AT_ONCE,
        )
        if (rows.length === 0) return { sent }
        signal.throwIfAborted()
        await Promise.all(rows.map((row) => send(row, signal)))
        sent += rows.length
      }
    },

    CleanUpOutbox() {
      const hours = `-${process.env.KEPT_HOURS ?? KEPT_HOURS} hours`
      const rows = shop.run("DELETE FROM outbox WHERE sent_at <= strftime('%FT%TZ', 'now', ?)", hours)
      const days = `-${REMEMBERED_DAYS} days`
      shipping.run("DELETE FROM handled WHERE handled_at <= strftime('%FT%TZ', 'now', ?)", days)
      return { removed: rows.changes }
    },
  },
})

async function send({ id, job, data, context }, signal) {
  try {
    // The key makes it one run, however often it is sent: by a relay that dies before it has marked the row, too.
    const { run } = await belfry.trigger(`job/${job}`, {
      key: `outbox-${id}`,
      data: { ...JSON.parse(data), message: id, context: JSON.parse(context) },
      signal,
    })
    // For the test: dies at the worst moment.
    if (process.env.DIE_BEFORE_MARK === '1') process.kill(process.pid, 'SIGKILL')
    shop.run("UPDATE outbox SET sent_at = strftime('%FT%TZ', 'now'), run = ? WHERE id = ?", run, id)
  } catch (error) {
    // What can never be sent must not hold up the others. Somebody has to look at it.
    const isRefused = error instanceof BelfryError && ['data-refused', 'unknown-object'].includes(error.code)
    if (!isRefused) throw error
    shop.run('UPDATE outbox SET refused = ? WHERE id = ?', error.message, id)
    console.log(`message ${id} is refused: ${error.message}`)
  }
}

console.log('the relay is ready')
await runWorker(worker)
await belfry.close()
shop.close()
shipping.close()
