import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { belfry } from '../support/command-line.ts'

const TREE = join(import.meta.dirname, 'preview-tree')
const GOLDEN = join(import.meta.dirname, '../golden/explain')
const AT = ['--at', '2026-01-05T00:00:00Z']

const explain = (schedule: string, when: string, ...more: readonly string[]) =>
  belfry(TREE, 'explain', schedule, when, ...AT, ...more)

describe('belfry explain says why, with the rule and its place', () => {
  it.each([
    ['closed', 'closing', '2026-04-03'],
    ['early-close', 'closing', '2026-12-24'],
    ['rolled-from', 'rolled', '2026-04-03'],
    ['rolled-to', 'rolled', '2026-04-06'],
    ['blackout', 'backup', '2026-03-08'],
    ['daylight-saving-gap', 'early', '2026-03-08'],
    ['daylight-saving-gap-left-out', 'early-or-not', '2026-03-08'],
    ['daylight-saving-overlap', 'early-or-not', '2026-11-01'],
    ['out-of-coverage', 'closing', '2027-01-04'],
    ['rolls-out-of-coverage', 'rolled', '2027-01-01'],
    ['after-the-end-closed', 'forgotten', '2026-02-23'],
    ['before-startsAt', 'trial', '2026-03-09'],
    ['endsAt', 'trial', '2026-03-12'],
    ['suspended', 'paused', '2026-03-31'],
    ['not-yet-active', 'from-april', '2026-03-31'],
    ['no-such-business-day', 'month-end', '2026-02-28'],
    ['no-session', 'after-close', '2026-04-03'],
    ['nothing-asked', 'rolled', '2026-04-08'],
    ['instant', 'closing', '2026-04-03T18:00'],
    ['instant-asked-for', 'rolled', '2026-04-03T18:00'],
    ['instant-with-nothing', 'closing', '2026-04-03T17:59'],
  ])('%s', async (name, schedule, when) => {
    const text = await explain(schedule, when)
    expect(text.code).toBe(0)
    await expect(text.stdout).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`))
  })

  it('prints the same as JSON, with the whole trace of every candidate', async () => {
    const { stdout } = await explain('rolled', '2026-04-06', '--format', 'json')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'rolled-to.json'))
  })
})

describe('belfry explain', () => {
  it('asks what was meant when there is no such schedule', async () => {
    const { code, stderr } = await explain('closin', '2026-04-03')
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean "closing"?')
  })

  it('finds a schedule of another tenant by its full name', async () => {
    const { stdout } = await explain('other/closing', '2026-04-03')
    expect(stdout).toMatch(
      /^other\/closing on Fri 2026-04-03 {2}UTC\n\nFri 2026-04-03 12:00 \+00:00 {2}fires\n/,
    )
  })

  it('explains a schedule that does not do what its tree expects of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'belfry-explain-'))
    try {
      cpSync(TREE, folder, { recursive: true })
      const file = join(folder, 'schedules/schedules.yaml')
      const wrong = 'jitter: 5m\n  expect: [{at: "2026-04-03T18:00", fires: true}]\n'
      writeFileSync(file, readFileSync(file, 'utf8').replace('jitter: 5m\n', wrong))
      expect((await belfry(folder, 'validate', ...AT)).stdout).toContain('[expectation-failed]')
      expect(await belfry(folder, 'explain', 'closing', '2026-04-03', ...AT)).toMatchObject({
        code: 0,
        stderr: '',
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses what is neither a date nor an instant', async () => {
    const { code, stderr } = await explain('closing', '2026-13-03')
    expect(code).toBe(2)
    expect(stderr).toContain('2026-13-03 is not an instant')
  })
})
