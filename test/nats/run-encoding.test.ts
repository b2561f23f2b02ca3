import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FireId } from '../../src/core/names.ts'
import { fireIdOf } from '../../src/core/names.ts'
import { attemptOf, isFinal, type RunEvent } from '../../src/core/run/run-event.ts'
import { createNames } from '../../src/nats/names.ts'
import { decodeRunEvent, encodeRunEvent } from '../../src/nats/run-encoding.ts'
import {
  cancelSubject,
  deadSubject,
  lockKey,
  logSubject,
  runSubject,
  workerKey,
} from '../../src/nats/run-subjects.ts'

const run = fireIdOf({ tenant: 'acme', schedule: 'portfolio' }, Date.UTC(2026, 0, 27, 16, 30))
const place = { tenant: 'acme', job: 'portfolio-import', adapter: 'zerodha', run }
const names = createNames()

const facts = {
  run,
  attempt: 2,
  at: '2026-01-27T16:31:00.000Z',
  instance: 'vm-7-41',
  sequence: 1234,
  delivery: 3,
}
const startedAt = '2026-01-27T16:30:05.250Z'
const error = { name: 'BrokerError', message: 'no connection', code: 'ECONNREFUSED' }

const EVENTS: readonly RunEvent[] = [
  { type: 'started', ...facts },
  { type: 'succeeded', ...facts, startedAt, result: { imported: 812 } },
  { type: 'succeeded', ...facts, startedAt: null, duplicateOf: 'acme/portfolio~m01' as FireId },
  { type: 'failed', ...facts, startedAt, error, retryAt: '2026-01-27T16:31:20.000Z', retryBy: 'server' },
  {
    type: 'failed',
    ...facts,
    startedAt,
    error,
    retryAt: '2026-01-27T17:00:00.000Z',
    retryBy: 'leader',
    notOn: 'vm-7-41',
  },
  { type: 'handed-back', ...facts, reason: 'stopping' },
  { type: 'cancelled', ...facts, startedAt, by: 'anna', reason: 'wrong portfolio' },
  { type: 'expired', ...facts, startedAt: null },
  { type: 'dead', ...facts, startedAt, reason: 'attempts', error },
]

/** Frozen: these lines are only ever added to (docs/spec/wire.md, "Runs"). */
describe('the events of a run', () => {
  it('have exactly the bytes that were frozen', () => {
    const text = EVENTS.map((event) => `${encodeRunEvent(event)}\n`).join('')
    const file = new URL('../golden/wire/run-events.txt', import.meta.url)
    expect(text).toBe(readFileSync(file, 'utf8'))
  })

  it('are read back as they were written', () => {
    expect(EVENTS.map((event) => decodeRunEvent(encodeRunEvent(event)))).toEqual(EVENTS)
  })

  it('that this version does not know are left alone', () => {
    const foreign = [
      '',
      '{',
      'null',
      '7',
      '{"type":"started"}',
      JSON.stringify({ ...EVENTS[0], type: 'other' }),
    ]
    expect(foreign.map(decodeRunEvent)).toEqual(foreign.map(() => null))
  })

  it('end a run only where nothing follows', () => {
    expect(EVENTS.filter(isFinal).map(({ type }) => type)).toEqual([
      'succeeded',
      'succeeded',
      'cancelled',
      'expired',
      'dead',
    ])
  })
})

describe('subjects and keys of a run', () => {
  it('are what the wire format says, with ids as tokens', () => {
    expect({
      run: runSubject(names, place),
      oneOff: runSubject(names, { ...place, run: 'acme/portfolio~m01J' as FireId }),
      log: logSubject(names, place),
      cancel: cancelSubject(names, place),
      dead: deadSubject(names, { tenant: 'acme', adapter: 'zerodha', sequence: 1234 }),
      worker: workerKey('acme', 'zerodha', 'vm-7-41'),
      lock: lockKey('acme', 'zerodha', 'main'),
    }).toMatchInlineSnapshot(`
      {
        "cancel": "belfry.cancel.acme.zerodha.s5zfka4mlr3vcddvzixi6whov7",
        "dead": "belfry.dead.acme.zerodha.1234",
        "lock": "acme.zerodha.lock.bvxea6pdm4b6xu34abzc6wer2k",
        "log": "belfry.log.acme.zerodha.s5zfka4mlr3vcddvzixi6whov7",
        "oneOff": "belfry.run.acme.portfolio.portfolio-import.zerodha.m5oubs2eunot5vza6kqhbnztko",
        "run": "belfry.run.acme.portfolio.portfolio-import.zerodha.s5zfka4mlr3vcddvzixi6whov7",
        "worker": "acme.zerodha.vm-7-41",
      }
    `)
  })
})

describe('the attempt that a delivery is', () => {
  const delivered = (sequence: number, delivery: number, first = 1) => ({ sequence, delivery, first })
  const last = (changes: Partial<RunEvent>): RunEvent =>
    ({ ...EVENTS[0], attempt: 1, sequence: 10, delivery: 1, ...changes }) as RunEvent

  it.each([
    ['the first delivery is the first attempt', null, delivered(10, 1), 1],
    ['after one that began it is the next', last({}), delivered(10, 2), 2],
    [
      'after one that was handed back unstarted it is still the first',
      last({ type: 'handed-back', attempt: 0 }),
      delivered(10, 2),
      1,
    ],
    ['a delivery of which nobody told was an attempt', null, delivered(10, 2), 2],
    ['so is each one since the last event', last({}), delivered(10, 4), 4],
    ['a retry by another message goes on counting', last({ attempt: 3 }), delivered(99, 1, 4), 4],
    ['and without its history begins where its message says', null, delivered(99, 1, 4), 4],
  ] as const)('%s', (_, event, delivery, attempt) => {
    expect(attemptOf(event, delivery)).toBe(attempt)
  })
})
