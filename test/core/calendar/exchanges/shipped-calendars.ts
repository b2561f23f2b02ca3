import { readdirSync, readFileSync } from 'node:fs'
import { type CalendarCatalog, calendarCatalog } from '../../../../src/core/calendar/catalog.ts'
import type { CompiledCalendar } from '../../../../src/core/calendar/compiled-calendar.ts'
import type { CalendarManifest } from '../../../../src/core/kinds.ts'
import { parseFile } from '../../../../src/core/manifest/parse-file.ts'
import { locate, type TreeDocument } from '../../../../src/core/manifest/tree.ts'

const FOLDER = new URL('../../../../calendars/', import.meta.url)

/** All documents of `calendars/`, read as the product reads them. Fails on any problem in any of them. */
export function shippedDocuments(): readonly TreeDocument[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
  return files.flatMap((name) => {
    const parsed = parseFile(readFileSync(new URL(name, FOLDER), 'utf8'), `calendars/${name}`)
    if (parsed.problems.length > 0) throw new Error(JSON.stringify(parsed.problems, null, 2))
    return parsed.documents
  })
}

export function shippedCatalog(): CalendarCatalog {
  const documents = new Map(shippedDocuments().map((document) => [document.name, document]))
  return calendarCatalog({
    names: () => documents.keys(),
    find(name) {
      const document = documents.get(name)
      if (document === undefined) return undefined
      return {
        manifest: document.manifest as CalendarManifest,
        origin: { locate: (path) => locate(document, path) },
      }
    },
  })
}

export function shippedCalendar(catalog: CalendarCatalog, name: string): CompiledCalendar {
  const compiled = catalog.compile(name)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error, null, 2))
  return compiled.value
}
