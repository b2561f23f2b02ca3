import type pc from 'picocolors'
import type { Problem } from '../core/errors.ts'
import type { ChangedFire, FireChanges } from '../core/plan/fire-changes.ts'
import type { Refusal } from '../core/plan/guard.ts'
import { type Action, countsOf, type Plan, type UpdateAction } from '../core/plan/plan-tree.ts'
import { problemJson } from './problem-formats.ts'

export interface PlanFacts {
  readonly plan: Plan
  readonly changes: readonly FireChanges[]
  readonly refusal: Refusal | null
  readonly days: number
  readonly warnings: readonly Problem[]
}

type Colors = ReturnType<typeof pc.createColors>

const SHOWN = 12

export function planText({ plan, changes, refusal, days, warnings }: PlanFacts, colors: Colors): string {
  const counts = countsOf(plan)
  const lines: string[] = []
  for (const action of plan.actions) {
    const line = actionLine(action, colors)
    if (line !== null) lines.push(line)
  }
  for (const change of changes) {
    const { added, removed, moved, kept, truncated } = change
    const sum = `${added.length} added, ${removed.length} removed, ${moved.length} moved, ${kept} kept`
    lines.push(
      '',
      `${change.identity}: fires in the next ${days} days (${change.timezone}): ${sum}${truncated ? ' (only the first were compared)' : ''}`,
    )
    lines.push(
      ...some(moved, ({ from, to }) => colors.yellow(`  ~ ${from.local} -> ${to.local}${because(to)}`)),
    )
    lines.push(...some(removed, (fire) => colors.red(`  - ${fire.local}${because(fire)}`)))
    lines.push(...some(added, (fire) => colors.green(`  + ${fire.local}${because(fire)}`)))
  }
  if (warnings.length > 0)
    lines.push(
      '',
      `${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} (belfry validate shows them)`,
    )
  const { created, updated, renamed, unchanged, deleted } = counts
  lines.push(
    '',
    `plan for source "${plan.source}": ${created} to create, ${updated} to update, ${renamed === 0 ? '' : `${renamed} to rename, `}${deleted} to delete, ${unchanged} unchanged`,
  )
  if (refusal !== null) lines.push(colors.red(`refused (${refusal.code}): ${refusal.message}`))
  return `${lines.join('\n').trimStart()}\n`
}

function actionLine(action: Action, colors: Colors): string | null {
  switch (action.action) {
    case 'create':
      return colors.green(`+ ${action.identity}  (${action.document.file}:${action.document.line})`)
    case 'update': {
      const place = `${action.document.file}:${action.document.line}`
      return colors.yellow(`~ ${action.identity}  (${place}${changeOf(action)})`)
    }
    case 'rename': {
      const place = `${action.document.file}:${action.document.line}`
      const times = action.timingChanged ? '; timing changes' : '; its times stay'
      return colors.yellow(`> ${action.from.identity} becomes ${action.identity}  (${place}${times})`)
    }
    case 'delete':
      return colors.red(`- ${action.identity}  (was ${action.live.entry.file}:${action.live.entry.line})`)
    case 'unmanaged':
      return action.wanted
        ? colors.red(`! ${action.identity} belongs to source "${action.live.entry.source}"`)
        : colors.dim(`? ${action.identity} belongs to no source and is left alone`)
    case 'unchanged':
      return action.protected
        ? colors.dim(`= ${action.identity} is protected and stays, though it is no longer in the tree`)
        : null
  }
}

/** What changes about a schedule; other documents say it by what uses them. */
function changeOf({ documentChanged, timingChanged, timing }: UpdateAction): string {
  if (timing === null) return ''
  if (!documentChanged) return '; through what it uses'
  return timingChanged ? '; timing changes' : '; its times stay'
}

function because({ because: reason }: ChangedFire): string {
  return reason === null ? '' : `  ${reason}`
}

function some<T>(items: readonly T[], text: (item: T) => string): readonly string[] {
  const lines = items.slice(0, SHOWN).map(text)
  return items.length > SHOWN ? [...lines, `    and ${items.length - SHOWN} more`] : lines
}

/** The stable form of `--format json`, documented in docs/guides/plan.md. */
export function planJson({
  plan,
  changes,
  refusal,
  days,
  warnings,
}: PlanFacts): Readonly<Record<string, unknown>> {
  const fire = ({ nominal, local, because: reason }: ChangedFire) => ({
    nominal: instant(nominal),
    local,
    because: reason,
  })
  return {
    source: plan.source,
    treeDigest: plan.treeDigest,
    counts: countsOf(plan),
    refused: refusal,
    actions: plan.actions
      .filter(({ action }) => action !== 'unchanged')
      .map((action) => ({
        action: action.action,
        identity: action.identity,
        ...('document' in action ? { file: action.document.file, line: action.document.line } : {}),
        ...(action.action === 'rename'
          ? { from: action.from.identity, timingChanged: action.timingChanged }
          : {}),
        ...(action.action === 'update'
          ? { timingChanged: action.timingChanged, documentChanged: action.documentChanged }
          : {}),
      })),
    fires: changes.map(({ identity, timezone, added, removed, moved, kept, truncated }) => ({
      schedule: identity,
      timezone,
      days,
      kept,
      truncated,
      added: added.map(fire),
      removed: removed.map(fire),
      moved: moved.map(({ from, to }) => ({ from: fire(from), to: fire(to) })),
    })),
    warnings: warnings.map(problemJson),
  }
}

function instant(nominal: number): string {
  return new Date(nominal).toISOString().replace('.000Z', 'Z')
}
