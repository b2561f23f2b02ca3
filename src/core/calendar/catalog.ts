import { type Problem, problem } from '../errors.ts'
import type { CalendarManifest } from '../kinds.ts'
import { nearest } from '../nearest.ts'
import { err, type Result } from '../result.ts'
import { compileCalendar } from './compile.ts'
import type { CompiledCalendar } from './compiled-calendar.ts'
import type { CalendarOrigin } from './definition.ts'

export interface CatalogEntry {
  readonly manifest: CalendarManifest
  readonly origin?: CalendarOrigin
}

/** Where a catalog finds its manifests: those of one tenant, and those of the tenant `default` behind them. */
export interface CatalogSource {
  find(name: string): CatalogEntry | undefined
  /** All names that `find` knows, for "did you mean". */
  names(): Iterable<string>
}

export interface CalendarCatalog {
  /** The calendar of this name, or all that is wrong with its own manifest. Each is compiled once. */
  compile(name: string): Result<CompiledCalendar, readonly Problem[]>
  /** The same for who mentions it: unknown, in a circle, or broken with problems reported elsewhere. */
  resolve(name: string): Result<CompiledCalendar, readonly Problem[]>
}

/** Far more than a combined calendar may be deep; a longer chain is not followed, so that it cannot end the stack. */
const MAX_CHAIN = 256

/** Compiles calendars that refer to each other, each once, whatever the order in which they are asked for. */
export function calendarCatalog(source: CatalogSource): CalendarCatalog {
  const compiled = new Map<string, Result<CompiledCalendar, readonly Problem[]>>()
  const underWay: string[] = []

  function compile(name: string): Result<CompiledCalendar, readonly Problem[]> {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const entry = source.find(name)
    if (entry === undefined) return err([unknown(name, source.names())])
    underWay.push(name)
    const result = compileCalendar(entry.manifest, resolve, entry.origin)
    underWay.pop()
    compiled.set(name, result)
    return result
  }

  function resolve(name: string): Result<CompiledCalendar, readonly Problem[]> {
    const repeated = underWay.indexOf(name)
    if (repeated >= 0) return err([circle([...underWay.slice(repeated), name])])
    if (source.find(name) === undefined) return err([unknown(name, source.names())])
    if (underWay.length >= MAX_CHAIN) return err([tooLong(name)])
    const result = compile(name)
    return result.ok ? result : err([broken(name)])
  }

  return { compile, resolve }
}

function unknown(name: string, names: Iterable<string>): Problem {
  const suggestion = nearest(name, names)
  return problem('unknown-reference', `there is no calendar ${name}`, {
    expected: 'the name of a Calendar of the same tenant or of the tenant default',
    found: name,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

function circle(names: readonly string[]): Problem {
  return problem('calendar-cycle', `calendars are combined in a circle: ${names.join(' -> ')}`, {
    found: names.join(', '),
  })
}

function tooLong(name: string): Problem {
  return problem('limit-exceeded', `calendar ${name} is combined too many levels deep`, {
    expected: `at most ${MAX_CHAIN} levels`,
  })
}

function broken(name: string): Problem {
  return problem('broken-calendar', `calendar ${name} has problems of its own`, {
    cure: 'Mend that calendar first.',
  })
}
