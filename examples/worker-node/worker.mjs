// A worker for one adapter with the SDK.
//
//   NATS_URL=nats://127.0.0.1:4222 node worker.mjs [adapter]
import { defineWorker, PermanentError, RetryLater, runWorker } from 'belfry/worker'

const [adapter = 'zerodha'] = process.argv.slice(2)

const worker = defineWorker({
  adapter,
  nats: {
    servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
    prefix: process.env.BELFRY_PREFIX ?? 'belfry',
  },
  handlers: {
    // One function for each message type that jobs of this adapter have.
    async RunPortfolioImport(run) {
      const { portfolio } = run.data
      if (typeof portfolio !== 'string') throw new PermanentError('there is no portfolio in the data')
      run.log.info('importing', { portfolio })
      const positions = await positionsOf(portfolio, run)
      run.progress(1, 'all positions are stored')
      console.log(`${run.id} attempt ${run.attempt}: ${positions} positions of ${portfolio}`)
      return { positions }
    },
  },
})

console.error(`serving ${adapter}; Ctrl-C ends`)
await runWorker(worker)

/** Stands for the broker: it is not ready the first time that it is asked. */
async function positionsOf(portfolio, { attempt, signal }) {
  signal.throwIfAborted()
  if (attempt === 1) throw new RetryLater('1s', 'the broker is not ready')
  return portfolio.length
}
