import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allPages, anchorsOf, linksOf, ROOT } from '../support/markdown.ts'

const pages = allPages()
const byPath = new Map(pages.map((page) => [page.path, page]))

describe('the pages', () => {
  it('have links to look at', () => {
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(50)
  })

  it('link only to files and folders that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter(({ target }) => target !== '' && !existsSync(join(ROOT, dirname(page.path), target)))
        .map(({ target }) => `${page.path} -> ${target}`),
    )
    expect(broken).toEqual([])
  })

  it('link only to headings that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page).flatMap(({ target, anchor }) => {
        const linked = target === '' ? page : byPath.get(normalize(join(dirname(page.path), target)))
        if (anchor === null || linked === undefined || anchorsOf(linked).has(anchor)) return []
        return [`${page.path} -> ${target}#${anchor}`]
      }),
    )
    expect(broken).toEqual([])
  })

  it('of docs are all reached from its index', () => {
    const index = byPath.get('docs/README.md')!
    const reached = new Set(linksOf(index).map(({ target }) => normalize(join('docs', target))))
    const missing = pages
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md' && !reached.has(path))
    expect(missing).toEqual([])
  })
})
