import { compileCalendar } from '../calendar/compile.ts'
import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { digestOf } from '../digest.ts'
import { type Problem, problem } from '../errors.ts'
import type { CalendarSpec } from '../kinds.ts'
import { DEFAULT_TENANT } from '../names.ts'
import { err, type Result } from '../result.ts'
import type { Catalogue, CatalogueEntry } from './catalogue.ts'

interface Shelved {
  readonly digest: string
  readonly compiled: Result<CompiledCalendar, Problem[]>
}

/**
 * The compiled calendars of a catalogue, each compiled once and shared by all schedules. A shelf speaks of one state of
 * the catalogue; the shelf of the next state takes over what has not changed.
 */
export class CalendarShelf {
  readonly #catalogue: Catalogue
  readonly #before: CalendarShelf | null
  readonly #shelved = new Map<string, Shelved>()
  readonly #digests = new Map<string, string>()

  constructor(catalogue: Catalogue, before: CalendarShelf | null = null) {
    this.#catalogue = catalogue
    // Only what was really compiled is worth keeping, and only from the shelf before: older ones may go.
    this.#before = before === null ? null : before.#closed()
  }

  /** The calendar that a document of `tenant` means by `name`: its own tenant's, else that of the tenant `default`. */
  entry(tenant: string, name: string): CatalogueEntry<'Calendar'> | undefined {
    return (
      this.#catalogue.find('Calendar', tenant, name) ?? this.#catalogue.find('Calendar', DEFAULT_TENANT, name)
    )
  }

  compiled(tenant: string, name: string): Result<CompiledCalendar, Problem[]> {
    const entry = this.entry(tenant, name)
    if (entry === undefined) {
      return err([problem('unknown-reference', `there is no Calendar "${name}"`, { found: name })])
    }
    const id = `${entry.tenant}/${entry.name}`
    const digest = this.digest(tenant, name)
    const known = this.#shelved.get(id) ?? (this.#before === null ? undefined : this.#before.#shelved.get(id))
    if (known !== undefined && known.digest === digest) {
      this.#shelved.set(id, known)
      return known.compiled
    }
    const resolve = (member: string): Result<CompiledCalendar, Problem[]> =>
      this.#reaches(entry, member, id)
        ? err([problem('unknown-reference', `Calendar "${name}" is made of itself`, { found: member })])
        : this.compiled(entry.tenant, member)
    const compiled = compileCalendar(entry.manifest, resolve, { locate: (path) => entry.locate(path) })
    this.#shelved.set(id, { digest, compiled })
    return compiled
  }

  /** Of everything that decides the calendar's days: its spec without its sources, and those of its members. */
  digest(tenant: string, name: string): string {
    const entry = this.entry(tenant, name)
    if (entry === undefined) return ''
    const id = `${entry.tenant}/${entry.name}`
    const known = this.#digests.get(id)
    if (known !== undefined) return known
    // A cycle of members must end somewhere; it is a problem of its own when it is compiled.
    this.#digests.set(id, '')
    const { sources: _, ...spec } = entry.manifest.spec
    const digest = digestOf([spec, membersOf(spec).map((member) => this.digest(entry.tenant, member))])
    this.#digests.set(id, digest)
    return digest
  }

  /** Whether a member leads back to the calendar `id`. */
  #reaches(entry: CatalogueEntry<'Calendar'>, member: string, id: string, seen = new Set<string>()): boolean {
    const next = this.entry(entry.tenant, member)
    if (next === undefined) return false
    const nextId = `${next.tenant}/${next.name}`
    if (nextId === id) return true
    if (seen.has(nextId)) return false
    seen.add(nextId)
    return membersOf(next.manifest.spec).some((deeper) => this.#reaches(next, deeper, id, seen))
  }

  #closed(): CalendarShelf {
    const closed = new CalendarShelf(this.#catalogue)
    for (const [id, shelved] of this.#shelved) closed.#shelved.set(id, shelved)
    return closed
  }
}

/** The names of the calendars that a calendar is made of. */
export function membersOf(spec: Omit<CalendarSpec, 'sources'>): readonly string[] {
  return [
    ...(spec.anyClosed ?? []),
    ...(spec.allClosed ?? []),
    ...(spec.difference === undefined ? [] : [spec.difference.base, spec.difference.minus]),
    ...(spec.extends === undefined ? [] : [spec.extends.base]),
    ...(spec.complement === undefined ? [] : [spec.complement]),
  ]
}
