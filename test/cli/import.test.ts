import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { belfry } from '../support/command-line.ts'

const TREE = join(import.meta.dirname, 'preview-tree')

const lines = (...text: readonly string[]) => `${text.join('\r\n')}\r\n`
const DIARY = lines(
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'X-WR-TIMEZONE:America/New_York',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTART:20260103T100000Z',
  'SUMMARY:Meeting',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'UID:2',
  'DTSTART;VALUE=DATE:20260619',
  'SUMMARY:Juneteenth',
  'END:VEVENT',
  'END:VCALENDAR',
)

describe('belfry import ics', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'belfry-import-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('prints a Calendar that is valid, and lists what could not be carried over', async () => {
    writeFileSync(join(folder, 'My Holidays.ics'), DIARY)
    const run = await belfry(folder, 'import', 'ics', 'My Holidays.ics')
    expect(run.code).toBe(0)
    expect(run.stderr).toMatch(
      /^My Holidays.ics:4: not carried over: Meeting: .*\nOne thing was not carried over.\n$/,
    )
    writeFileSync(join(folder, 'imported.yaml'), run.stdout)
    expect((await belfry(folder, 'validate', 'imported.yaml', '--at', '2026-01-01')).code).toBe(0)
    const days = await belfry(
      folder,
      ...[
        'calendar',
        'days',
        'my-holidays',
        '--tree',
        'imported.yaml',
        '--from',
        '2026-01-01',
        '--format',
        'json',
      ],
    )
    expect(JSON.parse(days.stdout)).toEqual([
      { date: '2026-06-19', kind: 'closed', name: 'Juneteenth', rule: 'dates-2026' },
    ])
  })

  it('gives back what it exported', async () => {
    const range = ['--from', '2026-01-01', '--to', '2026-12-31']
    const exported = await belfry(TREE, 'export', 'ics', 'market', ...range, '--at', '2026-01-01')
    expect(exported.code).toBe(0)
    writeFileSync(join(folder, 'market.ics'), exported.stdout)
    writeFileSync(join(folder, 'market.yaml'), (await belfry(folder, 'import', 'ics', 'market.ics')).stdout)
    const closed = async (cwd: string, ...tree: readonly string[]) => {
      const { stdout } = await belfry(
        cwd,
        'calendar',
        'days',
        'market',
        ...tree,
        ...range,
        '--format',
        'json',
      )
      return JSON.parse(stdout)
        .filter(({ kind }: { kind: string }) => kind === 'closed')
        .map(({ date, name }: { date: string; name: string }) => `${date} ${name}`)
    }
    expect(await closed(folder, '--tree', 'market.yaml')).toEqual(await closed(TREE))
  })

  it('says what is wrong with a file that is no calendar', async () => {
    writeFileSync(join(folder, 'x.ics'), 'hello')
    const run = await belfry(folder, 'import', 'ics', 'x.ics')
    expect(run.code).toBe(1)
    expect(run.stdout).toBe('')
    expect(run.stderr).toContain('[invalid-ics]')
  })

  it('names a file that it cannot read', async () => {
    const run = await belfry(folder, 'import', 'ics', 'none.ics')
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('none.ics cannot be read')
  })
})
