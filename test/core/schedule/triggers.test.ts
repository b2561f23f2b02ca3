import { describe, expect, it } from 'vitest'
import { fires, instant, local, MARKET, refused, scheduled, verdicts } from './schedules.ts'

const NEW_YORK = 'America/New_York'

describe('cron', () => {
  it('reads its times in the schedule’s zone', () => {
    const schedule = scheduled({ cron: '0 20 * * MON' }, { timezone: 'Asia/Kolkata' })
    expect(schedule.next(instant('2026-11-22'))).toBe(instant('2026-11-23T14:30:00Z'))
  })

  it('spreads H by the identity of the schedule', () => {
    const times = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => {
      const schedule = scheduled({ cron: 'H H * * *' }, { identity: `default/${name}` })
      return local(schedule.next(instant('2026-01-01'))!)
    })
    expect(new Set(times).size).toBeGreaterThan(4)
    const again = scheduled({ cron: 'H H * * *' }, { identity: 'default/a' })
    expect(local(again.next(instant('2026-01-01'))!)).toBe(times[0])
  })

  it('treats fixed times and wildcards differently where clocks change, unless dst says otherwise', () => {
    const night = { from: '2026-03-08T00:00', to: '2026-03-08T05:00', zone: NEW_YORK }
    const at = (cron: string, more = {}) => fires(scheduled({ cron }, { timezone: NEW_YORK, ...more }), night)
    expect(at('30 2 * * *')).toEqual(['2026-03-08T03:00'])
    expect(at('30 * * * *')).toEqual([
      '2026-03-08T00:30',
      '2026-03-08T01:30',
      '2026-03-08T03:30',
      '2026-03-08T04:30',
    ])
    expect(at('30 2 * * *', { dst: { gap: 'skip' } })).toEqual([])
    expect(at('30 2 * * *', { dst: { gap: 'shift' } })).toEqual(['2026-03-08T03:30'])
  })
})

describe('every', () => {
  it('counts elapsed time from its anchor', () => {
    const schedule = scheduled({ every: '90m', anchor: '2026-01-05T09:00' })
    expect(fires(schedule, { from: '2026-01-05T00:00', to: '2026-01-05T15:00' })).toEqual([
      '2026-01-05T09:00',
      '2026-01-05T10:30',
      '2026-01-05T12:00',
      '2026-01-05T13:30',
    ])
  })

  it('counts from 1970-01-01T00:00 of its zone without one', () => {
    const schedule = scheduled({ every: '8h' }, { timezone: 'Asia/Kolkata' })
    const window = { from: '2026-01-05T00:00', to: '2026-01-06T00:00', zone: 'Asia/Kolkata' }
    expect(fires(schedule, window)).toEqual(['2026-01-05T00:00', '2026-01-05T08:00', '2026-01-05T16:00'])
  })

  it('keeps its distance where clocks change', () => {
    const schedule = scheduled({ every: '1h', anchor: '2026-03-08T00:00' }, { timezone: NEW_YORK })
    const window = { from: '2026-03-08T00:00', to: '2026-03-08T05:00', zone: NEW_YORK }
    expect(fires(schedule, window)).toEqual([
      '2026-03-08T00:00',
      '2026-03-08T01:00',
      '2026-03-08T03:00',
      '2026-03-08T04:00',
    ])
  })

  it('ends after count times, and begins at its anchor', () => {
    const schedule = scheduled({ every: '1d', anchor: '2026-01-05T09:00', count: 3 })
    expect(fires(schedule, { from: '2025-01-01', to: '2027-01-01' })).toEqual([
      '2026-01-05T09:00',
      '2026-01-06T09:00',
      '2026-01-07T09:00',
    ])
    expect(schedule.next(instant('2026-01-07T09:00'))).toBeNull()
    expect(local(schedule.previous(instant('2027-01-01'))!)).toBe('2026-01-07T09:00')
    expect(schedule.previous(instant('2026-01-05T09:00'))).toBeNull()
  })

  it('between two times of day begins anew with each window, both ends included', () => {
    const schedule = scheduled({ every: '2h', between: ['09:15', '15:15'], days: ['mon', 'tue'] })
    expect(fires(schedule, { from: '2026-01-05', to: '2026-01-12' })).toEqual([
      ...['09:15', '11:15', '13:15', '15:15'].map((time) => `2026-01-05T${time}`),
      ...['09:15', '11:15', '13:15', '15:15'].map((time) => `2026-01-06T${time}`),
    ])
  })

  it('between an evening and a morning belongs to the day of the evening', () => {
    const schedule = scheduled({ every: '3h', between: ['22:00', '04:00'], days: ['fri'] })
    expect(fires(schedule, { from: '2026-01-05', to: '2026-01-12' })).toEqual([
      '2026-01-09T22:00',
      '2026-01-10T01:00',
      '2026-01-10T04:00',
    ])
  })

  it('on some weekdays finds the next of them, however long the interval', () => {
    const schedule = scheduled({ every: '36h', anchor: '2026-01-05T00:00', days: ['wed'] })
    expect(fires(schedule, { from: '2026-01-05', to: '2026-02-05' })).toEqual([
      '2026-01-14T00:00',
      '2026-01-21T12:00',
      '2026-02-04T00:00',
    ])
  })

  it('that meets none of its weekdays never fires, and says so at once', () => {
    const schedule = scheduled({ every: '7d', anchor: '2026-01-05T00:00', days: ['tue'] })
    expect(schedule.next(instant('2026-01-01'))).toBeNull()
    expect(schedule.previous(instant('2026-12-01'))).toBeNull()
  })

  it('goes on after a night whose midnight comes twice (St. John’s, 00:01 to 23:01)', () => {
    const zone = 'America/St_Johns'
    const schedule = scheduled(
      { every: '30m', anchor: '2002-10-05T15:07:43Z', days: ['sun'] },
      { timezone: zone },
    )
    const found = fires(schedule, { from: '2002-10-26T00:00', to: '2002-11-05T00:00', zone })
    expect(found[0]).toBe('2002-10-27T00:07:43')
    expect(found.filter((at) => at.startsWith('2002-11-03'))).toHaveLength(48)
    const saturdays = scheduled(
      { every: '30m', anchor: '2004-10-03T17:15:12Z', days: ['sat', 'mon'] },
      { timezone: zone },
    )
    // Saturday goes on from 23:01 to midnight after a minute of Sunday.
    const sunday = instant('2004-10-31T12:00', zone)
    expect(local(saturdays.previous(sunday)!, zone)).toBe('2004-10-30T23:45:12')
    expect(saturdays.previous(sunday)).toBe(instant('2004-10-31T03:15:12Z'))
  })

  it('is refused below a second, and with an anchor beside between', () => {
    expect(refused({ every: '0s' })[0]).toMatchObject({
      code: 'invalid-duration',
      path: ['spec', 'triggers', 0, 'every'],
    })
    expect(refused({ every: '1h', between: ['09:00', '10:00'], anchor: '2026-01-01' })[0]?.code).toBe(
      'contradiction',
    )
  })
})

describe('at', () => {
  it('takes one time or several, local or with an offset, each once', () => {
    const schedule = scheduled(
      {
        at: [
          '2026-06-30T18:00',
          '2026-03-31T18:00',
          '2026-03-31T18:00',
          '2026-03-31T22:00:00Z',
          '2026-05-01',
        ],
      },
      { timezone: NEW_YORK },
    )
    expect(fires(schedule, { from: '2026-01-01', to: '2027-01-01', zone: NEW_YORK })).toEqual([
      '2026-03-31T18:00',
      '2026-05-01T00:00',
      '2026-06-30T18:00',
    ])
  })

  it('never fires again afterwards', () => {
    const schedule = scheduled({ at: '2026-03-31T18:00' })
    expect(schedule.next(instant('2026-03-31T18:00'))).toBeNull()
    expect(schedule.previous(instant('2026-03-31T18:00'))).toBeNull()
  })

  it('names the entry that is no instant', () => {
    expect(refused({ at: ['2026-03-31T18:00', '2026-02-30'] })[0]).toMatchObject({
      code: 'invalid-instant',
      path: ['spec', 'triggers', 0, 'at', 1],
    })
  })
})

describe('businessDay', () => {
  const businessDay = (of: 'week' | 'month' | 'quarter' | 'year', nth: number, offset = 0) =>
    scheduled({ businessDay: { of, nth, time: '18:00', offset } }, { calendar: 'market' })
  const year = { from: '2026-01-01', to: '2026-07-01' }

  it('counts business days from the front or the back of each period', () => {
    expect(fires(businessDay('month', 1), year)).toEqual(
      ['01-02', '02-01', '03-02', '04-01', '05-01', '06-01'].map((day) => `2026-${day}T18:00`),
    )
    expect(fires(businessDay('month', -1), year)).toEqual(
      ['01-30', '02-27', '03-31', '04-30', '05-29', '06-30'].map((day) => `2026-${day}T18:00`),
    )
    expect(fires(businessDay('quarter', -2), year)).toEqual(['2026-03-30T18:00', '2026-06-29T18:00'])
    expect(fires(businessDay('year', 3), year)).toEqual(['2026-01-06T18:00'])
  })

  it('takes the weeks of ISO 8601', () => {
    expect(fires(businessDay('week', 1), { from: '2025-12-29', to: '2026-02-03' })).toEqual([
      '2025-12-29T18:00',
      '2026-01-05T18:00',
      '2026-01-12T18:00',
      '2026-01-19T18:00',
      '2026-01-27T18:00',
      '2026-02-02T18:00',
    ])
  })

  it('moves by business days, also out of the period', () => {
    expect(fires(businessDay('month', 1, -2), year)).toEqual(
      ['01-29', '02-26', '03-30', '04-29', '05-28', '06-29'].map((day) => `2026-${day}T18:00`),
    )
    expect(fires(businessDay('month', -1, 23), { from: '2026-02-01', to: '2026-05-01' })).toEqual([
      '2026-02-03T18:00',
      '2026-03-03T18:00',
      '2026-04-01T18:00',
    ])
  })

  it('records a period that has no such day as not fired, on its last day', () => {
    expect(verdicts(businessDay('month', 22), { from: '2026-01-01', to: '2026-04-01' })).toEqual([
      '2026-01-31T18:00 skipped no-such-business-day',
      '2026-02-28T18:00 skipped no-such-business-day',
      '2026-03-31T18:00 fires',
    ])
  })

  it('stays unfired where the last day of its period falls into a gap of clocks (Havana at midnight)', () => {
    const calendar = { timezone: 'America/Havana', weekend: ['fri', 'sat'] as const }
    const schedule = scheduled(
      { businessDay: { of: 'week', nth: 21, time: '00:00' } },
      { timezone: 'America/Havana', calendar: 'havana', calendars: { havana: calendar } },
    )
    expect(verdicts(schedule, { from: '2021-03-08', to: '2021-03-15', zone: 'America/Havana' })).toEqual([
      '2021-03-14T01:00 skipped no-such-business-day',
    ])
  })

  it('is held where its calendar does not know the period to its end', () => {
    expect(verdicts(businessDay('month', -1, -3), { from: '2026-11-15', to: '2027-06-01' })).toEqual([
      '2026-11-25T18:00 fires',
      '2026-12-28T18:00 fires',
      '2027-01-31T18:00 held',
    ])
    expect(verdicts(businessDay('month', -1, 2), { from: '2026-12-01', to: '2027-06-01' })).toEqual([
      '2026-12-02T18:00 fires',
      '2027-01-01T18:00 held',
    ])
  })

  it('needs a calendar', () => {
    expect(refused({ businessDay: { of: 'month', nth: 1, time: '18:00' } })[0]?.code).toBe('missing-calendar')
  })
})

describe('session', () => {
  const session = (anchor: 'open' | 'close', offset?: string) =>
    scheduled(
      { session: { anchor, ...(offset === undefined ? {} : { offset }) } },
      { calendar: 'market', timezone: NEW_YORK, calendars: { market: { ...MARKET, timezone: NEW_YORK } } },
    )

  it('fires once a session, in the calendar’s zone, early closes and special sessions included', () => {
    expect(fires(session('close'), { from: '2026-12-23', to: '2026-12-29', zone: NEW_YORK })).toEqual([
      '2026-12-23T17:00',
      '2026-12-24T13:00',
      '2026-12-28T17:00',
    ])
    expect(fires(session('open', '-15m'), { from: '2026-01-31', to: '2026-02-03', zone: NEW_YORK })).toEqual([
      '2026-02-01T08:45',
      '2026-02-02T08:45',
    ])
  })

  it('has no candidate on a day without a session, but obeys blackouts', () => {
    expect(
      verdicts(session('open', '1h30m'), { from: '2026-01-24', to: '2026-01-28', zone: NEW_YORK }),
    ).toEqual(['2026-01-27T10:30 skipped blackout'])
  })

  it('follows another calendar than the schedule’s, and is held where that one ends', () => {
    const other = { timezone: 'UTC', weekend: [] as const, hours: [{ open: '08:00', close: '12:00' }] }
    const schedule = scheduled(
      { session: { anchor: 'close', offset: '14h', calendar: 'other' } },
      {
        calendar: 'market',
        calendars: {
          market: MARKET,
          other: { ...other, coverage: { from: '2026-01-01', to: '2026-01-10' } },
        },
      },
    )
    // Its own calendar is closed on the 10th and 11th: a session has chosen its day itself.
    expect(verdicts(schedule, { from: '2026-01-09', to: '2026-01-20' })).toEqual([
      '2026-01-09T02:00 fires',
      '2026-01-10T02:00 fires',
      '2026-01-11T02:00 fires',
      '2026-01-11T14:00 held',
    ])
    expect(local(schedule.previous(instant('2026-06-01'))!)).toBe('2026-01-11T02:00')
  })

  it('is refused for a calendar without hours', () => {
    const found = refused(
      { session: { anchor: 'open' } },
      { calendar: 'days', calendars: { days: { timezone: 'UTC', weekend: ['sun'] } } },
    )
    expect(found[0]).toMatchObject({ code: 'contradiction', path: ['spec', 'triggers', 0, 'session'] })
  })
})

describe('several triggers', () => {
  it('that meet at one instant are one fire, whose trace has each of them', () => {
    const schedule = scheduled([{ cron: '0 12 * * *' }, { every: '6h' }, { at: '2026-01-05T12:00' }])
    const window = { from: '2026-01-05T10:00', to: '2026-01-05T19:00' }
    expect(fires(schedule, window)).toEqual(['2026-01-05T12:00', '2026-01-05T18:00'])
    const trace = schedule.nextCandidate(instant('2026-01-05T11:00'))!.trace
    expect(trace.map(({ text }) => text)).toEqual([
      'cron "0 12 * * *" asks for 2026-01-05T12:00:00 (UTC)',
      'every 6h gives 2026-01-05T12:00:00 (UTC)',
      '`at` asks for 2026-01-05T12:00:00 (UTC)',
    ])
  })

  it('fire on a closed day where a session has chosen it, and the trace says nothing of a closed day', () => {
    const other = { timezone: 'UTC', weekend: [] as const, hours: [{ open: '12:00', close: '13:00' }] }
    const schedule = scheduled([{ cron: '0 12 * * *' }, { session: { anchor: 'open', calendar: 'other' } }], {
      calendar: 'market',
      calendars: { market: MARKET, other },
    })
    const saturday = schedule.nextCandidate(instant('2026-01-10T00:00'))!
    expect(saturday.outcome).toBe('fires')
    expect(saturday.trace.map(({ step }) => step)).toEqual(['pattern', 'pattern'])
  })

  it('skip what the calendar closes without losing what a session asks for meanwhile', () => {
    const other = { timezone: 'UTC', weekend: ['mon'] as const, hours: [{ open: '09:00', close: '17:00' }] }
    const schedule = scheduled(
      [{ cron: '* * * * * *' }, { session: { anchor: 'close', calendar: 'other' } }],
      {
        calendar: 'market',
        calendars: { market: { ...MARKET, weekend: ['sat', 'sun'] }, other },
      },
    )
    const friday = instant('2026-01-09T23:59:59')
    const found: string[] = []
    for (let at = schedule.next(friday); found.length < 3; at = schedule.next(at!)) found.push(local(at!))
    expect(found).toEqual(['2026-01-10T17:00', '2026-01-11T17:00', '2026-01-12T00:00'])
    const back: string[] = []
    for (
      let at = schedule.previous(instant('2026-01-12T00:00'));
      back.length < 3;
      at = schedule.previous(at!)
    )
      back.push(local(at!))
    expect(back).toEqual(['2026-01-11T17:00', '2026-01-10T17:00', '2026-01-09T23:59:59'])
  })

  it('report every problem at once, each at its place', () => {
    const found = refused([{ cron: '61 * * * *' }, { every: '0s' }, { at: 'noon' }], { endsAt: 'never' })
    expect(found.map(({ path }) => path?.join('.'))).toEqual([
      'spec.endsAt',
      'spec.triggers.0.cron',
      'spec.triggers.1.every',
      'spec.triggers.2.at',
    ])
  })
})
