import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TreeDocument } from '../../src/core/manifest/tree.ts'
import { loadTree } from '../../src/files/load-tree.ts'
import { applyTreeChange, type LoadReply, loadingService } from '../../src/files/loader-thread.ts'
import { ThreadedLoader } from '../../src/files/loader-thread-host.ts'

const AT = Date.UTC(2026, 0, 1)
const signal = new AbortController().signal
let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'belfry-loader-'))
  mkdirSync(join(cwd, 'tree'))
  for (const name of ['a', 'b', 'c']) write(name, '{}')
})
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true })
})

function write(name: string, spec: string): void {
  const text = `apiVersion: belfry/v1\nkind: Adapter\nmetadata: {name: ${name}}\nspec: ${spec}\n`
  writeFileSync(join(cwd, `tree/${name}.yaml`), text)
}

describe('what the loader sends', () => {
  it('is only what changed since the last time, and makes the same tree', async () => {
    const answer = loadingService()
    let before: readonly TreeDocument[] = []
    const sent: number[] = []
    const load = async (id: number) => {
      const reply: LoadReply = structuredClone(await answer({ id, roots: ['tree'], cwd, at: AT }, signal))
      if (reply.result?.ok !== true) throw new Error('invalid')
      sent.push(reply.result.value.documents.filter((document) => typeof document !== 'number').length)
      const tree = applyTreeChange(before, reply.result.value)
      before = tree.documents
      return tree
    }
    const fresh = async () => {
      const tree = await loadTree(['tree'], { cwd, at: AT })
      return tree.ok ? tree.value : undefined
    }
    expect(await load(1)).toEqual(await fresh())
    write('b', '{concurrency: 7}')
    expect(await load(2)).toEqual(await fresh())
    rmSync(join(cwd, 'tree/a.yaml'))
    write('aa', '{}')
    expect(await load(3)).toEqual(await fresh())
    expect(await load(4)).toEqual(await fresh())
    expect(sent).toEqual([3, 1, 1, 0])
  })

  it('still fits after a load that failed', async () => {
    const loader = new ThreadedLoader()
    const load = () => loader.load(['tree'], { cwd, at: AT, signal })
    await load()
    write('b', '{concurrency: 0}')
    expect(await load()).toMatchObject({ ok: false, error: [{ code: 'invalid-value' }] })
    write('b', '{concurrency: 7}')
    expect(await load()).toEqual(await loadTree(['tree'], { cwd, at: AT }))
    await loader.close()
  })
})

describe('the loader thread, built', () => {
  // `npm test` builds first: a thread cannot be started from TypeScript sources.
  let built: typeof import('../../src/files/loader-thread-host.ts')
  beforeAll(async () => {
    built = await import(new URL('../../dist/files/loader-thread-host.js', import.meta.url).href)
  })

  it('loads the same tree as this thread does, again after an edit, and ends when it is closed', async () => {
    const loader = new built.ThreadedLoader()
    const load = () => loader.load(['tree'], { cwd, at: AT, signal })
    expect(await load()).toEqual(await loadTree(['tree'], { cwd, at: AT }))
    write('b', '{concurrency: 7}')
    expect(await load()).toEqual(await loadTree(['tree'], { cwd, at: AT }))
    await loader.close()
    expect(await load()).toEqual(await loadTree(['tree'], { cwd, at: AT }))
    await loader.close()
  })

  it('gives up a load that spins, and loads again in a new thread', async () => {
    const definitions = Array.from(
      { length: 40 },
      (_, level) =>
        `d${level}: {allOf: [{$ref: "#/definitions/d${level + 1}"}, {$ref: "#/definitions/d${level + 1}"}]}`,
    )
    const schema = `{definitions: {${definitions.join(', ')}, d40: {}}, $ref: "#/definitions/d0"}`
    const head = (kind: string, name: string) =>
      `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
    const hostile = `${head('Job', 'spin')}spec: {adapter: a, message: M, dataSchema: ${schema}}\n---\n${head('Schedule', 'spin')}spec: {job: spin, timezone: UTC, triggers: [{every: 1h}]}\n`
    writeFileSync(join(cwd, 'tree/spin.yaml'), hostile)
    const loader = new built.ThreadedLoader({ timeoutMs: 1500 })
    const load = () => loader.load(['tree'], { cwd, at: AT, signal })
    expect(await load()).toMatchObject({ ok: false, error: [{ code: 'load-timeout' }] })
    rmSync(join(cwd, 'tree/spin.yaml'))
    expect(await load()).toEqual(await loadTree(['tree'], { cwd, at: AT }))
    await loader.close()
  })

  it('rejects with the reason when the load is aborted', async () => {
    const loader = new built.ThreadedLoader()
    const ending = new AbortController()
    const loading = loader.load(['tree'], { cwd, at: AT, signal: ending.signal })
    ending.abort(new Error('stopping'))
    await expect(loading).rejects.toThrow('stopping')
    expect(readdirSync(join(cwd, 'tree'))).toHaveLength(3)
    await loader.close()
  })
})
