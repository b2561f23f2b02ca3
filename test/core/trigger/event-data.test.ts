import { describe, expect, it } from 'vitest'
import type { EventTrigger, JobSpec } from '../../../src/core/kinds.ts'
import { eventWaitOf } from '../../../src/core/trigger/event-triggers.ts'

const JOB: JobSpec = { adapter: 'shop', message: 'Ship' }
const EVENT: EventTrigger['event'] = { stream: 'ORDERS', subject: 'orders.>' }
const message = (payload: string | Uint8Array, subject = 'orders.new') => ({
  stream: 'ORDERS',
  subject,
  sequence: 7,
  storedAt: Date.parse('2026-01-05T00:00:00Z'),
  payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
})
const carried = (payload: string | Uint8Array, { event = EVENT, job = JOB, data = {} } = {}) =>
  eventWaitOf({ event }, { job, adapter: undefined, data }).carried(message(payload))

/** The field of `event` in the data of the run that holds the message. */
function told(payload: string | Uint8Array): unknown {
  const found = carried(payload)
  if (found === null || !found.ok) return found
  const { stream: _, subject: __, sequence: ___, time: ____, ...rest } = JSON.parse(found.value.payload).event
  return rest
}

describe('the data of a run that a message asks for', () => {
  it.each([
    ['JSON', '{"id": 7}', { data: { id: 7 } }],
    ['JSON that is no mapping', '[1, "a"]', { data: [1, 'a'] }],
    ['text', 'a.b > \r\n', { text: 'a.b > \r\n' }],
    ['nothing', '', { text: '' }],
    ['no UTF-8', new Uint8Array([255, 0]), { base64: '/wA=' }],
    [
      'a number that would become another one',
      '{"id": 12345678901234567890}',
      { text: '{"id": 12345678901234567890}' },
    ],
    ['a number beyond all doubles', '[1e999]', { text: '[1e999]' }],
    ['such digits inside a text', '["12345678901234567890"]', { data: ['12345678901234567890'] }],
    ['an exact fraction', '[0.25, -1.5e3, 0.0]', { data: [0.25, -1500, 0] }],
  ])('holds %s as it is', (_, payload, expected) => {
    expect(told(payload)).toEqual(expected)
  })

  it.each([
    ['a reference to a secret', '[{"a": {"secretRef": "DB"}}]', 'secretRef'],
    ['a malformed reference to a secret', '{"secretRef": 1, "x": 2}', 'secretRef'],
    ['a key that sets a prototype', '{"__proto__": {"mode": 1}}', '__proto__'],
    ['more depth than a stack has', '['.repeat(100_000), 'deep'],
    ['more bytes than are taken', `"${'x'.repeat(300_000)}"`, 'bytes'],
  ])('is refused for %s', (_, payload, because) => {
    const found = carried(payload)
    expect(found).toMatchObject({ ok: false })
    expect(found?.ok === false && found.error).toContain(because)
  })

  it('cannot be set by the message but for `event`', () => {
    const found = carried('{"mode": "cheap", "event": 1}', { data: { mode: 'safe' } })
    expect(found?.ok && JSON.parse(found.value.payload)).toMatchObject({
      mode: 'safe',
      event: { data: { mode: 'cheap', event: 1 } },
    })
  })

  it('is refused if it does not fit the schema of the job', () => {
    const dataSchema = { properties: { event: { properties: { data: { type: 'object' } } } } }
    expect(carried('{}', { job: { ...JOB, dataSchema } })).toMatchObject({ ok: true })
    expect(carried('[]', { job: { ...JOB, dataSchema } })).toMatchObject({ ok: false })
  })
})

describe('a filter', () => {
  const event = { ...EVENT, filter: { type: 'object', required: ['id'] } }

  it.each([
    ['{"id": 1}', true],
    ['{}', false],
    ['7', false],
    ['no JSON', false],
    ['{"id": 12345678901234567890}', true],
  ])('of %s lets it through: %s', (payload, passes) => {
    expect(carried(payload, { event }) !== null).toBe(passes)
  })
})
