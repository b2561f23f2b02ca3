import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CalendarSpec, Roll, ScheduleSpec, Trigger, Weekday } from '../../../src/core/kinds.ts'
import type { CompiledSchedule } from '../../../src/core/schedule/compiled-schedule.ts'
import { formatDate } from '../../../src/core/time/civil.ts'
import type { DstPolicy } from '../../../src/core/time/dst.ts'
import { formatInstant } from '../../../src/core/time/instant.ts'
import { formatLocalSeconds } from '../../../src/core/time/local.ts'
import { formatTimeOfDay } from '../../../src/core/time/time-of-day.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import {
  type SlowCalendar,
  type SlowSchedule,
  type SlowTrigger,
  slowOccurrences,
} from '../../support/slow-schedule.ts'
import { ODD_ZONES, slowTransitions } from '../../support/slow-zone.ts'
import { scheduled } from './schedules.ts'

const DAY = 86_400
const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const ROLLS: readonly Roll[] = [
  'skip',
  'following',
  'modified-following',
  'preceding',
  'modified-preceding',
  'half-month-modified-following',
  'nearest',
  'unadjusted',
]
const RANGE_DAYS = 40

/** Near a change of clocks as often as not. */
const places = fc.constantFrom(...ODD_ZONES).chain((zone) => {
  const changes = slowTransitions(zone).map(({ at }) => at)
  const any = fc.integer({ min: Date.UTC(1995, 0, 1) / 1000, max: Date.UTC(2030, 0, 1) / 1000 })
  const near = changes.filter((at) => at > Date.UTC(1995, 0, 1) / 1000 && at < Date.UTC(2030, 0, 1) / 1000)
  const from =
    near.length === 0
      ? any
      : fc.oneof(
          any,
          fc.constantFrom(...near).chain((at) => fc.integer({ min: at - 35 * DAY, max: at })),
        )
  return fc.record({ zone: fc.constant(zone), from })
})

const timeOfDay = fc
  .oneof(
    fc.integer({ min: 0, max: 4 * 60 - 1 }),
    fc.integer({ min: 0, max: 24 * 60 - 1 }),
    fc.integer({ min: 23 * 60, max: 24 * 60 - 1 }),
  )
  .map((minute) => minute * 60)

const policies: fc.Arbitrary<DstPolicy> = fc.record({
  gap: fc.constantFrom('next-valid', 'shift', 'skip'),
  overlap: fc.constantFrom('first', 'last', 'both'),
})

interface Both<T> {
  readonly written: T
  readonly slow: SlowTrigger
}

const cronDays = fc.constantFrom(
  '* * *',
  '* * MON-FRI',
  '* * SUN',
  '1,15,L * *',
  '13 * FRI',
  'LW * *',
  '*/3 * *',
  '28-31 * *',
  '* * SAT#2',
)

const cronTriggers: fc.Arbitrary<Both<Trigger>> = fc
  .tuple(cronDays, timeOfDay, fc.integer({ min: 1, max: 3 }))
  .map(([days, time, count]) => {
    const hour = Math.floor(time / 3600)
    const minute = Math.floor(time / 60) % 60
    const hours = Array.from({ length: count }, (_, index) => (hour + 7 * index) % 24)
    const expression = `${minute} ${hours.join(',')} ${days}`
    const times = hours.map((each) => each * 3600 + minute * 60)
    return { written: { cron: expression }, slow: { kind: 'cron', expression, times } }
  })

const atTriggers = (from: number): fc.Arbitrary<Both<Trigger>> =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: RANGE_DAYS }), timeOfDay), { minLength: 1, maxLength: 4 })
    .map((pairs) => {
      const locals = pairs.map(([days, time]) => (Math.floor(from / DAY) + days) * DAY + time)
      return { written: { at: locals.map(formatLocalSeconds) }, slow: { kind: 'at', locals } }
    })

const everyTriggers = (from: number): fc.Arbitrary<Both<Trigger>> =>
  fc
    .tuple(
      fc.integer({ min: 30, max: 3000 }),
      fc.integer({ min: -20 * DAY, max: 20 * DAY }),
      fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 })),
    )
    .map(([minutes, shift, weekdays]) => {
      const anchor = from + shift
      const written = {
        every: `${minutes}m`,
        anchor: formatInstant(anchor * 1000),
        ...(weekdays === null ? {} : { days: weekdays.map((each) => WEEKDAYS[each]!) }),
      }
      return { written, slow: { kind: 'every', step: minutes * 60, anchor, weekdays } }
    })

const businessDayTriggers: fc.Arbitrary<Both<Trigger>> = fc
  .record({
    of: fc.constantFrom('week', 'month', 'quarter', 'year'),
    nth: fc.oneof(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: -6, max: -1 }),
      fc.constantFrom(21, 23, -22),
    ),
    offset: fc.oneof(fc.constant(0), fc.integer({ min: -12, max: 12 })),
    time: timeOfDay,
  })
  .map(({ of, nth, offset, time }) => ({
    written: { businessDay: { of, nth, offset, time: formatTimeOfDay(time) } },
    slow: { kind: 'businessDay', of, nth, offset, time },
  }))

interface Case {
  readonly from: number
  readonly compiled: CompiledSchedule
  readonly slow: SlowSchedule
  readonly text: string
}

const calendarsFrom = (
  from: number,
  zone: string,
): fc.Arbitrary<{ spec: CalendarSpec; slow: SlowCalendar }> =>
  fc
    .record({
      zone: fc.oneof(fc.constant(zone), fc.constantFrom(...ODD_ZONES)),
      weekend: fc.constantFrom([0, 6], [5, 6], [0], [], [1, 2, 3, 6, 0]),
      holidays: fc.uniqueArray(fc.integer({ min: -20, max: RANGE_DAYS + 20 }), { maxLength: 12 }),
      longWeekend: fc.option(
        fc.tuple(fc.integer({ min: -5, max: RANGE_DAYS }), fc.integer({ min: 3, max: 25 })),
      ),
      covered: fc.oneof(fc.constant(400), fc.integer({ min: 3, max: RANGE_DAYS })),
      blackout: fc.option(
        fc.record({
          weekday: fc.integer({ min: 0, max: 6 }),
          from: timeOfDay,
          length: fc.integer({ min: 1, max: 9 }),
        }),
      ),
    })
    .map(({ zone: calendarZone, weekend, holidays, longWeekend, covered, blackout }) => {
      const first = Math.floor(from / DAY)
      const stretch =
        longWeekend === null
          ? []
          : Array.from({ length: longWeekend[1] }, (_, index) => longWeekend[0] + index)
      const last = first + covered
      const days = new Set(
        [...holidays, ...stretch].map((each) => first + each).filter((each) => each <= last),
      )
      const to = blackout === null ? 0 : Math.min(DAY, blackout.from + blackout.length * 3600)
      const spec: CalendarSpec = {
        timezone: calendarZone,
        weekend: weekend.map((each) => WEEKDAYS[each]!),
        coverage: { from: '1990-01-01', to: formatDate(last) },
        rules: [
          {
            id: 'dates',
            name: 'Holiday',
            dates: Object.fromEntries([...days].map((each) => [formatDate(each), 'Holiday'])),
          },
        ].filter(() => days.size > 0),
        ...(blackout === null
          ? {}
          : {
              blackouts: [
                {
                  name: 'quiet',
                  days: [WEEKDAYS[blackout.weekday]!],
                  from: formatTimeOfDay(blackout.from),
                  to: to === DAY ? '24:00' : formatTimeOfDay(to),
                },
              ],
            }),
      }
      const quiet = blackout === null ? null : { weekday: blackout.weekday, from: blackout.from, to }
      return { spec, slow: { zone: calendarZone, weekend, holidays: days, last, blackout: quiet } }
    })

const cases: fc.Arbitrary<Case> = places.chain(({ zone, from }) =>
  fc
    .record({
      calendar: fc.option(calendarsFrom(from, zone), { freq: 5 }),
      roll: fc.constantFrom(...ROLLS),
      offset: fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }) },
      ),
      runOn: fc.oneof(
        { weight: 4, arbitrary: fc.constant('business-days' as const) },
        { weight: 1, arbitrary: fc.constant('holidays' as const) },
      ),
      byCalendar: fc.boolean(),
      policy: policies,
      bounds: fc.option(
        fc.tuple(fc.integer({ min: 0, max: 20 * DAY }), fc.integer({ min: 1, max: 30 * DAY })),
      ),
      triggers: fc.array(
        fc.oneof(
          { weight: 4, arbitrary: cronTriggers },
          { weight: 1, arbitrary: atTriggers(from) },
          { weight: 1, arbitrary: everyTriggers(from) },
          { weight: 3, arbitrary: businessDayTriggers },
        ),
        { minLength: 1, maxLength: 3 },
      ),
    })
    .map(({ calendar, roll, offset, runOn, byCalendar, policy, bounds, triggers }) => {
      // Elapsed time that is rolled is read as local times first, which the slow one does not do.
      const moves = calendar !== null && (offset !== 0 || (roll !== 'skip' && roll !== 'unadjusted'))
      const usable = triggers.filter(
        ({ slow }) => (slow.kind !== 'every' || !moves) && (slow.kind !== 'businessDay' || calendar !== null),
      )
      const chosen =
        usable.length > 0
          ? usable
          : [
              {
                written: { cron: '30 1 * * *' },
                slow: { kind: 'cron', expression: '30 1 * * *', times: [5400] },
              } as const,
            ]
      const startsAt = bounds === null ? Number.NEGATIVE_INFINITY : from + bounds[0]
      const endsAt = bounds === null ? Number.POSITIVE_INFINITY : startsAt + bounds[1]
      const spec: Omit<ScheduleSpec, 'job' | 'triggers'> = {
        timezone: zone,
        dst: policy,
        ...(calendar === null ? {} : { calendar: 'own', roll, offset, runOn }),
        ...(byCalendar ? { calendarDate: 'calendar' } : {}),
        ...(bounds === null
          ? {}
          : { startsAt: formatInstant(startsAt * 1000), endsAt: formatInstant(endsAt * 1000) }),
      }
      const written = chosen.map((each) => each.written)
      const compiled = scheduled(written, {
        ...spec,
        calendars: calendar === null ? {} : { own: calendar.spec },
      })
      const slow: SlowSchedule = {
        zone,
        triggers: chosen.map((each) => each.slow),
        calendar: calendar?.slow ?? null,
        roll,
        offset,
        runOn,
        dateZone: byCalendar && calendar !== null ? calendar.slow.zone : zone,
        policy,
        startsAt,
        endsAt,
      }
      const text = JSON.stringify({
        from: formatInstant(from * 1000),
        ...spec,
        triggers: written,
        calendar: calendar?.spec,
      })
      return { from, compiled, slow, text }
    }),
)

/** What `fast-check` prints of a case that fails. */
const readable = <T extends { readonly text: string }>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  arbitrary.map((each) => Object.assign(each, { [fc.toStringMethod]: () => each.text }))

const ranges = ({ from }: Case) => ({ from: from * 1000, to: (from + RANGE_DAYS * DAY) * 1000 })

describe('a schedule', () => {
  it(
    'decides every time as a day-by-day reading of its document does',
    () => {
      fc.assert(
        fc.property(readable(cases), (each) => {
          const { from, to } = ranges(each)
          const decided = [...each.compiled.occurrences(from, to)]
          const actual = decided
            .filter(({ outcome }) => outcome !== 'held')
            .map(({ nominal, outcome }) => `${formatInstant(nominal)} ${outcome}`)
          const expected = slowOccurrences(each.slow, from / 1000, to / 1000).map(
            ({ at, outcome }) => `${formatInstant(at * 1000)} ${outcome}`,
          )
          expect(actual).toEqual(expected)
        }),
        propertyRuns(200),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'walks with next and previous exactly the fires among its occurrences',
    () => {
      fc.assert(
        fc.property(readable(cases), (each) => {
          const { from, to } = ranges(each)
          const expected = [...each.compiled.occurrences(from, to)]
            .filter(({ outcome }) => outcome === 'fires')
            .map(({ nominal }) => nominal)
          const forward: number[] = []
          for (let at = each.compiled.next(from - 1); at !== null && at < to; at = each.compiled.next(at))
            forward.push(at)
          expect(forward).toEqual(expected)
          const backward: number[] = []
          for (
            let at = each.compiled.previous(to);
            at !== null && at >= from;
            at = each.compiled.previous(at)
          )
            backward.push(at)
          expect(backward.reverse()).toEqual(expected)
        }),
        propertyRuns(150),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'explains each day by the candidates that it decides, with at least one reason each',
    () => {
      fc.assert(
        fc.property(readable(cases), fc.integer({ min: 1, max: RANGE_DAYS - 2 }), (each, days) => {
          const { from, to } = ranges(each)
          const decided = new Map(
            [...each.compiled.occurrences(from, to)].map((found) => [found.nominal, found]),
          )
          const held = [...decided.values()].find(({ outcome }) => outcome === 'held')?.nominal ?? to
          let last = Number.NEGATIVE_INFINITY
          for (const explained of each.compiled.on(Math.floor(from / 1000 / DAY) + days)) {
            expect(explained.trace.length).toBeGreaterThan(0)
            if (explained.nominal === null) continue
            expect(explained.nominal).toBeGreaterThan(last)
            last = explained.nominal
            if (explained.nominal < from || explained.nominal > held || explained.nominal >= to) continue
            if (explained.outcome === 'out-of-bounds') expect(decided.has(explained.nominal)).toBe(false)
            else expect(decided.get(explained.nominal)?.outcome).toBe(explained.outcome)
          }
        }),
        propertyRuns(150),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )
})
