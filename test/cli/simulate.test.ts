import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { belfry, belfryInColor } from '../support/command-line.ts'
import { blocksOf, pageAt } from '../support/markdown.ts'

const TREE = join(import.meta.dirname, 'preview-tree')
const GOLDEN = join(import.meta.dirname, '../golden/simulate')
const PERIOD = ['--from', '2026-03-07', '--to', '2026-03-15']

const simulate = (...args: readonly string[]) => belfry(TREE, 'simulate', ...args)

describe('belfry simulate plays', () => {
  it.each([
    [
      'outages',
      ['closing', 'rolled', 'trial', 'paused', ...PERIOD],
      ['--down', '2026-03-10T20:00Z..2026-03-11T10:00Z', '--down', '2026-03-13..2026-03-14'],
    ],
    ['whole-tree', [], [...PERIOD, '--down', '2026-03-07T20:00..2026-03-08T10:00', '--unusual']],
    ['out-of-coverage', ['closing'], ['--from', '2026-12-30', '--to', '2027-01-10']],
    ['end-of-a-suspension', ['paused'], ['--from', '2026-03-28', '--to', '2026-04-03']],
    [
      'ends-amid-an-outage',
      ['closing', 'backup'],
      ['--from', '2026-03-10', '--to', '2026-03-12', '--down', '2026-03-11..2026-03-20', '--unusual'],
    ],
    [
      'another-zone',
      ['backup'],
      [
        ...[
          '--from',
          '2026-03-08',
          '--to',
          '2026-03-08T04:00',
          '--down',
          '2026-03-07T23:30..2026-03-08T00:30',
        ],
        ...['--timezone', 'America/New_York'],
      ],
    ],
    ['summary', [], [...PERIOD, '--down', '2026-03-10..2026-03-11T12:00', '--summary']],
  ])('%s', async (name, schedules, args) => {
    const { code, stdout } = await simulate(...schedules, ...args)
    expect(code).toBe(0)
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`))
  })
})

describe('belfry simulate --format json', () => {
  it('prints each event, and at the end the sums', async () => {
    const { stdout } = await simulate(
      ...['trial', '--from', '2026-03-10T20:00Z', '--to', '2026-03-11T22:00Z'],
      ...['--down', '2026-03-10T20:30Z..2026-03-11T10:00Z', '--format', 'json'],
    )
    expect(JSON.parse(stdout)).toEqual([
      { kind: 'down', at: '2026-03-10T20:30:00Z' },
      { kind: 'up', at: '2026-03-11T10:00:00Z' },
      {
        kind: 'marker',
        at: '2026-03-11T10:00:00Z',
        schedule: 'default/trial',
        nominal: '2026-03-10T21:00:00Z',
        local: '2026-03-10T21:00:00+00:00',
        reason: 'misfire',
        settledCount: 1,
      },
      {
        kind: 'fire',
        at: '2026-03-11T10:00:00Z',
        schedule: 'default/trial',
        nominal: '2026-03-11T09:00:00Z',
        local: '2026-03-11T09:00:00+00:00',
        reason: 'misfire',
        asked: null,
        missedCount: 2,
        lateMs: 3_600_000,
      },
      {
        kind: 'fire',
        at: '2026-03-11T21:00:00Z',
        schedule: 'default/trial',
        nominal: '2026-03-11T21:00:00Z',
        local: '2026-03-11T21:00:00+00:00',
        reason: 'scheduled',
        asked: null,
        missedCount: null,
        lateMs: 0,
      },
      {
        kind: 'summary',
        onTime: 1,
        late: 0,
        caughtUp: 1,
        missed: 1,
        undecided: 0,
        uncounted: 0,
        leftOut: {},
        worst: {
          schedule: 'default/trial',
          nominal: '2026-03-11T09:00:00Z',
          at: '2026-03-11T10:00:00Z',
          lateMs: 3_600_000,
        },
      },
    ])
  })

  it('has every kind of event', async () => {
    const args = ['--from', '2026-03-28', '--to', '2027-01-05', '--unusual', '--format', 'json']
    const { stdout } = await simulate(
      'closing',
      'rolled',
      'paused',
      ...args,
      '--down',
      '2026-04-06..2026-04-08',
    )
    const events: readonly { readonly kind: string }[] = JSON.parse(stdout)
    const firstOf = (kind: string) => events.find((event) => event.kind === kind)
    const kinds = ['condition', 'not-fired', 'down', 'up', 'fire', 'marker', 'summary']
    await expect(`${JSON.stringify(kinds.map(firstOf), null, 2)}\n`).toMatchFileSnapshot(
      join(GOLDEN, 'kinds.json'),
    )
  })

  it('sums up each schedule with --summary', async () => {
    const { stdout } = await simulate(...PERIOD, '--summary', '--format', 'json')
    const totals = JSON.parse(stdout)
    const none = { late: 0, caughtUp: 0, missed: 0, undecided: 0, uncounted: 0 }
    expect(totals).toContainEqual({
      ...{ kind: 'schedule', schedule: 'default/closing', onTime: 5 },
      ...{ ...none, leftOut: { closed: 3 } },
    })
    expect(totals).toContainEqual({
      ...{ kind: 'schedule', schedule: 'default/backup', onTime: 188 },
      ...{ ...none, leftOut: { blackout: 4 } },
    })
    expect(totals.at(-1)).toMatchObject({ kind: 'summary', worst: null })
  })

  it('is short of its summary, but valid, when the command is asked to end', async () => {
    const ending = new AbortController()
    let stdout = ''
    let stderr = ''
    const code = await runCli(['simulate', 'backup', ...PERIOD, '--format', 'json'], {
      stdout: (text) => {
        stdout += text
        if (stdout.length > 2_000) ending.abort()
      },
      stderr: (text) => {
        stderr += text
      },
      color: false,
      interactive: false,
      columns: 100,
      cwd: TREE,
      env: {},
      signal: ending.signal,
    })
    expect(code).toBe(1)
    expect(stderr).toBe('ended before the period was played to its end\n')
    const events: readonly { readonly kind: string }[] = JSON.parse(stdout)
    expect(events.length).toBeGreaterThan(5)
    expect(events.length).toBeLessThan(50)
    expect(events.map(({ kind }) => kind)).not.toContain('summary')
  })
})

describe('belfry simulate', () => {
  it('reads local times in UTC, whatever the zones of the schedules are', async () => {
    const args = ['closing', '--to', '2026-03-12', '--format', 'json', '--from']
    const local = await simulate(...args, '2026-03-09', '--down', '2026-03-09T20:00..2026-03-09T23:00')
    const utc = await simulate(
      ...args,
      '2026-03-09T00:00Z',
      '--down',
      '2026-03-09T20:00Z..2026-03-10T04:30+05:30',
    )
    expect(local.stdout).toBe(utc.stdout)
    expect(local.stdout).toContain('"lateMs":3600000')
  })

  it('takes overlapping outages for one', async () => {
    const down = ['--down', '2026-03-09..2026-03-10', '--down', '2026-03-09T12:00..2026-03-11']
    const two = await simulate('closing', ...PERIOD, ...down)
    const one = await simulate('closing', ...PERIOD, '--down', '2026-03-09..2026-03-11')
    expect(two.stdout).toBe(one.stdout)
  })

  it('uses colours only where they are allowed', async () => {
    const colorCode = '\u001b['
    expect((await simulate('closing', ...PERIOD)).stdout).not.toContain(colorCode)
    expect((await belfryInColor(TREE, 'simulate', 'closing', ...PERIOD)).stdout).toContain(colorCode)
  })

  it.each([
    [['--down', '2026-03-10'], '--down 2026-03-10 is not a stretch of time; expected INSTANT..INSTANT'],
    [['--down', '..2026-03-10'], '--down ..2026-03-10 is not a stretch of time'],
    [['--down', 'a..b..c'], '--down a..b..c is not a stretch of time'],
    [['--down', '2026-03-11..2026-03-10'], '--down 2026-03-11..2026-03-10 does not end after it begins'],
    [['--down', 'a..b'], '--down a is not an instant; expected'],
    [
      ['--down', '2026-03-10..2026-03-11', '2026-03-12..2026-03-13'],
      '2026-03-12..2026-03-13 is not a schedule; give --down before each outage',
    ],
    [['--to', '2026-03-07'], '--to is not after --from'],
    [['--timezone', 'UTX'], '--timezone UTX is not a time zone'],
    [['closin'], 'there is no schedule "closin"; did you mean "closing"?'],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await simulate(...PERIOD, ...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })

  it('says which problems an invalid tree has, with exit code 1', async () => {
    const { code, stdout, stderr } = await belfry(import.meta.dirname, 'simulate', '--tree', 'nothing-here')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('nothing-here')
  })

  it('prints what the guide shows', async () => {
    const guide = pageAt('docs/guides/load-and-simulate.md')
    const shown = blocksOf(guide, 'console').filter((block) => block.startsWith('$ npx belfry simulate '))
    expect(shown.length).toBe(1)
    const [line = '', ...output] = shown[0]!.trimEnd().split('\n')
    const { stdout } = await belfry(TREE, ...line.split(' ').slice(3))
    expect(stdout.trimEnd().split('\n')).toEqual(output)
  })
})
