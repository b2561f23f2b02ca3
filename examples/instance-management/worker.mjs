// Makes and removes instances; sweeps. Several run side by side.
//
//   NATS_URL=nats://127.0.0.1:4222 node worker.mjs NAME
import { setTimeout } from 'node:timers/promises'
import { connectBelfry } from 'belfry/client'
import { defineWorker, PermanentError, runWorker } from 'belfry/worker'
import { openInstances } from './instances.mjs'

const [name = 'worker-1'] = process.argv.slice(2)
const nats = {
  servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
  prefix: process.env.BELFRY_PREFIX ?? 'belfry',
}
const instances = openInstances()
const belfry = await connectBelfry({ nats, author: name })
const worker = defineWorker({
  adapter: 'instances',
  instance: name,
  nats,
  handlers: { WorkOnInstance: workOnInstance, SweepInstances: sweepInstances },
})

async function workOnInstance(run) {
  const { id: runId, fence, attempt } = run
  const claimed = instances.claim(run.data.instance, { run: runId, fence })
  // Done by the run before, or asked for twice.
  if (claimed === null) return { did: 'nothing' }
  const { wanted } = claimed
  const [done, failed] = wanted === 'create' ? ['Completed', 'Error'] : ['Deleted', 'DeleteFailed']
  const settle = (status, error) => {
    const holds = instances.settle(claimed, { status, fence, error })
    console.log(`${name}: ${claimed.id} ${status}${holds ? '' : ', but another request has come'}`)
  }
  instances.note(claimed, { worker: name, attempt, what: 'begin' })
  try {
    await (wanted === 'create' ? create(claimed, run) : remove(claimed, run))
    settle(done)
  } catch (error) {
    const isLast = error instanceof PermanentError || attempt === run.maxAttempts
    // A worker that stops hands the run back: another one goes on.
    const isHandedBack = run.signal.reason?.reason === 'stopping'
    if (isLast && !isHandedBack) settle(failed, error.message)
    throw error
  } finally {
    instances.note(claimed, { worker: name, attempt, what: 'end' })
  }
  return { did: wanted }
}

async function sweepInstances(run) {
  instances.reopen()
  const pending = instances.pending()
  for (const { id, generation } of pending) {
    run.signal.throwIfAborted()
    // A key of this sweep's: the run that the API asked for may be dead. If it is not, one of the two finds nothing to do.
    await belfry.trigger('job/instance-work', {
      key: `${id}/${generation}/${run.id}`,
      data: { instance: id },
      signal: run.signal,
    })
  }
  return { picked: pending.map(({ id }) => id) }
}

/** Stands for the cloud. */
async function create({ id, plan }, { attempt, signal }) {
  if (plan === 'impossible') throw new PermanentError('there is no such plan')
  await setTimeout(400, undefined, { signal })
  if (plan === 'flaky' && attempt === 1) throw new Error('the cloud is busy')
  // For the test: dies in the middle.
  if (process.env.DIE_AT === id && attempt === 1) process.kill(process.pid, 'SIGKILL')
}

async function remove({ plan }, { signal }) {
  await setTimeout(400, undefined, { signal })
  if (plan === 'stuck') throw new Error('a volume is still attached')
}

console.log(`${name} is ready`)
await runWorker(worker)
await belfry.close()
instances.close()
