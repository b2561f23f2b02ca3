import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FolderSource } from '../../src/files/folder-source.ts'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { Logger } from '../../src/ports/telemetry.ts'

const ADAPTER = (name: string) =>
  `apiVersion: belfry/v1\nkind: Adapter\nmetadata: {name: ${name}}\nspec: {}\n`

const said: string[] = []
const logger: Logger = {
  debug: (message) => void said.push(message),
  info: (message) => void said.push(message),
  warn: (message) => void said.push(message),
  error: (message) => void said.push(message),
  child: () => logger,
}

let cwd: string
let ending: AbortController
let source: FolderSource
let changes = 0
let onNext: (() => void) | undefined

/** Resolves at the next change after everything that has been told so far. */
function nextChange(): Promise<void> {
  return new Promise((resolve) => {
    onNext = resolve
  })
}

function watch(...roots: readonly string[]): Promise<void> {
  source = new FolderSource({ id: 'main', roots, cwd, clock: systemClock, logger })
  const ready = nextChange()
  source.watch(() => {
    changes += 1
    onNext?.()
  }, ending.signal)
  return ready
}

async function changeAfter(act: () => void): Promise<void> {
  const change = nextChange()
  act()
  await change
}

/** Told of every one of these edits: more of them than there can be late echoes of what was done before. */
async function editsAreSeen(file: string): Promise<void> {
  for (let edit = 0; edit < 6; edit++) await changeAfter(() => writeFileSync(file, ADAPTER(`edit-${edit}`)))
}

async function namesLoaded(): Promise<readonly string[]> {
  const tree = await source.load(ending.signal)
  return tree.ok ? tree.value.documents.map(({ name }) => name) : tree.error.map(({ code }) => code)
}

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'belfry-watch-'))
  mkdirSync(join(cwd, 'tree/sub'), { recursive: true })
  writeFileSync(join(cwd, 'tree/sub/a.yaml'), ADAPTER('a'))
  ending = new AbortController()
  changes = 0
  said.length = 0
})
afterEach(async () => {
  ending.abort()
  await source.closed()
  rmSync(cwd, { recursive: true, force: true })
})

const at = (file: string) => join(cwd, 'tree', file)

describe('a folder as a source', () => {
  it('tells of an edit, an addition and a deletion', async () => {
    await watch('tree')
    await changeAfter(() => writeFileSync(at('sub/a.yaml'), ADAPTER('edited')))
    expect(await namesLoaded()).toEqual(['edited'])
    await changeAfter(() => writeFileSync(at('b.yaml'), ADAPTER('b')))
    expect(await namesLoaded()).toEqual(['b', 'edited'])
    await changeAfter(() => rmSync(at('sub/a.yaml')))
    expect(await namesLoaded()).toEqual(['b'])
  })

  it('survives editors that replace the file, again and again', async () => {
    await watch('tree')
    for (const name of ['x', 'y', 'z']) {
      await changeAfter(() => {
        writeFileSync(at('sub/.a.yaml.tmp'), ADAPTER(name))
        renameSync(at('sub/.a.yaml.tmp'), at('sub/a.yaml'))
      })
      expect(await namesLoaded()).toEqual([name])
    }
  })

  it('watches folders that are added later', async () => {
    await watch('tree')
    await changeAfter(() => {
      mkdirSync(at('new/deep'), { recursive: true })
      writeFileSync(at('new/deep/b.yaml'), ADAPTER('b'))
    })
    expect(await namesLoaded()).toEqual(['a', 'b'])
  })

  it('tells of a burst of changes once', async () => {
    await watch('tree')
    const before = changes
    await changeAfter(() => {
      for (let index = 0; index < 50; index++) writeFileSync(at(`sub/${index}.yaml`), ADAPTER(`a-${index}`))
    })
    expect(changes - before).toBeLessThanOrEqual(2)
  })

  it('sees a mounted ConfigMap being swapped', async () => {
    const publish = (version: string) => {
      mkdirSync(at(`..${version}`))
      writeFileSync(at(`..${version}/k.yaml`), ADAPTER(version))
      symlinkSync(`..${version}`, at('..data_tmp'))
      renameSync(at('..data_tmp'), at('..data'))
    }
    rmSync(at('sub'), { recursive: true })
    publish('v1')
    symlinkSync('..data/k.yaml', at('k.yaml'))
    await watch('tree')
    expect(await namesLoaded()).toEqual(['v1'])
    await changeAfter(() => publish('v2'))
    expect(await namesLoaded()).toEqual(['v2'])
  })

  it('finds a root again that was deleted and made anew, and fails to load in between', async () => {
    await watch('tree')
    await changeAfter(() => rmSync(join(cwd, 'tree'), { recursive: true }))
    expect(await namesLoaded()).toEqual(['missing-root'])
    await changeAfter(() => {
      mkdirSync(join(cwd, 'tree'))
      writeFileSync(at('b.yaml'), ADAPTER('b'))
    })
    expect(await namesLoaded()).toEqual(['b'])
    await editsAreSeen(at('c.yaml'))
    expect(await namesLoaded()).toEqual(['b', 'edit-5'])
  })

  it('follows a root that is a link and is turned elsewhere', async () => {
    for (const release of ['one', 'two']) {
      mkdirSync(join(cwd, release))
      writeFileSync(join(cwd, release, 'a.yaml'), ADAPTER(release))
    }
    symlinkSync('one', join(cwd, 'current'))
    await watch('current')
    expect(await namesLoaded()).toEqual(['one'])
    await changeAfter(() => {
      symlinkSync('two', join(cwd, 'next'))
      renameSync(join(cwd, 'next'), join(cwd, 'current'))
    })
    expect(await namesLoaded()).toEqual(['two'])
    await editsAreSeen(join(cwd, 'two/b.yaml'))
    expect(await namesLoaded()).toEqual(['edit-5', 'two'])
  })

  it('may be a single file', async () => {
    await watch('tree/sub/a.yaml')
    await changeAfter(() => {
      writeFileSync(at('sub/next'), ADAPTER('replaced'))
      renameSync(at('sub/next'), at('sub/a.yaml'))
    })
    expect(await namesLoaded()).toEqual(['replaced'])
  })

  it('says what it is', async () => {
    await watch('tree', 'other')
    expect([source.id, source.describe()]).toEqual(['main', 'tree, other'])
    expect(said).toContain('the root of the tree is missing')
  })
})
