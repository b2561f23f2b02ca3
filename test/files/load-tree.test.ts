import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadTree } from '../../src/files/load-tree.ts'
import { TreeLoader } from '../../src/files/tree-loader.ts'
import { systemClock } from '../../src/lifecycle/clock.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'belfry-load-'))
})
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true })
})

const AT = Date.UTC(2026, 0, 1)

function adapter(name: string, spec = '{}'): string {
  return `apiVersion: belfry/v1\nkind: Adapter\nmetadata: {name: ${name}}\nspec: ${spec}\n`
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(join(cwd, file, '..'), { recursive: true })
  writeFileSync(join(cwd, file), content)
}

async function names(...roots: readonly string[]): Promise<readonly string[]> {
  const tree = await loadTree(roots, { cwd, at: AT })
  if (!tree.ok) throw new Error(tree.error.map(({ message }) => message).join('\n'))
  return tree.value.documents.map(({ name, file }) => `${name} in ${file}`)
}

async function problems(...roots: readonly string[]) {
  const tree = await loadTree(roots, { cwd, at: AT })
  return tree.ok
    ? []
    : tree.error.map(({ code, position }) =>
        [code, ...(position === undefined ? [] : [`${position.file}:${position.line}`])].join(' '),
      )
}

describe('a file that is being written', () => {
  it('is a problem while it has no content at all, and not a wish to delete what it held', async () => {
    write('a.yaml', adapter('a'))
    write('b.yaml', '')
    expect(await problems('.')).toEqual(['empty-file b.yaml:1'])
    write('b.yaml', '# nothing yet\n')
    expect(await names('.')).toEqual(['a in a.yaml'])
  })

  it('is read again once it has been left alone for a moment, since half of it may be valid', async () => {
    write('a.yaml', adapter('a'))
    const loading = names('.')
    write('a.yaml', `${adapter('a')}---\n${adapter('b')}`)
    const written = statSync(join(cwd, 'a.yaml')).mtimeMs
    expect(await loading).toEqual(['a in a.yaml', 'b in a.yaml'])
    expect(systemClock.now() - written).toBeGreaterThanOrEqual(50)
  })
})

describe('loading a tree', () => {
  it('reads .yaml and .yml files of all folders and nothing else', async () => {
    write('tree/b.yml', adapter('b'))
    write('tree/deep/er/a.yaml', adapter('a'))
    write('tree/notes.txt', 'no: manifest')
    write('tree/.hidden/x.yaml', 'no: manifest')
    write('tree/node_modules/pkg/x.yaml', 'no: manifest')
    expect(await names('tree')).toEqual(['a in tree/deep/er/a.yaml', 'b in tree/b.yml'])
  })

  it('reads several roots, files among them, each file once', async () => {
    write('one/a.yaml', adapter('a'))
    write('two/b.yaml', adapter('b'))
    expect(await names('one', 'two/b.yaml', 'one/a.yaml', join(cwd, 'one'))).toEqual([
      'a in one/a.yaml',
      'b in two/b.yaml',
    ])
  })

  it('names files as the root was given', async () => {
    write('tree/a.yaml', adapter('a'))
    expect(await names('./tree/')).toEqual(['a in tree/a.yaml'])
    expect(await names(join(cwd, 'tree'))).toEqual(['a in tree/a.yaml'])
    expect(await names('.')).toEqual(['a in tree/a.yaml'])
  })

  it('copes with odd names of files and folders', async () => {
    for (const [index, name] of [
      'with space',
      'ünïcödé',
      'new\nline',
      "quo'te",
      '$(touch x)',
      '-rf',
    ].entries())
      write(`tree/${name}/${name}.yaml`, adapter(`a-${index}`))
    expect(await names('tree')).toHaveLength(6)
  })

  it('reads a file with a byte order mark and Windows line ends', async () => {
    write('tree/a.yaml', `\uFEFF${adapter('a').replaceAll('\n', '\r\n')}`)
    expect(await names('tree')).toEqual(['a in tree/a.yaml'])
  })

  it('lists the problems of all files at once', async () => {
    write('tree/a.yaml', adapter('a', '{concurrency: 0}'))
    write('tree/b.yaml', 'a: "x\n')
    write('tree/c.yaml', Uint8Array.from([0x61, 0x3a, 0x20, 0x31, 0x0a, 0xff, 0xfe]))
    expect((await problems('tree', 'gone')).sort()).toEqual([
      'invalid-value tree/a.yaml:4',
      'invalid-yaml tree/b.yaml:1',
      'missing-root',
      'not-utf-8 tree/c.yaml:2',
    ])
  })

  it('is an error without a single manifest, never an empty tree', async () => {
    mkdirSync(join(cwd, 'tree'))
    expect(await problems('tree')).toEqual(['empty-tree'])
    write('tree/a.yaml', '# nothing yet\n---\n')
    expect(await problems('tree')).toEqual(['empty-tree'])
  })

  it('is an error without its root', async () => {
    expect(await problems('nowhere')).toEqual(['missing-root'])
  })

  it('ends when it is aborted', async () => {
    for (let index = 0; index < 300; index++) write(`tree/${index}.yaml`, adapter(`a-${index}`))
    const ending = new AbortController()
    const loading = loadTree(['tree'], { cwd, at: AT, signal: ending.signal })
    ending.abort(new Error('enough'))
    await expect(loading).rejects.toThrow('enough')
  })
})

describe('links in a tree', () => {
  it('are followed inside the root, and a file that is reached twice is read once', async () => {
    write('tree/a.yaml', adapter('a'))
    symlinkSync('a.yaml', join(cwd, 'tree/b.yaml'))
    symlinkSync('.', join(cwd, 'tree/loop'))
    symlinkSync('..', join(cwd, 'tree/up'))
    expect(await problems('tree')).toEqual(['outside-root tree/up:1'])
    rmSync(join(cwd, 'tree/up'))
    expect(await names('tree')).toEqual(['a in tree/a.yaml'])
  })

  it('never lead out of the root', async () => {
    write('secret.yaml', adapter('stolen'))
    write('tree/a.yaml', adapter('a'))
    symlinkSync('../secret.yaml', join(cwd, 'tree/b.yaml'))
    symlinkSync('/etc', join(cwd, 'tree/etc'))
    expect((await problems('tree')).sort()).toEqual(['outside-root tree/b.yaml:1', 'outside-root tree/etc:1'])
  })

  it('that lead nowhere are told of if they are named like manifests', async () => {
    write('tree/a.yaml', adapter('a'))
    symlinkSync('gone', join(cwd, 'tree/README'))
    expect(await problems('tree')).toEqual([])
    symlinkSync('gone.yaml', join(cwd, 'tree/b.yaml'))
    expect(await problems('tree')).toEqual(['unreadable-file tree/b.yaml:1'])
  })

  it('may be the root itself', async () => {
    write('releases/1/a.yaml', adapter('a'))
    symlinkSync('a.yaml', join(cwd, 'releases/1/link.yaml'))
    symlinkSync('releases/1', join(cwd, 'current'))
    expect(await names('current')).toEqual(['a in current/a.yaml'])
  })

  it('of a mounted ConfigMap give its files under their own names', async () => {
    write('mount/..2026_01/a.yaml', adapter('a'))
    symlinkSync('..2026_01', join(cwd, 'mount/..data'))
    symlinkSync('..data/a.yaml', join(cwd, 'mount/a.yaml'))
    expect(await names('mount')).toEqual(['a in mount/a.yaml'])
  })
})

describe('files that mean harm', () => {
  it('are refused by their size before they are read', async () => {
    write('tree/a.yaml', '')
    truncateSync(join(cwd, 'tree/a.yaml'), 100 * 1024 * 1024 * 1024)
    expect(await problems('tree')).toEqual(['limit-exceeded tree/a.yaml:1'])
  })

  it('are refused if they are no files, without waiting for them', async () => {
    mkdirSync(join(cwd, 'tree'))
    execFileSync('mkfifo', [join(cwd, 'tree/a.yaml')])
    expect(await problems('tree')).toEqual(['unreadable-file tree/a.yaml:1'])
  })

  it.skipIf(process.getuid?.() === 0)('are told of if they may not be read', async () => {
    write('tree/a.yaml', adapter('a'))
    chmodSync(join(cwd, 'tree/a.yaml'), 0)
    expect(await problems('tree')).toEqual(['unreadable-file tree/a.yaml:1'])
  })

  it('are not looked for deeper than folders go', async () => {
    write(`tree/${'d/'.repeat(70)}a.yaml`, adapter('a'))
    expect(await problems('tree')).toEqual(['limit-exceeded'])
  })
})

describe('loading again', () => {
  const signal = new AbortController().signal
  const later = () => AT + 366 * 86_400_000

  async function digestOf(loader: TreeLoader): Promise<string> {
    const tree = await loader.load(['tree'], { cwd, at: later(), signal })
    if (!tree.ok) throw new Error(tree.error.map(({ message }) => message).join('\n'))
    return tree.value.digest
  }

  it('gives the same documents where nothing changed, new ones where something did', async () => {
    write('tree/a.yaml', adapter('a'))
    write('tree/b.yaml', adapter('b'))
    const loader = new TreeLoader()
    const load = async () => {
      const tree = await loader.load(['tree'], { cwd, at: later(), signal })
      return tree.ok ? tree.value.documents : []
    }
    const [a, b] = await load()
    write('tree/b.yaml', adapter('b', '{concurrency: 3}'))
    const [sameA, otherB] = await load()
    expect(sameA).toBe(a)
    expect(otherB).not.toBe(b)
    expect(otherB?.manifest.spec).toEqual({ concurrency: 3 })
  })

  it('goes by content: a touched file changes nothing, a moved one only its place', async () => {
    write('tree/a.yaml', adapter('a'))
    const loader = new TreeLoader()
    const before = await digestOf(loader)
    utimesSync(join(cwd, 'tree/a.yaml'), 1, 1)
    expect(await digestOf(loader)).toBe(before)
    renameSync(join(cwd, 'tree/a.yaml'), join(cwd, 'tree/z.yaml'))
    const moved = await loader.load(['tree'], { cwd, at: later(), signal })
    expect(moved.ok && [moved.value.digest, moved.value.documents[0]?.file]).toEqual([before, 'tree/z.yaml'])
  })

  it('sees a change that leaves size and time as they were', async () => {
    write('tree/a.yaml', adapter('a', '{concurrency: 1}'))
    const loader = new TreeLoader()
    const before = await digestOf(loader)
    const { atime, mtime } = statSync(join(cwd, 'tree/a.yaml'))
    write('tree/a.yaml', adapter('a', '{concurrency: 2}'))
    utimesSync(join(cwd, 'tree/a.yaml'), atime, mtime)
    expect(await digestOf(loader)).not.toBe(before)
  })

  it('recovers as soon as what was broken is mended', async () => {
    write('tree/a.yaml', adapter('a', '{concurrency: 0}'))
    const loader = new TreeLoader()
    await expect(digestOf(loader)).rejects.toThrow('`concurrency` is 0')
    write('tree/a.yaml', adapter('a'))
    expect(await digestOf(loader)).toMatch(/^[0-9a-f]{64}$/)
  })
})
