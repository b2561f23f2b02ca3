import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { belfry } from '../support/command-line.ts'

const TREE = join(import.meta.dirname, 'preview-tree')
const GOLDEN = join(import.meta.dirname, '../golden/calendar')
const REPOSITORY = join(import.meta.dirname, '../..')

const calendar = (...args: readonly string[]) => belfry(TREE, 'calendar', ...args)

describe('belfry calendar days', () => {
  it('lists closures, early closes and sessions as JSON, plain weekends left out', async () => {
    const { stdout } = await calendar(
      'days',
      'market',
      '--from',
      '2026-01-01',
      '--to',
      '2026-12-31',
      '--format',
      'json',
    )
    expect(JSON.parse(stdout)).toEqual([
      { date: '2026-01-01', kind: 'closed', name: 'New Year', rule: 'new-year' },
      {
        date: '2026-02-01',
        kind: 'session',
        name: 'Budget Sunday',
        rule: null,
        open: '09:30',
        close: '16:00',
      },
      { date: '2026-04-03', kind: 'closed', name: 'Good Friday', rule: 'good-friday' },
      { date: '2026-05-25', kind: 'closed', name: 'Memorial Day', rule: 'memorial' },
      {
        date: '2026-12-24',
        kind: 'early',
        name: 'Christmas Eve',
        rule: 'eve',
        open: '09:30',
        close: '13:00',
      },
      { date: '2026-12-25', kind: 'closed', name: 'Christmas', rule: 'christmas' },
    ])
  })

  it('shows the same with the place of each rule', async () => {
    const { stdout } = await calendar('days', 'market', '--from', '2026-01-01')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'days.txt'))
  })

  it('says which days of the range are not covered', async () => {
    const { stderr } = await calendar('days', 'market', '--from', '2026-12-01', '--to', '2027-01-31')
    expect(stderr).toBe('market covers no days after 2026-12-31 (afterEnd: hold)\n')
  })

  it('asks what was meant by a name that there is not', async () => {
    const run = await calendar('days', 'markt')
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('did you mean "market"?')
  })
})

describe('belfry calendar why', () => {
  it.each([
    ['closed', '2026-04-03'],
    ['early', '2026-12-24'],
    ['session', '2026-02-01'],
    ['usual', '2026-02-03'],
    ['uncovered', '2027-02-03'],
  ])('%s', async (name, date) => {
    const { stdout } = await calendar('why', 'market', date)
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, `why-${name}.txt`))
  })

  it('gives state, sessions and reasons as JSON', async () => {
    const { stdout } = await calendar('why', 'market', '2026-12-24', '--format', 'json')
    expect(JSON.parse(stdout)).toEqual({
      calendar: 'market',
      date: '2026-12-24',
      state: 'open',
      sessions: [
        {
          kind: 'early',
          name: 'Christmas Eve',
          open: '2026-12-24T09:30:00-05:00',
          close: '2026-12-24T13:00:00-05:00',
        },
      ],
      reasons: [
        {
          kind: 'early-close',
          name: 'Christmas Eve',
          rule: 'eve',
          calendar: 'market',
          time: '13:00',
          position: { file: 'calendars/market.yaml', line: 13, column: 7 },
        },
      ],
    })
  })
})

describe('belfry calendar compare', () => {
  it('shows the days that two calendars do not treat alike, side by side', async () => {
    const { stdout } = await calendar(
      'compare',
      'market',
      'ended',
      '--from',
      '2026-01-01',
      '--to',
      '2026-03-01',
    )
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'compare.txt'))
  })

  it('finds none between a calendar and itself', async () => {
    const { stdout } = await calendar(
      'compare',
      'market',
      'market',
      '--from',
      '2026-01-01',
      '--format',
      'json',
    )
    expect(JSON.parse(stdout)).toEqual([])
  })
})

describe('belfry calendar coverage', () => {
  it('shows how long each calendar lasts, and which ends soon', async () => {
    const { stdout } = await calendar('coverage', '--at', '2026-11-10T12:00:00Z')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'coverage.txt'))
  })

  it('gives days left by the calendar’s own today', async () => {
    const { stdout } = await calendar(
      'coverage',
      'market',
      '--at',
      '2026-12-31T23:00:00Z',
      '--format',
      'json',
    )
    expect(JSON.parse(stdout)).toEqual([
      {
        calendar: 'market',
        from: '2020-01-01',
        to: '2026-12-31',
        afterEnd: 'hold',
        daysLeft: 0,
        state: 'ending',
      },
    ])
    const later = await calendar('coverage', 'market', '--at', '2027-01-01T06:00:00Z', '--format', 'json')
    expect(JSON.parse(later.stdout)).toMatchObject([{ daysLeft: -1, state: 'ended' }])
  })

  it('knows every calendar that ships', async () => {
    const { stdout } = await belfry(
      REPOSITORY,
      'calendar',
      'coverage',
      '--tree',
      'calendars',
      '--format',
      'json',
    )
    const names = JSON.parse(stdout).map((row: { calendar: string }) => row.calendar)
    expect(names).toEqual(expect.arrayContaining(['jpx', 'lse', 'nse', 'nyse', 'target2', 'xetra']))
  })
})
