import { describe, expect, it } from 'vitest'
import { checkEvents } from '../../../src/core/manifest/check-events.ts'

const check = (event: object) =>
  checkEvents({ job: 'ship', triggers: [{ event: { stream: 'ORDERS', subject: 'orders.new', ...event } }] })

describe('an event trigger', () => {
  it.each([
    {},
    { subject: '>' },
    { subject: 'orders.*.paid.>' },
    { stream: 'KV_config', subject: '$KV.config.>' },
    { filter: { required: ['id'] } },
  ])('may be %j', (event) => {
    expect(check(event)).toEqual([])
  })

  it.each([
    [{ stream: 'BELFRY_RUNS' }, 'stream'],
    [{ stream: 'BELFRY_FIRES' }, 'stream'],
    [{ stream: 'KV_belfry-live' }, 'stream'],
    [{ stream: 'a.b' }, 'stream'],
    [{ stream: 'A B' }, 'stream'],
    [{ stream: 'A>' }, 'stream'],
    [{ subject: 'orders..new' }, 'subject'],
    [{ subject: '.orders' }, 'subject'],
    [{ subject: 'orders. new' }, 'subject'],
    [{ subject: 'orders.>.new' }, 'subject'],
    [{ subject: 'orders.a*' }, 'subject'],
    [{ subject: '$JS.API.>' }, 'subject'],
    [{ subject: 'belfry.event.>' }, 'subject'],
  ])('%j is refused', (event, key) => {
    const [found, ...more] = check(event)
    expect(more).toEqual([])
    expect(found).toMatchObject({ code: 'invalid-event', path: ['spec', 'triggers', 0, 'event', key] })
  })

  it('with a filter that is no schema, or could hang, is told where', () => {
    expect(check({ filter: { properties: { id: { pattern: '(a+)+$' } } } })).toMatchObject([
      { path: ['spec', 'triggers', 0, 'event', 'filter', 'properties', 'id', 'pattern'] },
    ])
    expect(check({ filter: { type: 'nothing' } })[0]?.path?.slice(0, 5)).toEqual([
      'spec',
      'triggers',
      0,
      'event',
      'filter',
    ])
  })
})
