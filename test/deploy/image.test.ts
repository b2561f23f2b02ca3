import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyOf, instructionsOf, readDockerfile } from '../support/dockerfile.ts'
import { ROOT } from '../support/markdown.ts'

const run = promisify(execFile)
const IMAGES = [
  { path: 'Dockerfile', context: '.' },
  { path: 'deploy/worker.Dockerfile', context: 'examples/worker-plain-nats' },
]

describe.each(IMAGES)('$path', ({ path, context }) => {
  const stages = readDockerfile(path)
  const last = stages.at(-1)!

  it('copies only what is there, or what a stage before it has made', () => {
    const aliases = stages.map(({ alias }) => alias)
    const missing = stages.flatMap((stage) =>
      instructionsOf(stage, 'COPY')
        .map(copyOf)
        .flatMap(({ from, sources }) =>
          from === null
            ? sources.filter((source) => !existsSync(join(ROOT, context, source)))
            : aliases.indexOf(from) < stages.indexOf(stage) && aliases.includes(from)
              ? []
              : [`--from=${from}`],
        ),
    )
    expect(missing).toEqual([])
  })

  it('stands on images with a whole version, of the Node.js that is supported', () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node)!.map(Number)
    for (const { image } of stages) {
      const version = /^node:(\d+)\.(\d+)\.\d+-bookworm-slim$/.exec(image)
      expect(version, image).not.toBeNull()
      expect([Number(version![1]), Number(version![2]) >= minor!]).toEqual([major, true])
    }
  })

  it('runs as a user that is not root, by number', () => {
    const users = instructionsOf(last, 'USER').map(({ text }) => text)
    expect(users).toEqual([expect.stringMatching(/^[1-9]\d{3,}:[1-9]\d{3,}$/)])
  })

  it('starts its program without a shell, so that a stop reaches it', () => {
    for (const name of ['ENTRYPOINT', 'CMD']) {
      expect(instructionsOf(last, name).map(({ text }) => text[0])).toEqual(['['])
    }
    expect(instructionsOf(last, 'STOPSIGNAL').map(({ text }) => text)).toEqual(['SIGTERM'])
  })
})

describe('the image of belfry, its last stage put together by hand', () => {
  const last = readDockerfile('Dockerfile').at(-1)!
  let image = ''
  /** What a path of the image is here. */
  const here = (path: string) => join(image, path)

  beforeAll(() => {
    image = mkdtempSync(join(tmpdir(), 'belfry-image-'))
    const production = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    let folder = '/'
    for (const instruction of last.instructions) {
      if (instruction.name === 'WORKDIR') {
        folder = instruction.text
        mkdirSync(here(folder), { recursive: true })
      }
      if (instruction.name === 'RUN') {
        // `ln -s TARGET LINK` is the only command that is needed, and the only one that is understood here.
        const [command, flag, target, link] = instruction.words
        expect([command, flag]).toEqual(['ln', '-s'])
        mkdirSync(dirname(here(link!)), { recursive: true })
        symlinkSync(here(target!), here(link!))
      }
      if (instruction.name !== 'COPY') continue
      const { sources, target } = copyOf(instruction)
      for (const source of sources) {
        const name = source.replace(/^\/build\//, '')
        const to = target.endsWith('/')
          ? here(join(folder, target, basename(name)))
          : here(join(folder, target))
        if (name !== 'node_modules') cpSync(join(ROOT, name), to, { recursive: true })
        // What `npm prune --omit=dev` leaves: nothing that only tests or the build need.
        else
          for (const each of production.trim().split('\n').slice(1)) {
            cpSync(each, join(to, relative(join(ROOT, 'node_modules'), each)), { recursive: true })
          }
      }
    }
  })
  afterAll(() => rmSync(image, { recursive: true }))

  /** Runs the words of an instruction in the image's working folder, `belfry` being the link that the image makes. */
  const start = async (instruction: string, ...more: readonly string[]) => {
    const text = instructionsOf(last, instruction)[0]!.text
    const [program, ...words] = JSON.parse(text.slice(text.indexOf('['))) as string[]
    const folder = here(instructionsOf(last, 'WORKDIR').at(-1)!.text)
    return run(here(`/usr/local/bin/${program}`), [...words, ...more], {
      cwd: folder,
      env: { PATH: process.env.PATH },
    })
  }

  it('has an entry point that runs', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect((await start('ENTRYPOINT', '--version')).stdout.trim()).toBe(version)
  })

  it('needs no package that is not in it to read, check and compile a tree', async () => {
    const { stdout } = await start('ENTRYPOINT', 'validate', join(ROOT, 'schedules'), join(ROOT, 'calendars'))
    expect(stdout).toMatch(/no problems|valid|ok/i)
  })

  it('has a default command that takes the settings from the environment', async () => {
    const [command] = JSON.parse(instructionsOf(last, 'CMD')[0]!.text) as string[]
    const { stdout } = await start('ENTRYPOINT', command!, '--print-config')
    expect(stdout).toContain('nats')
  })

  it('has a health check that fails where nobody leads', async () => {
    const failed = await start('HEALTHCHECK', '--nats', 'nats://127.0.0.1:1').catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('nats-unreachable') })
  })
})
