import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

/** Not ours, or made. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', '.git', '.belfry'])

/** A page of the repository; `path` is relative to its root. */
export interface Page {
  readonly path: string
  readonly text: string
}

export interface Link {
  /** A path relative to the page, without the anchor; empty for a link within the page. */
  readonly target: string
  /** null: none. */
  readonly anchor: string | null
}

/** Every Markdown file of the repository. */
export function allPages(folder = ROOT): readonly Page[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : allPages(path)
    return entry.name.endsWith('.md') ? [pageAt(relative(ROOT, path))] : []
  })
}

export function pageAt(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') }
}

/** Links to places of the repository; addresses of the web are left out. */
export function linksOf({ text }: Page): readonly Link[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, 'code')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const [target = '', anchor = null] = match[1]!.split('#')
    return /^[a-z]+:/.test(target) ? [] : [{ target, anchor }]
  })
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf({ text }: Page): ReadonlySet<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)
  return new Set(
    [...headings].map((match) =>
      match[1]!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  )
}

/** The contents of the fenced blocks of one language, in order. */
export function blocksOf({ text }: Page, language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm')
  return [...text.matchAll(fence)].map((match) => match[1]!)
}

/** Everything that stands as code, inline or in blocks. */
export function codeOf({ text }: Page): readonly string[] {
  const blocks = [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```/gm)].flatMap((match) => match[1]!.split('\n'))
  const inline = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
  return [...blocks, ...inline].map((code) => code.replace(/\s+/g, ' ').trim())
}
