import { describe, expect, it } from 'vitest'
import type { DstOption } from '../../../src/core/time/dst.ts'
import { formatInstant } from '../../../src/core/time/instant.ts'
import { compiled, instantAt, instantsOf } from '../../support/fires.ts'

interface Vector {
  readonly zone: string
  readonly cron: string
  readonly after: string
  readonly dst?: DstOption
  readonly fires: readonly string[]
}

function name({ zone, cron, dst }: Vector): string {
  const policy = dst === undefined || dst === 'auto' ? 'auto' : Object.values(dst).join(', ')
  return `${zone}, ${cron}, ${policy}`
}

function check({ zone, cron, after, dst, fires }: Vector): void {
  const options = { timezone: zone, ...(dst === undefined ? {} : { dst }) }
  expect(instantsOf(cron, { ...options, after, count: fires.length })).toEqual(fires)
  // The same backwards, from the last fire to the first.
  const recurrence = compiled(cron, options)
  for (let index = fires.length - 1; index > 0; index--) {
    const before = recurrence.previous(instantAt(fires[index]!))
    expect(before).toBe(instantAt(fires[index - 1]!))
  }
}

/*
 * New York: 2026-03-08 02:00 -> 03:00, 2026-11-01 02:00 -> 01:00. London: 2026-03-29 01:00 -> 02:00,
 * 2026-10-25 02:00 -> 01:00. Lord Howe: 2026-10-04 02:00 -> 02:30, 2026-04-05 02:00 -> 01:30. Troll: 2026-03-29
 * 01:00 -> 03:00, 2026-10-25 03:00 -> 01:00. Casablanca: 2026-02-15 03:00 -> 02:00, 2026-03-22 02:00 -> 03:00.
 * Apia: 2011-12-30 did not exist. Havana: 2026-03-08 00:00 -> 01:00.
 */
const FIXED_GAPS: readonly Vector[] = [
  {
    zone: 'America/New_York',
    cron: '30 2 * * *',
    after: '2026-03-07T00:00',
    fires: ['2026-03-07T02:30:00-05:00', '2026-03-08T03:00:00-04:00', '2026-03-09T02:30:00-04:00'],
  },
  {
    zone: 'America/New_York',
    cron: '30 2 * * *',
    after: '2026-03-07T00:00',
    dst: { gap: 'shift', overlap: 'first' },
    fires: ['2026-03-07T02:30:00-05:00', '2026-03-08T03:30:00-04:00', '2026-03-09T02:30:00-04:00'],
  },
  {
    zone: 'America/New_York',
    cron: '30 2 * * *',
    after: '2026-03-07T00:00',
    dst: { gap: 'skip', overlap: 'first' },
    fires: ['2026-03-07T02:30:00-05:00', '2026-03-09T02:30:00-04:00', '2026-03-10T02:30:00-04:00'],
  },
  {
    zone: 'Europe/London',
    cron: '0 1 * * *',
    after: '2026-03-28T12:00',
    fires: ['2026-03-29T02:00:00+01:00', '2026-03-30T01:00:00+01:00'],
  },
  {
    zone: 'Australia/Lord_Howe',
    cron: '15 2 * * *',
    after: '2026-10-03T12:00',
    fires: ['2026-10-04T02:30:00+11:00', '2026-10-05T02:15:00+11:00'],
  },
  {
    zone: 'Australia/Lord_Howe',
    cron: '15 2 * * *',
    after: '2026-10-03T12:00',
    dst: { gap: 'shift', overlap: 'first' },
    fires: ['2026-10-04T02:45:00+11:00', '2026-10-05T02:15:00+11:00'],
  },
  {
    zone: 'Antarctica/Troll',
    cron: '30 1,2 * * *',
    after: '2026-03-28T12:00',
    fires: ['2026-03-29T03:00:00+02:00', '2026-03-30T01:30:00+02:00'],
  },
  {
    zone: 'Africa/Casablanca',
    cron: '30 2 * * *',
    after: '2026-03-21T12:00',
    fires: ['2026-03-22T03:00:00+01:00', '2026-03-23T02:30:00+01:00'],
  },
  {
    zone: 'America/Havana',
    cron: '0 0 * * *',
    after: '2026-03-07T12:00',
    fires: ['2026-03-08T01:00:00-04:00', '2026-03-09T00:00:00-04:00'],
  },
  {
    zone: 'Pacific/Apia',
    cron: '0 18 * * *',
    after: '2011-12-29T12:00',
    fires: ['2011-12-29T18:00:00-10:00', '2011-12-31T00:00:00+14:00', '2011-12-31T18:00:00+14:00'],
  },
  {
    zone: 'Pacific/Apia',
    cron: '0 18 * * *',
    after: '2011-12-29T12:00',
    dst: { gap: 'skip', overlap: 'first' },
    fires: ['2011-12-29T18:00:00-10:00', '2011-12-31T18:00:00+14:00'],
  },
  {
    zone: 'Pacific/Apia',
    cron: '0 18 30 12 *',
    after: '2010-12-31T00:00',
    dst: { gap: 'shift', overlap: 'first' },
    fires: ['2011-12-31T18:00:00+14:00', '2012-12-30T18:00:00+14:00'],
  },
  {
    zone: 'Asia/Kolkata',
    cron: '30 2 * * *',
    after: '2026-03-07T12:00',
    fires: ['2026-03-08T02:30:00+05:30', '2026-03-09T02:30:00+05:30'],
  },
  {
    zone: 'UTC',
    cron: '30 2 * * *',
    after: '2026-03-07T12:00',
    fires: ['2026-03-08T02:30:00+00:00', '2026-03-09T02:30:00+00:00'],
  },
]

const FIXED_OVERLAPS: readonly Vector[] = [
  {
    zone: 'America/New_York',
    cron: '30 1 * * *',
    after: '2026-10-31T12:00',
    fires: ['2026-11-01T01:30:00-04:00', '2026-11-02T01:30:00-05:00'],
  },
  {
    zone: 'America/New_York',
    cron: '30 1 * * *',
    after: '2026-10-31T12:00',
    dst: { gap: 'next-valid', overlap: 'last' },
    fires: ['2026-11-01T01:30:00-05:00', '2026-11-02T01:30:00-05:00'],
  },
  {
    zone: 'America/New_York',
    cron: '30 1 * * *',
    after: '2026-10-31T12:00',
    dst: { gap: 'next-valid', overlap: 'both' },
    fires: ['2026-11-01T01:30:00-04:00', '2026-11-01T01:30:00-05:00', '2026-11-02T01:30:00-05:00'],
  },
  {
    zone: 'Europe/London',
    cron: '0,30 1 * * *',
    after: '2026-10-24T12:00',
    dst: { gap: 'next-valid', overlap: 'both' },
    fires: [
      '2026-10-25T01:00:00+01:00',
      '2026-10-25T01:30:00+01:00',
      '2026-10-25T01:00:00+00:00',
      '2026-10-25T01:30:00+00:00',
    ],
  },
  {
    zone: 'Australia/Lord_Howe',
    cron: '45 1 * * *',
    after: '2026-04-04T12:00',
    dst: { gap: 'next-valid', overlap: 'both' },
    fires: ['2026-04-05T01:45:00+11:00', '2026-04-05T01:45:00+10:30', '2026-04-06T01:45:00+10:30'],
  },
  {
    zone: 'Antarctica/Troll',
    cron: '30 1,2 * * *',
    after: '2026-10-24T12:00',
    fires: ['2026-10-25T01:30:00+02:00', '2026-10-25T02:30:00+02:00', '2026-10-26T01:30:00+00:00'],
  },
  {
    zone: 'Africa/Casablanca',
    cron: '30 2 * * *',
    after: '2026-02-14T12:00',
    dst: { gap: 'next-valid', overlap: 'last' },
    fires: ['2026-02-15T02:30:00+00:00', '2026-02-16T02:30:00+00:00'],
  },
]

const WILDCARDS: readonly Vector[] = [
  {
    zone: 'America/New_York',
    cron: '*/30 * * * *',
    after: '2026-03-08T01:00',
    fires: ['2026-03-08T01:30:00-05:00', '2026-03-08T03:00:00-04:00', '2026-03-08T03:30:00-04:00'],
  },
  {
    zone: 'America/New_York',
    cron: '0 * * * *',
    after: '2026-11-01T00:30',
    fires: ['2026-11-01T01:00:00-04:00', '2026-11-01T01:00:00-05:00', '2026-11-01T02:00:00-05:00'],
  },
  {
    zone: 'America/New_York',
    cron: '*/15 2 * * *',
    after: '2026-03-07T12:00',
    fires: ['2026-03-09T02:00:00-04:00', '2026-03-09T02:15:00-04:00'],
  },
  {
    zone: 'America/New_York',
    cron: '*/15 2 * * *',
    after: '2026-03-07T12:00',
    dst: { gap: 'next-valid' },
    fires: ['2026-03-08T03:00:00-04:00', '2026-03-09T02:00:00-04:00'],
  },
  {
    zone: 'Australia/Lord_Howe',
    cron: '0/20 * * * *',
    after: '2026-04-05T01:20',
    fires: [
      '2026-04-05T01:40:00+11:00',
      '2026-04-05T01:40:00+10:30',
      '2026-04-05T02:00:00+10:30',
      '2026-04-05T02:20:00+10:30',
    ],
  },
  {
    zone: 'Pacific/Apia',
    cron: '0 0-23/12 * * *',
    after: '2011-12-29T00:00',
    fires: ['2011-12-29T12:00:00-10:00', '2011-12-31T00:00:00+14:00', '2011-12-31T12:00:00+14:00'],
  },
  {
    zone: 'America/New_York',
    cron: '*/15 * * * *',
    after: '2026-11-01T01:30',
    dst: { overlap: 'first' },
    fires: ['2026-11-01T01:45:00-04:00', '2026-11-01T02:00:00-05:00'],
  },
]

describe('a fixed time that the clocks skip', () => {
  it.each(FIXED_GAPS.map((vector) => [name(vector), vector] as const))('%s', (_name, vector) => check(vector))
})

describe('a fixed time that the clocks show twice', () => {
  it.each(FIXED_OVERLAPS.map((vector) => [name(vector), vector] as const))('%s', (_name, vector) =>
    check(vector))
})

describe('a wildcard fires whenever the clock shows it', () => {
  it.each(WILDCARDS.map((vector) => [name(vector), vector] as const))('%s', (_name, vector) => check(vector))
})

describe('several local times', () => {
  it('of one gap that move to the first instant after it are one fire', () => {
    check({
      zone: 'America/New_York',
      cron: '5,15,25 1,2,3 * * *',
      after: '2026-03-08T01:20',
      fires: ['2026-03-08T01:25:00-05:00', '2026-03-08T03:00:00-04:00', '2026-03-08T03:05:00-04:00'],
    })
  })

  it('that meet a real one at the end of the gap are one fire with it', () => {
    check({
      zone: 'America/New_York',
      cron: '0 2,3 * * *',
      after: '2026-03-08T00:00',
      fires: ['2026-03-08T03:00:00-04:00', '2026-03-09T02:00:00-04:00'],
    })
  })

  it('that are shifted fire in the order of the instants, between those that are not', () => {
    check({
      zone: 'America/New_York',
      cron: '10,50 2,3 * * *',
      after: '2026-03-08T00:00',
      dst: { gap: 'shift', overlap: 'first' },
      fires: ['2026-03-08T03:10:00-04:00', '2026-03-08T03:50:00-04:00', '2026-03-09T02:10:00-04:00'],
    })
    check({
      zone: 'America/New_York',
      cron: '30 3,2 * * *',
      after: '2026-03-08T00:00',
      dst: { gap: 'shift', overlap: 'first' },
      fires: ['2026-03-08T03:30:00-04:00', '2026-03-09T02:30:00-04:00', '2026-03-09T03:30:00-04:00'],
    })
    check({
      zone: 'America/New_York',
      cron: '45 2 * * *',
      after: '2026-03-08T03:00',
      dst: { gap: 'shift', overlap: 'first' },
      fires: ['2026-03-08T03:45:00-04:00', '2026-03-09T02:45:00-04:00'],
    })
  })
})

describe('the class of an expression', () => {
  const zone = 'America/New_York'
  const inTheGap = (cron: string) =>
    formatInstant(compiled(cron, { timezone: zone }).next(instantAt('2026-03-08T06:59:59Z')) ?? 0)

  it.each([
    '30 2 * * *',
    '5/10 2 * * *',
    '0-29/10 2 * * *',
    '0 2-3 * * *',
    '0 30 2 * * *',
  ])('is fixed for %s', (cron) => {
    expect(inTheGap(cron)).toBe('2026-03-08T07:00:00Z')
  })

  it.each([
    '*/10 2 * * *',
    '0/10 2 * * *',
    '0-59/10 2 * * *',
    '* 2 * * *',
    '7,*/20 2 * * *',
    '* 30 2 * * *',
  ])('is wildcard for %s', (cron) => {
    expect(inTheGap(cron).slice(0, 10)).toBe('2026-03-09')
  })
})
