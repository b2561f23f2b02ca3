import { describe, expect, it } from 'vitest'
import { compileCalendar } from '../../src/core/calendar/compile.ts'
import type { CalendarManifest, ScheduleSpec } from '../../src/core/kinds.ts'
import { err } from '../../src/core/result.ts'
import { compileSchedule } from '../../src/core/schedule/compile.ts'
import { decideCut } from '../../src/core/trigger/cut.ts'
import { decide } from '../../src/core/trigger/decide.ts'
import type { Decidable } from '../../src/core/trigger/decision.ts'
import {
  ended,
  expired,
  holdingPause,
  NO_OVERRIDE,
  type Override,
  parseOverride,
  paused,
  pausesOf,
  settled,
  stops,
} from '../../src/core/trigger/override.ts'
import type { Pause, PauseMissed } from '../../src/core/trigger/pause.ts'
import { formatPauseTarget, parsePauseTarget } from '../../src/core/trigger/pause-target.ts'
import { DEFAULT_MISFIRE } from '../../src/core/trigger/policy.ts'

const at = (text: string): number => Date.parse(`2026-01-${text}Z`)

const market: CalendarManifest = {
  apiVersion: 'belfry/v1',
  kind: 'Calendar',
  metadata: { name: 'market' },
  spec: {
    timezone: 'UTC',
    weekend: ['sat', 'sun'],
    rules: [{ id: 'closed', dates: { '2026-01-06': 'Three Kings' } }],
    coverage: { from: '2026-01-01', to: '2026-01-31' },
  },
}

/** Every full hour, unless something else is asked for. */
function hourly(spec: Partial<ScheduleSpec> = {}, more: Partial<Decidable> = {}): Decidable {
  const calendar = compileCalendar(market, () => err([]))
  const schedule = compileSchedule(
    { job: 'import', timezone: 'UTC', triggers: [{ cron: '0 * * * *' }], ...spec },
    { identity: 'default/test', calendar: () => calendar },
  )
  if (!schedule.ok) throw new Error(schedule.error.map(({ message }) => message).join())
  return { compiled: schedule.value, misfire: DEFAULT_MISFIRE, maxFires: null, suspension: null, ...more }
}

const pause = (from: string, until: string | null, missed: PauseMissed = 'discard'): Pause => ({
  from: at(from),
  until: until === null ? null : at(until),
  missed,
})

const briefly = (decision: ReturnType<typeof decide>) =>
  decision.entries.map((entry) => {
    const count = entry.kind === 'fire' ? entry.missedCount : entry.settledCount
    const when = new Date(entry.nominal).toISOString().slice(8, 16)
    return `${entry.kind} ${when} ${entry.reason}${count === null ? '' : ` ${count}`}`
  })

interface Given {
  readonly schedule?: Decidable
  readonly cursor?: string
  readonly now: string
  readonly pauses: readonly Pause[]
  readonly count?: number
}

describe('a paused schedule', () => {
  const cases: readonly [string, Given, readonly string[], (string | null)?][] = [
    ['decides nothing', { now: '05T12:00', pauses: [pause('05T10:30', null)] }, [], 'paused'],
    [
      'holds back also what was due, and not decided yet, when the pause began',
      { cursor: '05T08:00', now: '05T12:00', pauses: [pause('05T11:30', '05T11:45')] },
      ['marker 05T11:44 resumed 3', 'fire 05T12:00 scheduled'],
    ],
    [
      'settles what it held back as not fired, by one marker',
      { now: '05T13:00', pauses: [pause('05T10:30', '05T12:30')] },
      ['marker 05T12:29 resumed 2', 'fire 05T13:00 scheduled'],
    ],
    [
      'fires what falls on the very end of a pause',
      { now: '05T12:00', pauses: [pause('05T10:30', '05T12:00')] },
      ['marker 05T11:59 resumed 1', 'fire 05T12:00 scheduled'],
    ],
    [
      'writes nothing for a pause in which nothing was due',
      { now: '05T11:00', pauses: [pause('05T10:15', '05T10:45')] },
      ['fire 05T11:00 scheduled'],
    ],
    [
      'catches the latest up if the pause says so',
      { now: '05T13:30', pauses: [pause('05T10:30', '05T13:30', 'latest')] },
      ['marker 05T12:00 misfire 2', 'fire 05T13:00 misfire 3'],
    ],
    [
      'catches all up if the pause says so, whatever its own policy',
      { now: '05T13:30', pauses: [pause('05T10:30', '05T13:30', 'all')] },
      ['fire 05T11:00 misfire 1', 'fire 05T12:00 misfire 1', 'fire 05T13:00 misfire 1'],
    ],
    [
      'catches up no more than its misfire settings allow',
      {
        schedule: hourly({}, { misfire: { ...DEFAULT_MISFIRE, maxCount: 2 } }),
        now: '05T13:30',
        pauses: [pause('05T10:30', '05T13:30', 'all')],
      },
      ['marker 05T11:00 misfire 1', 'fire 05T12:00 misfire 1', 'fire 05T13:00 misfire 1'],
    ],
    [
      'catches up nothing that is older than its maxLateness',
      {
        schedule: hourly({}, { misfire: { ...DEFAULT_MISFIRE, maxLatenessMs: 60_000 } }),
        now: '05T13:30',
        pauses: [pause('05T10:30', '05T13:30', 'latest')],
      },
      ['marker 05T13:00 misfire 3'],
    ],
    [
      'goes by its misfire policy for what was missed after the pause had ended, with nobody there',
      { now: '05T15:30', pauses: [pause('05T10:30', '05T12:30')] },
      ['marker 05T12:29 resumed 2', 'marker 05T14:00 misfire 2', 'fire 05T15:00 misfire 3'],
    ],
    [
      'stays paused while any pause holds',
      { now: '05T13:00', pauses: [pause('05T10:30', '05T11:30', 'all'), pause('05T11:15', null, 'all')] },
      [],
      'paused',
    ],
    [
      'catches up only what every pause over it lets it',
      {
        now: '05T15:00',
        pauses: [pause('05T10:30', '05T13:30', 'all'), pause('05T12:30', '05T14:30', 'discard')],
      },
      [
        'fire 05T11:00 misfire 1',
        'fire 05T12:00 misfire 1',
        'marker 05T14:29 resumed 2',
        'fire 05T15:00 scheduled',
      ],
    ],
    [
      'catches the latest up where another pause would have all',
      {
        now: '05T13:30',
        pauses: [pause('05T10:30', '05T13:30', 'latest'), pause('05T10:30', '05T13:30', 'all')],
      },
      ['marker 05T12:00 misfire 2', 'fire 05T13:00 misfire 3'],
    ],
    [
      'is settled pause by pause when several have ended with nobody there',
      {
        now: '05T15:00',
        pauses: [pause('05T10:30', '05T11:30', 'all'), pause('05T13:30', '05T14:30', 'discard')],
      },
      ['fire 05T11:00 misfire 1', 'marker 05T14:29 resumed 3', 'fire 05T15:00 scheduled'],
    ],
    [
      'takes no notice of a pause that was over before it began',
      { now: '05T11:00', pauses: [pause('05T10:50', '05T10:20')] },
      ['fire 05T11:00 scheduled'],
    ],
    [
      'takes no notice of a pause that it settled long ago',
      { now: '05T11:00', pauses: [pause('04T10:00', '04T12:00')] },
      ['fire 05T11:00 scheduled'],
    ],
    [
      'is held by a pause of the future if the clock has gone back meanwhile',
      { now: '05T11:00', pauses: [pause('05T11:30', null)] },
      [],
      'paused',
    ],
    [
      'is suspended first of all',
      {
        schedule: hourly({}, { suspension: { until: null } }),
        now: '05T12:00',
        pauses: [pause('05T10:30', null)],
      },
      [],
      'suspended',
    ],
    [
      'is still paused when its suspension ends',
      {
        schedule: hourly({}, { suspension: { until: at('05T11:30') } }),
        now: '05T12:00',
        pauses: [pause('05T10:30', null, 'all')],
      },
      [],
      'paused',
    ],
    [
      'makes up for nothing of a suspension, whatever the pause says',
      {
        schedule: hourly({}, { suspension: { until: at('05T11:30') } }),
        now: '05T13:00',
        pauses: [pause('05T10:30', '05T12:30', 'all')],
      },
      ['marker 05T11:29 resumed 1', 'fire 05T12:00 misfire 1', 'fire 05T13:00 scheduled'],
    ],
    [
      'waits with its catch-up until its calendar opens',
      {
        schedule: hourly({ calendar: 'market', triggers: [{ cron: '0 22 * * *' }] }),
        now: '06T01:00',
        pauses: [pause('05T10:30', '06T01:00', 'latest')],
      },
      [],
      'held-until-open',
    ],
    [
      'leaves what lies beyond its coverage open',
      {
        schedule: hourly({ calendar: 'market', triggers: [{ cron: '0 22 * * *' }] }),
        cursor: '29T23:00',
        now: '33T13:00',
        pauses: [{ from: at('30T12:00'), until: at('31T00:00') + 60 * 3_600_000, missed: 'discard' }],
      },
      ['marker 01T21:59 resumed 1'],
      'out-of-coverage',
    ],
    [
      'writes nothing once it has fired maxFires times',
      {
        schedule: hourly({}, { maxFires: 3 }),
        count: 3,
        now: '05T13:00',
        pauses: [pause('05T10:30', '05T12:30', 'all')],
      },
      [],
      'exhausted',
    ],
  ]
  it.each(cases)('%s', (_, given, expected, condition = null) => {
    const { schedule = hourly(), cursor = '05T10:00', now, pauses, count = 0 } = given
    const when = (text: string) => {
      const [day = '', time = ''] = text.split('T')
      return at(`01T${time}`) + (Number(day) - 1) * 86_400_000
    }
    const decision = decide(schedule, { cursor: when(cursor), count, pauses }, when(now))
    expect(briefly(decision)).toEqual(expected)
    expect(decision.condition).toBe(condition)
  })

  it('is decided again when the last of its pauses ends by itself', () => {
    const pauses = [pause('05T10:30', '05T12:00'), pause('05T10:40', '05T14:00')]
    const decision = decide(hourly(), { cursor: at('05T10:00'), count: 0, pauses }, at('05T11:00'))
    expect(decision.wakeAt).toBe(at('05T14:00'))
  })

  it('is settled by an edit up to the edit, as superseded', () => {
    const pauses = [pause('05T10:30', null, 'all')]
    const decision = decideCut(
      hourly(),
      { cursor: at('05T10:00'), count: 0, pauses },
      { cutAt: at('05T12:30'), reason: 'superseded' },
    )
    expect(briefly(decision)).toEqual(['marker 05T12:30 superseded 2'])
  })

  it('decides the same again once what it decided is stored', () => {
    const pauses = [pause('05T10:30', '05T13:30', 'all'), pause('05T12:30', '05T14:30', 'discard')]
    const whole = briefly(decide(hourly(), { cursor: at('05T10:00'), count: 0, pauses }, at('05T15:00')))
    const stored = decide(hourly(), { cursor: at('05T10:00'), count: 0, pauses }, at('05T15:00')).entries
    stored.forEach((entry, index) => {
      const rest = decide(hourly(), { cursor: entry.nominal, count: 0, pauses }, at('05T15:00'))
      expect(briefly(rest)).toEqual(whole.slice(index + 1))
    })
  })
})

describe('the record of a pause', () => {
  const wanted = { by: 'ann', reason: 'release', until: null, missed: 'discard' } as const
  const since = at('05T10:00')
  const running: Override = paused(NO_OVERRIDE, wanted, since)

  it('keeps since when it is paused when it is paused again', () => {
    const changed = paused(running, { ...wanted, by: 'bob', missed: 'all' }, since + 5)
    expect(changed.pause).toEqual({ ...wanted, by: 'bob', missed: 'all', at: since })
  })

  it('keeps what an ended pause held back, with what the resume says of it', () => {
    const over = ended(running, 'latest', since + 60_000)
    expect(pausesOf(over)).toEqual([{ from: since, until: since + 60_000, missed: 'latest' }])
    expect(holdingPause(over, since + 60_000)).toBeNull()
  })

  it('keeps an ended pause beside the next one of the same target', () => {
    const again = paused(ended(running, 'all', since + 60_000), wanted, since + 90_000)
    expect(pausesOf(again)).toEqual([
      { from: since, until: since + 60_000, missed: 'all' },
      { from: since + 90_000, until: null, missed: 'discard' },
    ])
  })

  it('is over when its time is over, whether or not somebody has recorded that', () => {
    const limited = paused(NO_OVERRIDE, { ...wanted, until: since + 1_000 }, since)
    expect(holdingPause(limited, since + 999)).not.toBeNull()
    expect(holdingPause(limited, since + 1_000)).toBeNull()
    expect(pausesOf(expired(limited, since + 1_000))).toEqual(pausesOf(limited))
    // A resume that comes after the end changes neither the end nor what was said about it.
    expect(pausesOf(ended(limited, 'all', since + 5_000))).toEqual(pausesOf(limited))
  })

  it('forgets an ended pause only when everybody has settled it', () => {
    const over = ended(running, null, since + 60_000)
    expect(settled(over, since + 59_998)).toBe(over)
    expect(settled(over, since + 59_999).ended).toEqual([])
  })

  it('is over from the moment of its end, also where a clock that was ahead has dated its beginning', () => {
    const now = since - 60_000
    expect(pausesOf(ended(running, null, now))).toMatchObject([{ from: now - 1, until: now }])
  })

  it('is read again as it was written', () => {
    const again = paused(ended(running, 'all', since + 60_000), wanted, since + 90_000)
    expect(parseOverride(JSON.stringify(again))).toEqual({ ok: true, value: again })
  })

  it.each([
    ['nothing', ''],
    ['what is no JSON', 'paused'],
    ['null', 'null'],
    ['another format', '{"format":2,"pause":null,"ended":[]}'],
    [
      'a pause without an author',
      '{"format":1,"pause":{"reason":"x","at":1,"until":null,"missed":"all"},"ended":[]}',
    ],
    [
      'an end that is text',
      '{"format":1,"pause":{"by":"a","reason":"x","at":1,"until":"2026","missed":"all"},"ended":[]}',
    ],
    [
      'an unknown missed',
      '{"format":1,"pause":{"by":"a","reason":"x","at":1,"until":null,"missed":"some"},"ended":[]}',
    ],
    ['ended pauses that are none', '{"format":1,"pause":null,"ended":[{"from":1}]}'],
    ['no list of ended pauses', '{"format":1,"pause":null}'],
  ])('is not read from %s', (_, text) => {
    expect(parseOverride(text).ok).toBe(false)
  })
})

describe('what is paused', () => {
  it.each([
    ['schedule/report', 'schedule/default/report'],
    ['schedule/billing/report', 'schedule/billing/report'],
    ['job/import', 'job/default/import'],
    ['adapter/ftp', 'adapter/default/ftp'],
    ['tenant/billing', 'tenant/billing'],
    ['everything', 'everything'],
  ])('%s is %s', (text, full) => {
    const target = parsePauseTarget(text)
    expect(target.ok && formatPauseTarget(target.value)).toBe(full)
  })

  it.each([
    '',
    'report',
    'schedule',
    'schedule/',
    'everything/x',
    'tenant/a/b',
    'job/a/b/c',
    'job/A',
    'job/a.b',
  ])('%j is nothing', (text) => {
    expect(parsePauseTarget(text).ok).toBe(false)
  })

  it.each([
    ['everything', true],
    ['tenant/default', true],
    ['tenant/billing', false],
    ['schedule/report', true],
    ['schedule/billing/report', false],
    ['schedule/other', false],
    ['job/import', true],
    ['job/billing/import', false],
    ['adapter/import', false],
  ])('%s stops the firing of schedule report of job import: %s', (text, expected) => {
    const target = parsePauseTarget(text)
    if (!target.ok) throw new Error(target.error)
    expect(stops(target.value, { key: { tenant: 'default', schedule: 'report' }, job: 'import' })).toBe(
      expected,
    )
  })
})
