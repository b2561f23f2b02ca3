import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { belfry } from '../support/command-line.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText } from '../support/tree-of.ts'

const GOLDEN = fileURLToPath(new URL('../golden/plan', import.meta.url))
const AT = ['--at', '2026-01-19T00:00:00Z']

const calendar = (dates: string) =>
  calendarText(
    'market',
    `timezone: UTC, coverage: {from: 2026-01-01, to: 2026-12-31}, rules: [{id: feasts, dates: {${dates}}}]`,
  )
const daily = (name: string, more = '') =>
  scheduleText(name, `timezone: UTC, calendar: market, triggers: [{cron: "0 9 * * *"}]${more}`)

let folder: string
const write = (side: 'base' | 'head', text: string) => {
  mkdirSync(join(folder, side, 'schedules'), { recursive: true })
  writeFileSync(join(folder, side, 'schedules', 'tree.yaml'), text)
}
const plan = (...args: readonly string[]) =>
  belfry(join(folder, 'head'), 'plan', 'schedules', '--base', '../base', ...AT, ...args)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belfry-plan-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('belfry plan between two checkouts', () => {
  beforeEach(() => {
    const same = ADAPTER_AND_JOB + daily('reads')
    write(
      'base',
      `${same}${calendar('2026-01-26: Republic Day')}${daily('rolls', ', roll: following')}${daily('goes')}`,
    )
    write(
      'head',
      `${same}${calendar('2026-01-26: Republic Day, 2026-01-28: Strike')}${daily('rolls', ', roll: following')}${daily('comes', ', data: {a: 1}')}`,
    )
  })

  it.each([
    'text',
    'json',
  ])('shows objects, and fires added, removed and moved with the holiday that does it, as %s', async (format) => {
    const { code, stdout } = await plan('--format', format, '--days', '14')
    expect(code).toBe(2)
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, `calendar-edit.${format}.txt`))
  })
})

describe('the fires of a plan', () => {
  it('begin at activeFrom, as the engine lets them', async () => {
    write('base', ADAPTER_AND_JOB)
    const later = 'timezone: UTC, triggers: [{cron: "0 9 * * *"}], activeFrom: "2026-01-21T09:00:00Z"'
    write('head', ADAPTER_AND_JOB + scheduleText('later', later))
    const { stdout } = await plan('--days', '4')
    expect([...stdout.matchAll(/\+ (\S+T\S+)/g)].map(([, at]) => at)).toEqual([
      '2026-01-21T09:00:00+00:00',
      '2026-01-22T09:00:00+00:00',
    ])
  })
})

describe('the exit code of belfry plan', () => {
  it('is 0 when nothing changes, whatever is moved between lines and comments', async () => {
    write('base', ADAPTER_AND_JOB + calendar('2026-01-26: Republic Day') + daily('reads'))
    write('head', `# a comment\n${ADAPTER_AND_JOB}${daily('reads')}${calendar('2026-01-26: Republic Day')}`)
    expect(await plan()).toMatchObject({ code: 0 })
  })

  it('is 1 for a tree that is not valid, and every problem is told', async () => {
    write('base', ADAPTER_AND_JOB)
    write(
      'head',
      ADAPTER_AND_JOB +
        scheduleText('wrong', 'timezone: UTC, triggers: [{cron: "61 * * * *"}, {cron: "* 25 * * *"}]'),
    )
    const { code, stderr } = await plan()
    expect(code).toBe(1)
    expect(stderr).toContain('schedules/tree.yaml:')
    expect(stderr).toContain('2 problems')
  })

  it('is 1 for a plan that the prune guard refuses, with the flag that allows it', async () => {
    const many = Array.from({ length: 12 }, (_, index) => daily(`many-${index}`)).join('')
    write('base', ADAPTER_AND_JOB + calendar('2026-01-26: Republic Day') + many)
    write('head', ADAPTER_AND_JOB + calendar('2026-01-26: Republic Day'))
    const refused = await plan()
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('--max-prune 12,80%')
    expect(await plan('--max-prune', '12,80%')).toMatchObject({ code: 2 })
  })

  it('is 1 for wrong usage, since 2 says that there are changes', async () => {
    write('base', ADAPTER_AND_JOB)
    write('head', ADAPTER_AND_JOB)
    expect(await plan('--days', '401')).toMatchObject({ code: 1 })
    expect(await plan('--no-such-option')).toMatchObject({ code: 1 })
  })
})
