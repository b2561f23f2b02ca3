import fc from 'fast-check'
import { IANAZone } from 'luxon'
import { describe, expect, it } from 'vitest'
import { type DstPolicy, firstInstantOf, instantsOf } from '../../../src/core/time/dst.ts'
import { formatInstant } from '../../../src/core/time/instant.ts'
import { parseLocal } from '../../../src/core/time/local.ts'
import { zoneOf } from '../../../src/core/time/zone.ts'
import { zoneNamed } from '../../support/fires.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { ODD_ZONES, slowOffset, slowTransitions } from '../../support/slow-zone.ts'

function changesOf(zone: string, from: number, to: number): string[] {
  return zoneNamed(zone)
    .transitions(Date.UTC(from, 0, 1), Date.UTC(to, 0, 1))
    .map((change) => `${formatInstant(change.at)} ${change.offsetBefore} ${change.offsetAfter}`)
}

describe('a zone', () => {
  it(
    'has the offset that luxon and the clock of the runtime know, in every zone and year',
    () => {
      const names = [...Intl.supportedValuesOf('timeZone'), ...ODD_ZONES]
      const seconds = fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: -2_500_000_000, max: 4_500_000_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: -6_000_000_000, max: 20_000_000_000 }) },
      )
      fc.assert(
        fc.property(fc.constantFrom(...names), seconds, (name, second) => {
          const luxon = Math.round(IANAZone.create(name).offset(second * 1000) * 60)
          expect([name, second, zoneNamed(name).offsetAt(second * 1000)]).toEqual([name, second, luxon])
          expect(slowOffset(name, second)).toBe(luxon)
        }),
        propertyRuns(60),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'has the same offset whatever was asked before',
    () => {
      const seconds = fc.integer({ min: -1_000_000_000, max: 3_000_000_000 })
      fc.assert(
        fc.property(fc.constantFrom(...ODD_ZONES), fc.array(seconds, { maxLength: 6 }), (name, asked) => {
          const zone = zoneNamed(name)
          for (const second of asked) expect(zone.offsetAt(second * 1000)).toBe(slowOffset(name, second))
        }),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it.each(ODD_ZONES)('%s changes its offset exactly when the clock of the runtime does', (name) => {
    const from = Date.UTC(1990, 0, 1)
    const to = Date.UTC(2035, 0, 1)
    expect(
      zoneNamed(name)
        .transitions(from, to)
        .map(({ at, offsetBefore, offsetAfter }) => ({
          at: at / 1000,
          before: offsetBefore,
          after: offsetAfter,
        })),
    ).toEqual(slowTransitions(name))
  })

  it('knows days that do not exist, half-hour changes, several changes a year, and seconds of old times', () => {
    expect(changesOf('Pacific/Apia', 2011, 2012)).toContain('2011-12-30T10:00:00Z -36000 50400')
    expect(changesOf('Australia/Lord_Howe', 2026, 2027)).toEqual([
      '2026-04-04T15:00:00Z 39600 37800',
      '2026-10-03T15:30:00Z 37800 39600',
    ])
    expect(changesOf('Africa/Casablanca', 2012, 2013)).toHaveLength(4)
    expect(changesOf('Antarctica/Troll', 2026, 2027)).toEqual([
      '2026-03-29T01:00:00Z 0 7200',
      '2026-10-25T01:00:00Z 7200 0',
    ])
    expect(zoneNamed('America/New_York').offsetAt(Date.UTC(1883, 0, 1))).toBe(-17_762)
    expect(changesOf('Asia/Kolkata', 1990, 2100)).toEqual([])
    expect(changesOf('UTC', 1, 9999)).toEqual([])
  })

  it('sees the shortest stretch of one offset there ever was: four days in Freetown, 1939', () => {
    expect(changesOf('Africa/Freetown', 1939, 1940)).toHaveLength(
      slowChangesByHour('Africa/Freetown', Date.UTC(1939, 0, 1) / 1000, Date.UTC(1940, 0, 1) / 1000),
    )
  })

  it('goes on by the yearly rules as far as dates go', () => {
    expect(changesOf('Europe/London', 9998, 9999)).toEqual([
      '9998-03-29T01:00:00Z 0 3600',
      '9998-10-25T01:00:00Z 3600 0',
    ])
    expect(zoneNamed('Europe/London').offsetAt(Date.UTC(9999, 6, 1))).toBe(3600)
  })

  it('of an old name is the one of its new name', () => {
    expect(changesOf('Asia/Calcutta', 1900, 2000)).toEqual(changesOf('Asia/Kolkata', 1900, 2000))
    expect(zoneNamed('Asia/Kolkata').name).toBe('Asia/Kolkata')
  })

  it.each([
    'UTC',
    'Etc/UTC',
    'GMT',
    'Etc/GMT+5',
    'America/Argentina/Buenos_Aires',
    'Asia/Ho_Chi_Minh',
    'Europe/Kyiv',
  ])('%s is one', (name) => {
    expect(zoneOf(name).ok).toBe(true)
  })

  it.each([
    ['Asia/Kolkatta', 'Asia/Kolkata'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['america/new_york', 'America/New_York'],
    ['Europe/Londn', 'Europe/London'],
    ['utc', 'UTC'],
    ['+05:30', undefined],
    ['Mars/Olympus', undefined],
    ['', undefined],
  ])('"%s" is none, perhaps %s', (name, suggestion) => {
    const zone = zoneOf(name)
    expect(zone.ok ? undefined : zone.error).toMatchObject({ code: 'unknown-zone', found: name })
    expect(zone.ok ? undefined : zone.error.suggestion).toBe(suggestion)
  })
})

function slowChangesByHour(zone: string, from: number, to: number): number {
  let changes = 0
  for (let second = from; second < to; second += 3600) {
    if (slowOffset(zone, second) !== slowOffset(zone, second + 3600)) changes++
  }
  return changes
}

describe('a local time', () => {
  const local = (text: string) => parseLocal(text)!

  it('that is plain has one instant', () => {
    expect(zoneNamed('Asia/Kolkata').resolve(local('2026-01-27T22:00'))).toEqual({
      kind: 'unique',
      instant: Date.UTC(2026, 0, 27, 16, 30),
    })
  })

  it('that clocks skip lies in a gap', () => {
    expect(zoneNamed('Pacific/Apia').resolve(local('2011-12-30T12:00'))).toEqual({
      kind: 'gap',
      after: Date.UTC(2011, 11, 30, 10),
      shifted: Date.UTC(2011, 11, 30, 22),
      lengthSeconds: 86_400,
    })
  })

  it('that clocks show twice has two', () => {
    expect(zoneNamed('Australia/Lord_Howe').resolve(local('2026-04-05T01:45'))).toEqual({
      kind: 'overlap',
      first: Date.UTC(2026, 3, 4, 14, 45),
      last: Date.UTC(2026, 3, 4, 15, 15),
    })
  })

  it(
    'resolves to the instants at which the clock shows it',
    () => {
      const cases = fc.constantFrom(...ODD_ZONES).chain((name) => {
        const moments = slowTransitions(name).map((change) => change.at)
        return fc.record({
          name: fc.constant(name),
          at: fc.oneof(
            fc.integer({ min: 650_000_000, max: 2_040_000_000 }),
            ...(moments.length > 0
              ? [
                  fc
                    .tuple(fc.constantFrom(...moments), fc.integer({ min: -100_000, max: 100_000 }))
                    .map(([moment, distance]) => moment + distance),
                ]
              : []),
          ),
        })
      })
      fc.assert(
        fc.property(cases, ({ name, at }) => {
          const zone = zoneNamed(name)
          // Local times around the moment, in gaps, too.
          const wall = at + slowOffset(name, at - 90_000)
          const resolution = zone.resolve(wall)
          const offsets = new Set([-90_000, 0, 90_000].map((distance) => slowOffset(name, at + distance)))
          const instants = [...offsets]
            .map((offset) => wall - offset)
            .filter((second) => second + slowOffset(name, second) === wall)
            .sort((a, b) => a - b)
            .map((second) => second * 1000)
          const policy = { gap: 'skip', overlap: 'both' } as const
          expect([...instantsOf(zone, wall, policy)]).toEqual(instants)
          expect(resolution.kind).toBe(['gap', 'unique', 'overlap'][instants.length])
          expect(firstInstantOf(zone, wall, policy)).toBe(instants[0] ?? Number.NaN)
          if (resolution.kind === 'gap') {
            expect(slowOffset(name, resolution.after / 1000)).toBeGreaterThan(
              slowOffset(name, resolution.after / 1000 - 1),
            )
            expect(wall).toBeLessThan(zone.localAt(resolution.after))
            expect(resolution.shifted - resolution.after).toBe(
              (wall - zone.localAt(resolution.after - 1000) - 1) * 1000,
            )
          }
        }),
        propertyRuns(300),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it.each<[DstPolicy, string, string[]]>([
    [{ gap: 'next-valid', overlap: 'first' }, '2026-03-29T01:30', ['2026-03-29T01:00:00Z']],
    [{ gap: 'shift', overlap: 'first' }, '2026-03-29T01:30', ['2026-03-29T01:30:00Z']],
    [{ gap: 'skip', overlap: 'first' }, '2026-03-29T01:30', []],
    [{ gap: 'skip', overlap: 'first' }, '2026-10-25T01:30', ['2026-10-25T00:30:00Z']],
    [{ gap: 'skip', overlap: 'last' }, '2026-10-25T01:30', ['2026-10-25T01:30:00Z']],
    [{ gap: 'skip', overlap: 'both' }, '2026-10-25T01:30', ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']],
  ])('follows the policy %o at %s in London', (policy, text, instants) => {
    expect(instantsOf(zoneNamed('Europe/London'), local(text), policy).map(formatInstant)).toEqual(instants)
  })
})
