import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { SETTING_KEYS } from '../../src/config.ts'
import { allPages, blocksOf, codeOf, pageAt, ROOT } from '../support/markdown.ts'

/** Runs one command line in this process. What it writes comes back without colours. */
async function belfry(args: readonly string[], cwd = ROOT) {
  let output = ''
  let errors = ''
  const code = await runCli(args, {
    stdout: (text) => {
      output += text
    },
    stderr: (text) => {
      errors += text
    },
    color: false,
    interactive: false,
    columns: 100,
    cwd,
    env: {},
    signal: new AbortController().signal,
  })
  return { code, output, errors }
}

const help = async (...command: readonly string[]) => (await belfry([...command, '--help'])).output
const commandsIn = (text: string) =>
  [...text.slice(text.indexOf('Commands:')).matchAll(/^ {2}([a-z][a-z-]*) /gm)].map((match) => match[1]!)
const flagsIn = (text: string) => new Set([...text.matchAll(/--[a-z][a-z-]*/g)].map((match) => match[0]))

/** Every command line that a page shows: the page, the command, its flags. */
const shown = allPages().flatMap(({ path, text }) =>
  codeOf({ path, text }).flatMap((code) => {
    const match = /^(?:\$ )?(?:npx )?belfry ([a-z][a-z-]*)(?= |$)(?: ([a-z]+)(?= |$))?(.*)$/.exec(code)
    return match === null
      ? []
      : [{ path, command: match[1]!, word: match[2] ?? '', flags: flagsIn(match[3]!) }]
  }),
)

describe('the commands that pages show', () => {
  it('are many', () => {
    expect(shown.length).toBeGreaterThan(20)
  })

  it('exist', async () => {
    const known = commandsIn(await help())
    const unknown = shown.filter(({ command }) => !known.includes(command))
    expect(unknown).toEqual([])
  })

  it('have the options that are shown with them', async () => {
    const wrong: string[] = []
    for (const { path, command, word, flags } of shown) {
      const own = await help(command)
      // Some commands are groups of others: `calendar days`, `import ics`.
      const known = flagsIn(own.includes('Commands:') ? await help(command, word) : own)
      wrong.push(
        ...[...flags].filter((flag) => !known.has(flag)).map((flag) => `${path}: ${command} ${flag}`),
      )
    }
    expect(wrong).toEqual([])
  })
})

describe('the README', () => {
  const { text } = pageAt('README.md')

  it('lists every command', async () => {
    const listed = [...text.matchAll(/^\| `belfry ([a-z][a-z-]*)` \|/gm)].map((match) => match[1]!)
    const known = commandsIn(await help()).filter((command) => command !== 'help')
    expect(listed.toSorted()).toEqual(known.toSorted())
  })

  it('lists every setting', () => {
    const section = text.slice(text.indexOf('\n## Configuration'), text.indexOf('\n## Not yet'))
    const missing = Object.values(SETTING_KEYS).filter(
      (key) => !section.includes(`\`--${key}\``) && !section.includes(`key \`${key}\``),
    )
    expect(missing).toEqual([])
  })
})

/** The command lines of the `console` blocks of a page, each with the output that stands below it. */
function sessions(path: string) {
  return blocksOf(pageAt(path), 'console').flatMap((block) => {
    const [line = '', ...output] = block.trimEnd().split('\n')
    const args = /^\$ npx belfry (.+)$/.exec(line)?.[1]
    return args === undefined ? [] : [{ args: args.split(' '), output: output.join('\n') }]
  })
}

describe('the output that pages show is what the program prints', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'belfry-docs-'))
    for (const checkout of ['main', 'edited']) {
      for (const root of ['schedules', 'calendars'])
        cpSync(join(ROOT, root), join(folder, checkout, root), { recursive: true })
    }
    // The edit that the README and the guide on plans show.
    const edited = join(folder, 'edited/schedules/market-data/nse.yaml')
    writeFileSync(edited, readFileSync(edited, 'utf8').replace('roll: skip', 'roll: following'))
    // The tree of the guide for beginners.
    mkdirSync(join(folder, 'my-tree/calendars'), { recursive: true })
    cpSync(join(ROOT, 'calendars/lse.yaml'), join(folder, 'my-tree/calendars/lse.yaml'))
    const manifests = blocksOf(pageAt('docs/guides/getting-started.md'), 'yaml')[0]!
    writeFileSync(join(folder, 'my-tree/reports.yaml'), manifests)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const all = [
    'README.md',
    'docs/guides/plan.md',
    'docs/guides/getting-started.md',
    'docs/guides/previews.md',
  ].flatMap((path) =>
    sessions(path).map(({ args, output }) => ({ path, line: args.join(' '), args, output })),
  )

  it.each(all)('$path: belfry $line', async ({ path, args, output: expected }) => {
    const checkout = args[0] === 'plan' ? 'edited' : 'main'
    const pinned = args[0] === 'validate' ? [...args, '--at', '2026-11-22'] : args
    const { output } = await belfry(pinned, join(folder, checkout))
    if (process.env.BELFRY_UPDATE_PAGES === '1') {
      const updated = pageAt(path).text.replace(expected, () => output.trimEnd())
      writeFileSync(join(ROOT, path), updated)
      return
    }
    expect(output.trimEnd()).toBe(expected)
  })
})
