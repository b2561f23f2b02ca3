import { join } from 'node:path'
import { CronExpressionParser } from 'cron-parser'
import { describe, expect, it } from 'vitest'
import { belfry } from '../support/command-line.ts'

const TREE = join(import.meta.dirname, 'preview-tree')
const GOLDEN = join(import.meta.dirname, '../golden/next')

const next = (...args: readonly string[]) => belfry(TREE, 'next', ...args)
const rows = async (...args: readonly string[]) =>
  JSON.parse((await next(...args, '--format', 'json')).stdout)
const nominals = async (...args: readonly string[]) =>
  (await rows(...args)).map(({ nominal }: { nominal: string }) => nominal)

describe('belfry next --cron', () => {
  it('lists the fires of a bare expression without any tree', async () => {
    const run = await belfry(
      import.meta.dirname,
      ...['next', '--cron', '0 20 * * MON', '--timezone', 'Asia/Kolkata', '--from', '2026-11-22T00:00Z'],
      ...['--count', '2', '--format', 'json'],
    )
    expect(run.code).toBe(0)
    expect(JSON.parse(run.stdout)).toEqual([
      {
        nominal: '2026-11-23T14:30:00Z',
        local: '2026-11-23T20:00:00+05:30',
        trace: [{ step: 'pattern', text: 'cron "0 20 * * MON" asks for 2026-11-23T20:00:00 (Asia/Kolkata)' }],
      },
      {
        nominal: '2026-11-30T14:30:00Z',
        local: '2026-11-30T20:00:00+05:30',
        trace: [{ step: 'pattern', text: 'cron "0 20 * * MON" asks for 2026-11-30T20:00:00 (Asia/Kolkata)' }],
      },
    ])
  })

  it('is strictly after --from, as other engines are', async () => {
    const from = '2026-03-01T00:00:00Z'
    const peer = CronExpressionParser.parse('*/20 * * * *', { tz: 'UTC', currentDate: new Date(from) })
    const expected = Array.from({ length: 5 }, () => peer.next().toDate().toISOString().replace('.000Z', 'Z'))
    expect(await nominals('--cron', '*/20 * * * *', '--from', from, '--count', '5')).toEqual(expected)
  })

  it('takes a bare date as from its midnight on', async () => {
    expect(await nominals('--cron', '0 0 * * *', '--from', '2026-03-01', '--count', '1')).toEqual([
      '2026-03-01T00:00:00Z',
    ])
  })

  it('follows the policies that are asked for where clocks change', async () => {
    const night = [
      '--cron',
      '30 2 * * *',
      '--timezone',
      'America/New_York',
      '--from',
      '2026-03-08',
      '--count',
      '1',
    ]
    expect(await nominals(...night)).toEqual(['2026-03-08T07:00:00Z'])
    expect(await nominals(...night, '--dst-gap', 'shift')).toEqual(['2026-03-08T07:30:00Z'])
    expect(await nominals(...night, '--dst-gap', 'skip')).toEqual(['2026-03-09T06:30:00Z'])
    const twice = [
      '--cron',
      '30 1 * * *',
      '--timezone',
      'America/New_York',
      '--from',
      '2026-11-01',
      '--count',
      '2',
    ]
    expect(await nominals(...twice, '--dst-overlap', 'both')).toEqual([
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:30:00Z',
    ])
  })

  it('reads the dialect of Quartz', async () => {
    expect(
      await nominals(
        '--cron',
        '0 15 10 ? * 6L',
        '--dialect',
        'quartz',
        '--from',
        '2026-01-01',
        '--count',
        '1',
      ),
    ).toEqual(['2026-01-30T10:15:00Z'])
  })

  it('says what is wrong with an expression', async () => {
    const { code, stderr } = await next('--cron', '0 25 * * *')
    expect(code).toBe(1)
    expect(stderr).toContain('hour')
    expect(stderr).toContain('[invalid-cron]')
  })

  it('refuses options of a bare expression beside a schedule', async () => {
    const { code, stderr } = await next('closing', '--timezone', 'UTC')
    expect(code).toBe(2)
    expect(stderr).toContain('--timezone goes with --cron')
  })
})

describe('belfry next SCHEDULE', () => {
  const from = ['--from', '2026-03-31', '--at', '2026-03-31T12:00:00Z']

  it('shows what is skipped between the fires, with the rule and its place', async () => {
    const { stdout } = await next('closing', ...from, '--count', '5')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'closing.txt'))
  })

  it('says where a fire was moved from', async () => {
    const { stdout } = await next('rolled', ...from, '--count', '3')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'rolled.txt'))
  })

  it('tells many candidates of one day that do not fire as one', async () => {
    const { stdout } = await next(
      'backup',
      '--from',
      '2026-03-07T23:30Z',
      '--at',
      '2026-03-07T23:30Z',
      '--count',
      '2',
    )
    expect(stdout).toContain(
      'Sun 2026-03-08 01:00 +00:00  to 04:00, 4 times  skipped: maintenance (calendars/market.yaml:25)',
    )
  })

  it('prints fires only as JSON, and with --all every candidate with its outcome', async () => {
    const fires = await rows('closing', ...from, '--count', '4')
    expect(fires.map(({ local }: { local: string }) => local.slice(0, 10))).toEqual([
      '2026-03-31',
      '2026-04-01',
      '2026-04-02',
      '2026-04-06',
    ])
    expect(Object.keys(fires[0])).toEqual(['nominal', 'local', 'trace'])
    const all = await rows('closing', ...from, '--count', '4', '--all')
    expect(
      all.map(({ outcome, cause }: { outcome: string; cause: string | null }) => cause ?? outcome),
    ).toEqual(['fires', 'fires', 'fires', 'closed', 'closed', 'closed', 'fires'])
    expect(all[3].trace.at(-1)).toEqual({
      step: 'calendar',
      text: 'market is closed on 2026-04-03: Good Friday',
      name: 'Good Friday',
      position: { file: 'calendars/market.yaml', line: 11, column: 7 },
    })
  })

  it('says from when on nothing is decided because a calendar ends, and prints no fire beyond', async () => {
    const run = await next('closing', '--from', '2026-12-30', '--count', '9', '--format', 'json')
    expect(JSON.parse(run.stdout)).toHaveLength(2)
    expect(run.stderr).toContain(
      'default/closing: nothing is decided from Fri 2027-01-01 18:00 -05:00 on: held: after 2026-12-31, where coverage ends (hold) (calendars/market.yaml:8)',
    )
  })

  it('fires nothing before a suspension ends, and says so', async () => {
    const run = await next('paused', '--from', '2026-03-01', '--count', '1', '--format', 'json')
    expect(JSON.parse(run.stdout)).toMatchObject([{ nominal: '2026-04-01T12:00:00Z' }])
    expect(run.stderr).toContain('default/paused is suspended until 2026-04-01 (broker migration)')
  })

  it('begins at activeFrom, included', async () => {
    const run = await next('from-april', '--from', '2026-03-01', '--count', '1', '--format', 'json')
    expect(JSON.parse(run.stdout)).toMatchObject([{ nominal: '2026-04-01T12:00:00Z' }])
    expect(run.stderr).toBe('default/from-april fires only from Wed 2026-04-01 12:00 +00:00 on\n')
  })

  it('ends at --to and at endsAt', async () => {
    expect(await nominals('trial', '--from', '2026-03-01')).toHaveLength(4)
    expect(await nominals('trial', '--from', '2026-03-01', '--to', '2026-03-11T09:00Z')).toEqual([
      '2026-03-10T09:00:00Z',
      '2026-03-10T21:00:00Z',
    ])
  })

  it('ends at once for a schedule whose calendar is closed for ever', async () => {
    const run = await next('forgotten', '--from', '2026-02-19', '--format', 'json')
    expect(JSON.parse(run.stdout)).toMatchObject([
      { nominal: '2026-02-19T06:00:00Z' },
      { nominal: '2026-02-20T06:00:00Z' },
    ])
    expect(run.stderr).toContain('default/forgotten: no more fires')
  })

  it('asks what was meant by a name that there is not, and of which tenant', async () => {
    const run = await next('closingg')
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('there is no schedule "closingg"; did you mean "closing"?')
  })
})

describe('belfry next for a whole tree', () => {
  it('lists the fires of all schedules in one order, each with its name', async () => {
    const found = await rows('--from', '2026-03-10T11:30Z', '--count', '4')
    expect(found.map(({ schedule, nominal }: Record<string, string>) => `${nominal} ${schedule}`)).toEqual([
      '2026-03-10T12:00:00Z default/backup',
      '2026-03-10T12:00:00Z other/closing',
      '2026-03-10T13:00:00Z default/backup',
      '2026-03-10T14:00:00Z default/backup',
    ])
  })

  it('prints every problem of a tree that is not valid, and nothing else', async () => {
    const run = await belfry(
      join(import.meta.dirname, '../files/fixtures'),
      'next',
      '--tree',
      'twenty-mistakes',
    )
    expect(run.code).toBe(1)
    expect(run.stdout).toBe('')
    expect(run.stderr.match(/error:/g)?.length).toBeGreaterThan(15)
  })
})
