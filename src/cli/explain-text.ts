import type pc from 'picocolors'
import type { ExplainedCandidate, Explanation } from '../core/plan/explain-day.ts'
import { formatInstant, formatLocal } from '../core/time/instant.ts'
import { parseLocal } from '../core/time/local.ts'
import type { Zone } from '../core/time/zone.ts'
import { clockText, localText, weekdayText } from './local-text.ts'
import { stepText } from './trace-text.ts'

type Colors = ReturnType<typeof pc.createColors>

const VERDICTS = {
  fires: 'fires',
  skipped: 'does not fire',
  held: 'is held: nothing is decided',
  'out-of-bounds': 'does not fire',
  'no-such-time': 'does not fire',
  suspended: 'does not fire',
} as const

/** Alike candidates beyond so many are told as one. */
const MOST_ALONE = 4

export function explanationText(
  { candidates, before, after, calendars }: Explanation,
  {
    zone,
    when,
    colors,
    asksForTimes,
  }: {
    readonly zone: Zone
    readonly when: string
    readonly colors: Colors
    /** False: it only follows on others. */
    readonly asksForTimes: boolean
  },
): readonly string[] {
  const lines: string[] = []
  if (candidates.length === 0) {
    lines.push(`Nothing is asked for ${when}.`, ...calendars.map((step) => `  ${stepText(step)}`))
  }
  for (const group of alike(candidates)) {
    if (lines.length > 0) lines.push('')
    lines.push(...groupLines(group, zone, colors))
  }
  if (!asksForTimes) return [...lines, '']
  const nearest = [
    before === null ? null : `the last before: ${localText(before, zone)}`,
    after === null ? 'no more fires after' : `the next after: ${localText(after, zone)}`,
  ].filter((text) => text !== null)
  return [...lines, '', colors.dim(nearest.join(', '))]
}

/** Neighbours that come to the same for the same reasons. */
function alike(candidates: readonly ExplainedCandidate[]): readonly (readonly ExplainedCandidate[])[] {
  const groups: ExplainedCandidate[][] = []
  let last = ''
  for (const candidate of candidates) {
    const reasons = candidate.trace.filter(({ step }) => step !== 'pattern' && step !== 'jitter')
    const key = [candidate.outcome, ...reasons.map(stepText)].join('\n')
    const group = groups.at(-1)
    if (group !== undefined && key === last) group.push(candidate)
    else groups.push([candidate])
    last = key
  }
  return groups.flatMap((group) => (group.length > MOST_ALONE ? [group] : group.map((each) => [each])))
}

function groupLines(group: readonly ExplainedCandidate[], zone: Zone, colors: Colors): readonly string[] {
  const first = group[0]!
  const last = group.at(-1)!
  const { outcome, trace } = first
  const paint = outcome === 'fires' ? colors.green : outcome === 'held' ? colors.yellow : colors.red
  const verdict = group.length === 1 ? VERDICTS[outcome] : `${group.length} times: each ${VERDICTS[outcome]}`
  const range = group.length === 1 ? '' : ` to ${placeOf(last, zone)}`
  const head = `${colors.bold(`${placeOf(first, zone)}${range}`)}  ${paint(verdict)}`
  return [head, ...trace.map((step, index) => `  ${index + 1}. ${stepText(step)}`)]
}

/** The instant, and the time asked for where it is another one. */
function placeOf({ nominal, asked }: ExplainedCandidate, zone: Zone): string {
  const local = parseLocal(asked)!
  const wanted = `${weekdayText(Math.floor(local / 86_400))} ${asked.replace('T', ' ').replace(/:00$/, '')}`
  if (nominal === null) return wanted
  return wanted === clockText(nominal, zone)
    ? localText(nominal, zone)
    : `${wanted} -> ${localText(nominal, zone)}`
}

export function explanationJson(
  { candidates, before, after, calendars }: Explanation,
  {
    zone,
    schedule,
    asked,
    follows,
  }: {
    readonly zone: Zone
    readonly schedule: string
    readonly asked: string
    /** What it follows on, as sentences; left out where that is nothing. */
    readonly follows: readonly string[]
  },
): Readonly<Record<string, unknown>> {
  const place = (at: number | null) =>
    at === null ? null : { nominal: formatInstant(at), local: formatLocal(at, zone) }
  return {
    schedule,
    asked,
    timezone: zone.name,
    fires: candidates.some(({ outcome }) => outcome === 'fires'),
    candidates: candidates.map(({ nominal, asked: wanted, due, outcome, cause, trace }) => ({
      asked: wanted,
      nominal: nominal === null ? null : formatInstant(nominal),
      local: nominal === null ? null : formatLocal(nominal, zone),
      due: due === null ? null : formatInstant(due),
      outcome,
      cause,
      trace,
    })),
    before: place(before),
    after: place(after),
    calendars,
    ...(follows.length === 0 ? {} : { follows }),
  }
}
