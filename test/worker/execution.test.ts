import { describe, expect, it } from 'vitest'
import type { FireId } from '../../src/core/names.ts'
import type { RunEvent } from '../../src/core/run/run-event.ts'
import type { Connection } from '../../src/nats/connection.ts'
import type { DeliveredFire } from '../../src/nats/delivered-fire.ts'
import type { Delivery } from '../../src/nats/deliveries.ts'
import type { AppendResult } from '../../src/nats/run-history.ts'
import { Execution } from '../../src/worker/execution.ts'
import { createRegistry } from '../../src/worker/registry.ts'
import type { Handler } from '../../src/worker/run.ts'
import type { WorkerContext } from '../../src/worker/worker-context.ts'
import { silentLogger } from '../support/nats-server.ts'

// One run against a history that answers when the test says so.

const FIRE: DeliveredFire = {
  run: 'default/a@2026-01-27T16:30:00Z' as FireId,
  message: 'Work',
  lane: '0',
  job: 'job',
  reason: 'scheduled',
  nominal: 0,
  jobVersion: 1,
  firstAttempt: 1,
  notOn: null,
  policy: { timeoutMs: 60_000 },
  header: () => undefined,
}

function begin(handler: Handler) {
  const told: RunEvent[] = []
  const answers: ((result: AppendResult) => void)[] = []
  const answered: string[] = []
  const delivery: Delivery = {
    message: { string: () => '{}' } as Delivery['message'],
    sequence: 7,
    count: 1,
    storedAt: 0,
    ack: () => answered.push('ack'),
    nak: () => answered.push('nak'),
    term: () => answered.push('term'),
    working: () => answered.push('working'),
  }
  const context = {
    connection: {
      names: { prefix: 'belfry' },
      logger: silentLogger,
      clock: { now: () => 0, monotonic: () => 0, sleep: () => new Promise<boolean>(() => undefined) },
    } as unknown as Connection,
    tenant: 'default',
    adapter: 'zerodha',
    instance: 'a',
    registry: createRegistry({ Work: handler }),
    history: {
      append(_: string, event: RunEvent) {
        told.push(event)
        return new Promise<AppendResult>((resolve) => answers.push(resolve))
      },
      newest: () => Promise.resolve(null),
    },
    idempotencyKey: null,
    lastingMs: 40,
    giveUp: new AbortController().signal,
    settings: () => ({ ackWaitMs: 300_000, concurrency: 1, leaderRetries: false }),
    cancelled: () => null,
    count: () => undefined,
  } as unknown as WorkerContext
  const execution = new Execution(context, FIRE, delivery)
  const settled = execution.execute()
  return { execution, settled, told, answers, answered }
}

describe('a run', () => {
  it('that has ended is not told to have started, nor runs into its timeout, while its end is being stored', async () => {
    const { execution, settled, told, answers, answered } = begin(() => 'done')
    await expect.poll(() => told.length).toBe(1)
    execution.tick(1_000_000)
    expect(told.map(({ type }) => type)).toEqual(['succeeded'])
    answers[0]!({ kind: 'stored', sequence: 1 })
    await settled
    expect(answered.filter((each) => each !== 'working')).toEqual(['ack'])
  })

  it('that lasts is told to have started, and its end waits until that is stored', async () => {
    let end: (value: string) => void = () => undefined
    const work = new Promise<string>((resolve) => {
      end = resolve
    })
    let called: () => void = () => undefined
    const calling = new Promise<void>((resolve) => {
      called = resolve
    })
    const { execution, settled, told, answers, answered } = begin(() => {
      called()
      return work
    })
    await calling
    execution.tick(50)
    end('done')
    await work
    expect(told.map(({ type }) => type)).toEqual(['started'])
    answers[0]!({ kind: 'stored', sequence: 1 })
    await expect.poll(() => told.map(({ type }) => type)).toEqual(['started', 'succeeded'])
    answers[1]!({ kind: 'stored', sequence: 2 })
    await settled
    expect(answered).toEqual(['ack'])
  })

  it('whose chain has gone on without it answers nothing', async () => {
    const { settled, told, answers, answered } = begin(() => 'done')
    await expect.poll(() => told.length).toBe(1)
    answers[0]!({ kind: 'superseded' })
    await settled
    expect(answered).toEqual([])
  })
})
