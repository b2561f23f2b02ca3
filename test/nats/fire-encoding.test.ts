import { readFileSync } from 'node:fs'
import { headers, type Msg } from '@nats-io/nats-core'
import { describe, expect, it } from 'vitest'
import { fireIdOf } from '../../src/core/names.ts'
import type { LogEntry } from '../../src/core/trigger/log-entry.ts'
import { buildOneOff, buildOneOffMarker } from '../../src/core/trigger/one-off.ts'
import { decodeFire, decodeRecord, encodeEntry } from '../../src/nats/fire-encoding.ts'
import { decodeHeaderValue, encodeHeaderValue, headerReader } from '../../src/nats/headers.ts'
import { addressOf, createNames, parseFireSubject, patternOf } from '../../src/nats/names.ts'
import { NOON, someFire, someMarker } from '../support/entries.ts'

const names = createNames()

/** Read by hand in reviews: the bytes on the wire, with CRLF as line ends. These files never change (decision 0004). */
function golden(name: string): string {
  return readFileSync(new URL(`../golden/wire/${name}.txt`, import.meta.url), 'utf8')
}

function onTheWire(entry: LogEntry, expectedSequence: number, more?: string): string {
  const { subject, headers: block, payload } = encodeEntry(names, entry, expectedSequence, more)
  const bytes = Buffer.concat([block.encode(), payload])
  return `${subject}\n${bytes.toString('utf8').replaceAll('\r\n', '\n')}\n`
}

const FULL_FIRE = someFire('zerodha-portfolio', Date.UTC(2026, 0, 27, 16, 30), {
  key: { tenant: 'acme', schedule: 'zerodha-portfolio' },
  reason: 'misfire',
  count: 42,
  term: 7,
  revision: '9f2c1e4 "main"',
  generation: 3,
  ttlSeconds: 604_800,
  job: 'portfolio-import',
  lane: 'p3',
  message: 'Run Portfolio 100%',
  jobVersion: 3,
  payload: '{"name":"Zürich"}',
  calendars: ['nse:1a2b', 'nyse:3c4d'],
  asked: '2026-01-26T20:00[Asia/Kolkata]',
  missedCount: 4,
})

const RETRY = buildOneOff({
  tenant: 'acme',
  base: 'import',
  asking: {
    reason: 'retry',
    run: fireIdOf({ tenant: 'acme', schedule: 'import' }, NOON),
    attempt: 3,
    notOn: 'node 1',
  },
  nominal: NOON,
  term: 7,
  template: FULL_FIRE,
})
const CHAINED = buildOneOff({
  tenant: 'default',
  base: 'report',
  asking: { reason: 'chained', upstream: fireIdOf({ tenant: 'default', schedule: 'import' }, NOON) },
  nominal: NOON + 5_000,
  term: 1,
  template: someFire('report'),
})

const OF_MESSAGE = {
  tenant: 'default',
  base: 'report',
  asking: {
    reason: 'event',
    stream: 'ORDERS',
    created: '2026-01-05T08:00:00.123456789Z',
    sequence: 7,
  },
  nominal: NOON + 5_000,
  term: 1,
  template: someFire('report'),
} as const

describe('the wire format', () => {
  it.each([
    ['fire', someFire('import'), 0],
    ['fire-full', FULL_FIRE, 1_234_567],
    ['one-off-retry', RETRY, 0],
    ['one-off-chained', CHAINED, 0],
    ['one-off-event', buildOneOff(OF_MESSAGE), 0],
    ['one-off-refused', buildOneOffMarker(OF_MESSAGE, 'refused'), 0],
    [
      'fire-policy',
      someFire('import', NOON, {
        policy: {
          maxAttempts: 3,
          backoff: { initialMs: 10_000, factor: 2, maxMs: 600_000 },
          target: 'other-instance',
          timeoutMs: 1_800_000,
          startWithinMs: 7_200_000,
          key: 'Zürich main',
        },
      }),
      0,
    ],
    ['marker', someMarker('import', NOON + 1), 12],
    ['marker-settled', someMarker('import', NOON, { reason: 'misfire', settledCount: 17, count: 3 }), 13],
  ] as const)('has exactly the bytes that were frozen: %s', (name, entry, expected) => {
    expect(onTheWire(entry, expected)).toBe(golden(name))
  })

  it('is the same in a batch, after the headers that say so', () => {
    const more = 'Nats-Batch-Id: b1\r\nNats-Batch-Sequence: 3\r\nNats-Batch-Commit: 1\r\n'
    expect(onTheWire(someFire('import'), 0, more)).toBe(
      golden('fire').replace('NATS/1.0\n', `NATS/1.0\n${more.replaceAll('\r\n', '\n')}`),
    )
  })

  it('gives back what a cursor needs from what was written', () => {
    const { subject, headers: block } = encodeEntry(names, FULL_FIRE, 9)
    const lines = Buffer.from(block.encode()).toString('utf8').split('\r\n')
    const header = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    expect(decodeRecord({ subject, sequence: 10, storedAt: 5, header })).toEqual({
      sequence: 10,
      storedAt: 5,
      key: FULL_FIRE.key,
      kind: 'fire',
      nominal: FULL_FIRE.nominal,
      fireId: fireIdOf(FULL_FIRE.key, FULL_FIRE.nominal),
      reason: 'misfire',
      count: 42,
      target: { job: 'portfolio-import', adapter: 'zerodha', lane: 'p3' },
      retry: null,
    })
  })

  it('gives back which run a retry goes on with', () => {
    const { subject, headers: block } = encodeEntry(names, RETRY, 0)
    const lines = Buffer.from(block.encode()).toString('utf8').split('\r\n')
    const header = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    const record = decodeRecord({ subject, sequence: 10, storedAt: 5, header })
    expect(record?.fireId).toBe(`acme/${RETRY.key.schedule}`)
    expect(record?.retry).toEqual({ run: 'acme/import@2026-01-27T12:00:00Z', attempt: 3 })
  })

  it.each([
    ['a full one', FULL_FIRE],
    ['a plain one', someFire('import')],
    [
      'one with a policy',
      someFire('import', NOON, {
        policy: {
          maxAttempts: 3,
          backoff: { initialMs: 1_000, factor: 1.5, maxMs: 9_000 },
          target: 'other-instance',
          timeoutMs: 60_000,
          startWithinMs: 5_000,
          key: 'größe 1',
        },
      }),
    ],
    ['a retry', RETRY],
    ['a chained one', CHAINED],
  ])('gives a whole fire back, so that it can be sent again: %s', (_, fire) => {
    const { subject, headers: block, payload } = encodeEntry(names, fire, 9)
    const lines = Buffer.from(block.encode()).toString('utf8').split('\r\n')
    const header = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    const stored = { subject, sequence: 10, storedAt: 5, header }
    expect(decodeFire(stored, Buffer.from(payload).toString('utf8'))).toEqual(fire)
  })

  it('makes subject and pattern from one identity, so that the pattern always covers the subject', () => {
    const entries = [FULL_FIRE, someMarker('import'), someFire('import')]
    for (const entry of entries) {
      const { subject, pattern } = addressOf(names, entry)
      expect(subject.startsWith(pattern.slice(0, -1))).toBe(true)
      expect(pattern).toBe(patternOf(names, entry.key))
      expect(parseFireSubject(subject)).toMatchObject({ key: entry.key, kind: entry.kind })
    }
  })

  it('knows no other subjects as fires or markers', () => {
    const foreign = [
      'belfry.fire.a.b',
      'belfry.fire.a.b.c',
      'belfry.fire.a.b.c.d',
      'belfry.event.a.b.mark',
      'x',
    ]
    expect(foreign.map((subject) => parseFireSubject(subject))).toEqual(foreign.map(() => null))
  })

  it('refuses a prefix that cannot be a subject token and a stream name', () => {
    for (const prefix of ['', 'a.b', 'Belfry', 'a b', '*', '>', 'a_b']) {
      expect(() => createNames(prefix), prefix).toThrow('is not a name')
    }
  })
})

describe('header values', () => {
  it.each([
    ['2026-01-27T16:30:00Z', '2026-01-27T16:30:00Z'],
    ['tenant/schedule@x:y', 'tenant/schedule@x:y'],
    ['a b', 'a%20b'],
    ['"100%"', '%22100%25%22'],
    ['Zürich €', 'Z%C3%BCrich%20%E2%82%AC'],
    ['😀', '%F0%9F%98%80'],
    ['line\r\nInjected: yes', 'line%0D%0AInjected:%20yes'],
    ['', ''],
  ])('encode %j as CloudEvents say, and decode to the same', (text, encoded) => {
    expect(encodeHeaderValue(text)).toBe(encoded)
    expect(decodeHeaderValue(encoded)).toBe(text)
  })

  it("are read from the bytes of a message, and by the client's parser where it keeps them elsewhere", () => {
    const bytes = Buffer.from('NATS/1.0\r\nce-id: a/b@c\r\nBelfry-Count: 1\r\nbelfry-count: 7\r\n\r\npayload')
    const withBytes = { _rdata: bytes, _msg: { hdr: bytes.length - 'payload'.length } } as unknown as Msg
    const parsed = headers()
    parsed.set('ce-id', 'a/b@c')
    parsed.set('belfry-count', '7')
    const without = { headers: parsed } as unknown as Msg
    for (const message of [withBytes, without]) {
      const header = headerReader(message)
      expect([header('ce-id'), header('belfry-count'), header('count'), header('payload')]).toEqual([
        'a/b@c',
        '7',
        undefined,
        undefined,
      ])
    }
  })

  it('are left alone when somebody else wrote them unencoded', () => {
    expect(decodeHeaderValue('100%')).toBe('100%')
  })
})
