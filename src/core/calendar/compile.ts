import { type Problem, problem } from '../errors.ts'
import type { CalendarManifest, CalendarSpec } from '../kinds.ts'
import { err, ok, type Result } from '../result.ts'
import { combinationOf } from './combination.ts'
import type { CompiledCalendar } from './compiled-calendar.ts'
import { combineCalendars, type ResolveCalendar } from './composite.ts'
import type { CalendarOrigin, Written } from './definition.ts'
import { extendDefinition } from './extend-calendar.ts'
import { readDefinition } from './read-spec.ts'
import { ruleCalendar } from './rule-calendar.ts'

const COMBINING_KEYS = ['anyClosed', 'allClosed', 'difference', 'extends', 'complement'] as const
const RULE_KEYS = ['weekend', 'hours', 'rules', 'substitute', 'sandwich', 'sessions'] as const

/**
 * Makes a calendar that can be asked, or says all that is wrong with its manifest, with paths from the document's root.
 * The manifest must have passed its schema. `resolve` finds the calendars that it combines; what it returns as problems
 * is put at the place of the reference. `origin` tells where the manifest's parts stand, for `why`.
 */
export function compileCalendar(
  manifest: CalendarManifest,
  resolve: ResolveCalendar,
  origin?: CalendarOrigin,
): Result<CompiledCalendar, Problem[]> {
  const { spec } = manifest
  const problems: Problem[] = []
  const written: Written = { calendar: manifest.metadata.name, path: ['spec'], origin }
  checkForm(spec, written, problems)
  if (problems.length > 0) return err(problems)
  const calendar = compileSpec(spec, { written, resolve }, problems)
  return calendar === null || problems.length > 0 ? err(problems) : ok(calendar)
}

function compileSpec(
  spec: CalendarSpec,
  options: { readonly written: Written; readonly resolve: ResolveCalendar },
  problems: Problem[],
): CompiledCalendar | null {
  const combination = combinationOf(spec)
  if (combination !== null) return combineCalendars(spec, combination, options, problems)
  const definition =
    spec.extends === undefined
      ? readDefinition(spec, options.written, problems)
      : extendDefinition(spec, options, problems)
  return definition === null ? null : ruleCalendar(definition, problems)
}

/** A calendar has rules, or combines others in one way. */
function checkForm(spec: CalendarSpec, written: Written, problems: Problem[]): void {
  const combining = COMBINING_KEYS.filter((key) => spec[key] !== undefined)
  const [first, second] = combining
  if (first === undefined) return
  if (second !== undefined) {
    problems.push(
      problem(
        'conflicting-keys',
        `calendar ${written.calendar} combines others in ${combining.length} ways`,
        {
          expected: `one of ${COMBINING_KEYS.join(', ')}`,
          found: combining.join(', '),
          path: [...written.path, second],
        },
      ),
    )
  }
  for (const key of RULE_KEYS) {
    if (spec[key] === undefined) continue
    problems.push(
      problem('conflicting-keys', `calendar ${written.calendar} has ${key} beside ${first}`, {
        expected: 'rules of its own, or other calendars combined',
        found: `${first}, ${key}`,
        cure:
          first === 'extends'
            ? 'Move it into `extends`.'
            : 'Make it a calendar of its own and combine that too.',
        path: [...written.path, key],
      }),
    )
  }
}
