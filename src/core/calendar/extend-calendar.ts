import { type Problem, problem } from '../errors.ts'
import type { CalendarSpec } from '../kinds.ts'
import { nearest } from '../nearest.ts'
import { zoneOf } from '../time/zone.ts'
import { type ResolveCalendar, resolveMember } from './composite.ts'
import type { CalendarDefinition, Coverage, Rule, Written } from './definition.ts'
import { readHours, readSessions } from './read-hours.ts'
import { checkCovered, checkDated, readBlackouts, readCoverage, readRules } from './read-spec.ts'

/**
 * The definition of a calendar that extends another: the base's rules, less those disabled, and its own. A disabled
 * rule closes nothing, but others may still count from it; a rule of its own may take its id over.
 */
export function extendDefinition(
  spec: CalendarSpec,
  options: { readonly written: Written; readonly resolve: ResolveCalendar },
  problems: Problem[],
): CalendarDefinition | null {
  const { written } = options
  const extension = spec.extends!
  const at = (...path: readonly (string | number)[]): Written => ({
    ...written,
    path: [...written.path, ...path],
  })
  const baseCalendar = resolveMember(extension.base, at('extends', 'base').path, options.resolve, problems)
  if (baseCalendar === null) return null
  const base = baseCalendar.definition
  if (base === null) {
    problems.push(
      problem('contradiction', `calendar ${extension.base} combines others, so it has no rules to extend`, {
        expected: 'a calendar with rules of its own, or an extension of one',
        found: extension.base,
        cure: `Write the rules as a calendar of their own and combine both with anyClosed.`,
        path: at('extends', 'base').path,
      }),
    )
    return null
  }
  const zone = spec.timezone === undefined ? null : zoneOf(spec.timezone)
  if (zone?.ok === false) problems.push({ ...zone.error, path: at('timezone').path })
  const own = spec.coverage === undefined ? null : readCoverage(spec, at('coverage'), problems)
  const coverage = narrowed(base.coverage, own)
  const rules = readRules(extension.rules ?? [], at('extends', 'rules'), problems)
  checkDated(rules, coverage, problems)
  const sessions = readSessions(extension.sessions ?? [], at('extends', 'sessions'), problems)
  for (const session of sessions) checkCovered(session.day, coverage, session.written, problems)
  const days = new Set(sessions.map(({ day }) => day))
  return {
    ...base,
    name: written.calendar,
    zone: zone?.ok === true ? zone.value : base.zone,
    hours:
      extension.hours === undefined
        ? base.hours
        : readHours(extension.hours, at('extends', 'hours').path, problems),
    coverage,
    coverageWritten: own === null ? base.coverageWritten : at('coverage'),
    rules: mergeRules(
      base.rules,
      rules,
      { disable: extension.disable ?? [], written: at('extends', 'disable') },
      problems,
    ),
    sessions: [...base.sessions.filter(({ day }) => !days.has(day)), ...sessions],
    blackouts: [...base.blackouts, ...readBlackouts(spec.blackouts ?? [], at('blackouts'), problems)],
  }
}

interface Disabled {
  readonly disable: readonly string[]
  readonly written: Written
}

function mergeRules(
  base: readonly Rule[],
  own: readonly Rule[],
  { disable, written }: Disabled,
  problems: Problem[],
): readonly Rule[] {
  const active = base.filter((rule) => !rule.disabled).map(({ id }) => id)
  for (const [index, id] of disable.entries()) {
    if (active.includes(id)) continue
    const suggestion = nearest(id, active)
    problems.push(
      problem('unknown-reference', `there is no rule ${id} to disable`, {
        expected: 'the id of a rule of the base',
        found: id,
        ...(suggestion === undefined ? {} : { suggestion }),
        path: [...written.path, index],
      }),
    )
  }
  const disabled = new Set(disable)
  const taken = new Set(active.filter((id) => !disabled.has(id)))
  for (const { id, written: ruleWritten } of own) {
    if (!taken.has(id)) continue
    problems.push(
      problem('duplicate-rule', `the base has a rule ${id} too`, {
        found: id,
        cure: 'Disable it to replace it, or choose another id.',
        path: [...ruleWritten.path, 'id'],
      }),
    )
  }
  return [...base.map((rule) => (disabled.has(rule.id) ? { ...rule, disabled: true } : rule)), ...own]
}

/** What both cover; what happens after the end is the extension's to say if it says anything about coverage. */
function narrowed(base: Coverage, own: Coverage | null): Coverage {
  if (own === null) return base
  const from = own.from === null ? base.from : Math.max(own.from, base.from ?? own.from)
  const to = own.to === null ? base.to : Math.min(own.to, base.to ?? own.to)
  return { from, to, afterEnd: own.afterEnd }
}
