import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { belfry, belfryInColor } from '../support/command-line.ts'

const FIXTURES = fileURLToPath(new URL('../files/fixtures', import.meta.url))
const GOLDEN = fileURLToPath(new URL('../golden/validate', import.meta.url))

const AT = ['--at', '2026-01-01T00:00:00Z']

describe('belfry validate on a tree with twenty different mistakes', () => {
  it.each([
    'text',
    'json',
    'github',
    'sarif',
  ])('lists all twenty, each at its place, as %s', async (format) => {
    const { code, stdout } = await belfry(FIXTURES, 'validate', 'twenty-mistakes', '--format', format, ...AT)
    expect(code).toBe(1)
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, `twenty-mistakes.${format}.txt`))
  })

  it('finds each mistake on the line whose comment numbers it, and none besides', async () => {
    const { stdout } = await belfry(FIXTURES, 'validate', 'twenty-mistakes', '--format', 'text', ...AT)
    const numbers = [...stdout.matchAll(/^ *\d+ \| .*# (\d+): /gm)].map(([, number]) => Number(number))
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(stdout).toMatch(/20 problems in 6 files\n$/)
  })
})

describe('belfry validate', () => {
  let cwd: string
  const adapter = (spec: string) =>
    `apiVersion: belfry/v1\nkind: Adapter\nmetadata: {name: a}\nspec: ${spec}\n`
  const soonOver = `apiVersion: belfry/v1
kind: Calendar
metadata: {name: c}
spec: {timezone: UTC, coverage: {to: 2026-01-31}, rules: [{id: a, dates: [2026-01-05]}]}
`
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'belfry-validate-'))
    mkdirSync(join(cwd, 'schedules'))
  })
  afterEach(() => {
    rmSync(cwd, { recursive: true, force: true })
  })
  const write = (file: string, text: string) => writeFileSync(join(cwd, file), text)

  it('checks schedules and calendars of the current folder unless told otherwise', async () => {
    write('schedules/a.yaml', adapter('{}'))
    expect(await belfry(cwd, 'validate', ...AT)).toEqual({
      code: 0,
      stdout: '1 manifest valid (1 Adapter)\n',
      stderr: '',
    })
    mkdirSync(join(cwd, 'calendars'))
    write('calendars/c.yaml', soonOver.replace('2026-01-31', '2030-01-31'))
    expect(await belfry(cwd, 'validate', ...AT)).toMatchObject({
      code: 0,
      stdout: '2 manifests valid (1 Calendar, 1 Adapter)\n',
    })
  })

  it('exits 0 for warnings, 1 with --strict, and sees them as of --at', async () => {
    write('schedules/c.yaml', soonOver)
    const of = (...args: readonly string[]) => belfry(cwd, 'validate', ...args)
    expect(await of(...AT)).toMatchObject({ code: 0, stdout: expect.stringContaining('[coverage-ending]') })
    expect(await of(...AT, '--strict')).toMatchObject({ code: 1 })
    expect(await of('--at', '2025-06-01', '--strict')).toMatchObject({
      code: 0,
      stdout: '1 manifest valid (1 Calendar)\n',
    })
  })

  it('exits 2 for what is no use: a format or an instant that does not exist', async () => {
    write('schedules/a.yaml', adapter('{}'))
    expect(await belfry(cwd, 'validate', '--format', 'xml')).toMatchObject({ code: 2 })
    expect(await belfry(cwd, 'validate', '--at', 'tomorrow')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('tomorrow'),
    })
    expect(await belfry(cwd, 'validate', '--nope')).toMatchObject({ code: 2 })
  })

  it('says in json what a valid tree holds', async () => {
    write('schedules/a.yaml', adapter('{}'))
    const { code, stdout } = await belfry(cwd, 'validate', '--format', 'json', ...AT)
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        valid: true,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        manifests: { Tenant: 0, Calendar: 0, Adapter: 1, Job: 0, Schedule: 0 },
        errors: 0,
        warnings: 0,
        problems: [],
      },
    ])
  })

  it('tells of a folder that is not there, and of one without manifests', async () => {
    expect(await belfry(cwd, 'validate', 'nowhere')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('There is no nowhere'),
    })
    expect(await belfry(cwd, 'validate')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('[empty-tree]'),
    })
  })

  it('lets no manifest write to the terminal or end a workflow command', async () => {
    write('schedules/a.yaml', adapter('{"con\\u001b[31mcurrency\\n::stop-commands::x": 1}  # \u202e'))
    const text = await belfry(cwd, 'validate', ...AT)
    expect(['\u001b', '\u202e'].filter((character) => text.stdout.includes(character))).toEqual([])
    expect(text.stdout).toContain('1 problem in 1 file')
    const github = await belfry(cwd, 'validate', '--format', 'github', ...AT)
    expect(github.stdout.split('\n').filter((line) => line.startsWith('::'))).toHaveLength(1)
  })

  it('shows the place in a line of any length, and colours only where they are wanted', async () => {
    write(
      'schedules/a.yaml',
      adapter(`{suspend: false, ackWait: ${'"'}${' '.repeat(400)}${'"'}, concurrency: 0}`),
    )
    const { stdout } = await belfry(cwd, 'validate', ...AT)
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .filter((line) => line.includes(' | '))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(110)
    const [source, mark] = stdout.slice(stdout.indexOf('`concurrency`')).split('\n').slice(1, 3)
    expect(source?.slice(mark?.indexOf('^'), (mark?.lastIndexOf('^') ?? 0) + 1)).toBe('0')
    expect(stdout).not.toContain('\u001b[')
    expect((await belfryInColor(cwd, 'validate', ...AT)).stdout).toContain('\u001b[31m')
  })
})
