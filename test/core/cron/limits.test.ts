import { describe, expect, it } from 'vitest'
import { BelfryError } from '../../../src/core/errors.ts'
import { compiled } from '../../support/fires.ts'

describe('the ends of time', () => {
  const everyMinute = compiled('* * * * *', { timezone: 'Europe/London' })
  const leapDays = compiled('0 0 29 2 *', { timezone: 'Asia/Kolkata' })

  it('are the last minute of 9999 and the first of year 1, on the clock of the zone', () => {
    expect(everyMinute.previous(Number.POSITIVE_INFINITY)).toBe(Date.UTC(9999, 11, 31, 23, 59))
    expect(everyMinute.next(Date.UTC(9999, 11, 31, 23, 59))).toBeNull()
    const first = new Date(everyMinute.next(Number.NEGATIVE_INFINITY)!)
    // Local mean time: one minute and 15 seconds behind Greenwich.
    expect(first.toISOString()).toBe('0001-01-01T00:01:15.000Z')
    expect(everyMinute.previous(first.getTime())).toBeNull()
  })

  it('come after the last leap day', () => {
    expect(leapDays.next(Date.UTC(9995, 0, 1))).toBe(Date.UTC(9996, 1, 28, 18, 30))
    expect(leapDays.next(Date.UTC(9996, 2, 1))).toBeNull()
  })

  it('skip the leap day that 2100 does not have', () => {
    expect(leapDays.next(Date.UTC(2097, 0, 1))).toBe(Date.UTC(2104, 1, 28, 18, 30))
    expect(leapDays.previous(Date.UTC(2103, 0, 1))).toBe(Date.UTC(2096, 1, 28, 18, 30))
  })

  it('of an expression with years are those years', () => {
    const one = compiled('0 0 12 1 1 ? 2030', { timezone: 'UTC', dialect: 'quartz' })
    const only = Date.UTC(2030, 0, 1, 12)
    expect([one.next(Number.NEGATIVE_INFINITY), one.next(only)]).toEqual([only, null])
    expect([one.previous(Number.POSITIVE_INFINITY), one.previous(only)]).toEqual([only, null])
  })

  it('are not reached with something that is no number', () => {
    expect(() => everyMinute.next(Number.NaN)).toThrow(BelfryError)
  })
})

describe('an instant between two seconds', () => {
  const everySecond = compiled('* * * * * *', { timezone: 'UTC' })

  it('is after the one and before the other', () => {
    expect([everySecond.next(1500), everySecond.previous(1500)]).toEqual([2000, 1000])
    expect([everySecond.next(1000), everySecond.previous(1000)]).toEqual([2000, 0])
    expect([everySecond.next(999), everySecond.previous(1001)]).toEqual([1000, 1000])
    expect([everySecond.next(-500), everySecond.previous(-500)]).toEqual([0, -1000])
  })
})
