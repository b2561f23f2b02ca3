import type pc from 'picocolors'
import type { AttemptView, RunDetail, RunPage, RunView } from '../client/run-views.ts'
import type { RunState } from '../core/run/run-record.ts'
import { inColumns } from './columns.ts'
import { relativeText, spanText } from './local-text.ts'
import { plain } from './problem-text.ts'

type Colors = ReturnType<typeof pc.createColors>

const LONGEST_ERROR = 80

export function runsText({ runs }: RunPage, present: number, colors: Colors): string {
  if (runs.length === 0) return ''
  const rows = runs.map((run) => [
    run.run,
    run.state,
    run.attempt === 0 ? '' : String(run.attempt),
    run.adapter,
    run.instance ?? '',
    relativeText(run.storedAt.getTime(), present),
    tookText(run),
    run.error === null ? '' : shortened(plain(run.error.message)),
  ])
  const [head = '', ...lines] = inColumns([
    ['run', 'state', 'attempt', 'adapter', 'instance', 'fired', 'took', ''],
    ...rows,
  ])
  const colored = lines.map((line, index) => inStateColor(runs[index]!.state, line, colors))
  return `${[head, ...colored].join('\n')}\n`
}

export function runDetailText(run: RunDetail, colors: Colors): string {
  const { fire, cancelledBy, error, deathReason, requeuedAs, duplicateOf, result } = run
  const facts: readonly (readonly [string, string | null])[] = [
    ['run', run.run],
    ['state', `${run.state}${deathReason === null ? '' : ` (${deathReason})`}`],
    ['job', `${run.job} on ${run.adapter}${fire === null ? '' : `, message ${plain(fire.message)}`}`],
    ['reason', run.reason === null ? 'the log has forgotten its fire' : run.reason],
    ['follows', fire?.cause ?? null],
    ['nominal', run.nominal?.toISOString() ?? null],
    ['fired', run.storedAt.toISOString()],
    ['started', run.startedAt?.toISOString() ?? null],
    ['ended', run.endedAt === null ? null : `${run.endedAt.toISOString()}, ${tookText(run)} after its start`],
    ['error', error === null ? null : plain(`${error.name}: ${error.message}`)],
    ['cancelled', cancelledBy === null ? null : plain(`by ${cancelledBy.by}: ${cancelledBy.reason}`)],
    ['result', result === undefined ? null : plain(JSON.stringify(result))],
    ['done by', duplicateOf],
    ['requeued', requeuedAs],
    ['data', fire === null ? null : plain(JSON.stringify(fire.data))],
  ]
  const lines = facts.flatMap(([name, text]) =>
    text === null
      ? []
      : [`${name.padEnd(10)}${name === 'state' ? inStateColor(run.state, text, colors) : text}`],
  )
  lines.push('')
  if (run.attempts.length === 0) lines.push('No attempt has been told of.')
  else
    lines.push(
      ...inColumns([
        ['attempt', 'outcome', 'instance', 'started', 'took', ''],
        ...run.attempts.map(attemptRow),
      ]),
    )
  if (run.lines.length > 0) lines.push('')
  for (const line of run.lines) {
    const what = line.type === 'progress' ? `${Math.round((line.fraction ?? 0) * 100)} %` : (line.level ?? '')
    const given = line.facts === undefined ? '' : ` ${JSON.stringify(line.facts)}`
    lines.push(plain(`${line.at} ${line.attempt} ${what} ${line.text ?? ''}${given}`))
  }
  return `${lines.join('\n')}\n`
}

function attemptRow(attempt: AttemptView): readonly string[] {
  const { outcome, instance, error, reason, retryAt } = attempt
  const why = [
    ...(reason === null ? [] : [reason]),
    ...(error === null ? [] : [`${error.name}: ${error.message}`]),
    ...(retryAt === null ? [] : [`next not before ${retryAt.toISOString()}`]),
  ]
  return [
    outcome === 'handed-back' ? '-' : String(attempt.attempt),
    outcome,
    instance,
    attempt.startedAt?.toISOString() ?? '-',
    tookText(attempt),
    plain(why.join('; ')),
  ]
}

function tookText({ startedAt, endedAt }: Pick<RunView, 'startedAt' | 'endedAt'>): string {
  if (startedAt === null || endedAt === null) return ''
  const ms = Math.max(0, endedAt.getTime() - startedAt.getTime())
  return ms < 1000 ? `${ms} ms` : spanText(ms)
}

function inStateColor(state: RunState, text: string, colors: Colors): string {
  if (state === 'dead' || state === 'lost') return colors.red(text)
  if (state === 'failed' || state === 'cancelled' || state === 'expired') return colors.yellow(text)
  return text
}

function shortened(text: string): string {
  return text.length <= LONGEST_ERROR ? text : `${text.slice(0, LONGEST_ERROR - 1)}…`
}
