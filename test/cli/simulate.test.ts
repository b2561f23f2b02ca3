import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { belfry } from '../support/command-line.ts'

const TREE = join(import.meta.dirname, 'preview-tree')
const GOLDEN = join(import.meta.dirname, '../golden/simulate')
const PERIOD = ['--from', '2026-03-07', '--to', '2026-03-15']

const simulate = (...args: readonly string[]) => belfry(TREE, 'simulate', ...args)

describe('belfry simulate', () => {
  it('plays a period with an outage: late fires, what is caught up, what is left out and why', async () => {
    const { code, stdout } = await simulate(
      ...['closing', 'rolled', 'trial', 'paused', ...PERIOD],
      ...['--down', '2026-03-10T20:00Z..2026-03-11T10:00Z', '--down', '2026-03-13..2026-03-14'],
    )
    expect(code).toBe(0)
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'outages.txt'))
  })

  it('says when a schedule is held because its calendar ends', async () => {
    const { stdout } = await simulate('closing', '--from', '2026-12-30', '--to', '2027-01-10')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'out-of-coverage.txt'))
  })

  it('prints each event as JSON', async () => {
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
    ])
  })

  it('sums up each schedule', async () => {
    const { stdout } = await simulate(...PERIOD, '--summary', '--format', 'json')
    const totals = JSON.parse(stdout)
    expect(totals).toHaveLength(11)
    expect(totals).toContainEqual({ schedule: 'default/closing', fires: 5, late: 0, missed: 0, skipped: 3 })
    expect(totals).toContainEqual({ schedule: 'default/backup', fires: 188, late: 0, missed: 0, skipped: 4 })
  })

  it('refuses an outage that is no stretch of time', async () => {
    for (const down of ['2026-03-10', '..2026-03-10', '2026-03-11..2026-03-10', 'a..b']) {
      const { code, stderr } = await simulate('closing', ...PERIOD, '--down', down)
      expect(code).toBe(2)
      expect(stderr).toContain('--down')
    }
  })
})
