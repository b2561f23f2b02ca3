import { type Problem, problem } from '../errors.ts'
import type { TenantLimits } from '../kinds.ts'
import type { Memory } from '../manifest/memory.ts'
import type { DocumentOf, TreeIndex } from '../manifest/tree-index.ts'
import { formatDate } from '../time/civil.ts'
import { formatDuration, parseDuration } from '../time/duration.ts'
import { formatLocal } from '../time/instant.ts'
import { type Zone, zoneOf } from '../time/zone.ts'
import type { CheckedSchedule } from './compile-checked.ts'
import { mostFiresPerDay, SURVEY_DAYS, type Survey, surveyFires } from './survey-fires.ts'

export interface ScheduleToCheck {
  readonly document: DocumentOf<'Schedule'>
  readonly schedule: CheckedSchedule
}

export interface LimitsContext {
  readonly index: TreeIndex
  readonly schedules: readonly ScheduleToCheck[]
  /** The start of the day from which on is counted, epoch milliseconds. */
  readonly today: number
  readonly surveys: Memory<Survey>
}

/** A schedule with one fire a day has about a day between two of them, clock changes included. */
const SURELY_APART_MS = 20 * 3_600_000

/** Which tenants ask for more fires, or for fires closer to each other, than their limits allow in the days to come. */
export function checkLimits(
  context: LimitsContext,
): readonly { readonly about: DocumentOf<'Tenant' | 'Schedule'>; readonly found: Problem }[] {
  return context.index.all('Tenant').flatMap((tenant) => {
    const { limits, defaults } = tenant.manifest.spec
    const zone = zoneOf(defaults?.timezone ?? 'UTC')
    if (limits === undefined || !zone.ok) return []
    const schedules = context.schedules.filter(({ document }) => document.tenant === tenant.name)
    const survey = (schedule: CheckedSchedule): Survey =>
      context.surveys.recall(schedule, [context.today, zone.value], () =>
        surveyFires(schedule, context.today, zone.value),
      )
    const apart = schedules.flatMap(({ document, schedule }) => {
      const found = tooClose(schedule, limits, survey)
      return found === undefined ? [] : [{ about: document as DocumentOf<'Tenant' | 'Schedule'>, found }]
    })
    const named = schedules.map(({ document, schedule }) => ({ name: document.name, schedule }))
    const full = tooMany(named, limits, { survey, tenant: tenant.name, zone: zone.value })
    return full === undefined
      ? apart
      : [...apart, { about: tenant as DocumentOf<'Tenant' | 'Schedule'>, found: full }]
  })
}

/** Whether a schedule's fires come closer to each other than its tenant allows. */
export function tooClose(
  schedule: CheckedSchedule,
  { minInterval }: TenantLimits,
  survey: (schedule: CheckedSchedule) => Survey,
): Problem | undefined {
  const least = parseDuration(minInterval ?? '0s')
  // Fires are at whole seconds, so that a second is what any two are apart.
  if (!least.ok || least.value <= 1000) return undefined
  const { triggers } = schedule.spec
  if (mostFiresPerDay(triggers) <= 2 && triggers.length === 1 && least.value <= SURELY_APART_MS)
    return undefined
  const { shortest } = survey(schedule)
  if (shortest === null || shortest.gapMs >= least.value) return undefined
  const first = formatLocal(shortest.at, schedule.zone)
  const second = formatLocal(shortest.at + shortest.gapMs, schedule.zone)
  return problem(
    'tenant-limit',
    `Two fires are ${formatDuration(shortest.gapMs)} apart: ${first} and ${second}`,
    {
      path: ['spec', 'triggers'],
      expected: `at least ${minInterval} between two fires (\`limits.minInterval\` of the Tenant)`,
      found: formatDuration(shortest.gapMs),
    },
  )
}

export interface NamedSchedule {
  readonly name: string
  readonly schedule: CheckedSchedule
}

interface Counting {
  readonly survey: (schedule: CheckedSchedule) => Survey
  readonly tenant: string
  readonly zone: Zone
}

/** Whether all schedules of a tenant have more fires on some day than it allows. */
export function tooMany(
  schedules: readonly NamedSchedule[],
  { firesPerDay }: TenantLimits,
  { survey, tenant, zone }: Counting,
): Problem | undefined {
  if (firesPerDay === undefined) return undefined
  const most = schedules.reduce((sum, { schedule }) => sum + mostFiresPerDay(schedule.spec.triggers), 0)
  if (most <= firesPerDay) return undefined
  const surveys = schedules.map(({ schedule }) => survey(schedule))
  const total = new Float64Array(SURVEY_DAYS)
  for (const { counts } of surveys)
    counts.forEach((count, day) => {
      total[day] = (total[day] as number) + count
    })
  const day = total.reduce(
    (fullest, count, index) => (count > (total[fullest] as number) ? index : fullest),
    0,
  )
  const count = total[day] as number
  if (count <= firesPerDay) return undefined
  const date = formatDate((surveys[0] as Survey).firstDay + day)
  const busiest = schedules
    .map(({ name }, index) => ({
      name,
      count: (surveys[index] as Survey).counts[day] as number,
    }))
    .sort((a, b) => b.count - a.count)
    .slice(0, 3)
  return problem('tenant-limit', `The tenant \`${tenant}\` has ${count} fires on ${date} (${zone.name})`, {
    path: ['spec', 'limits', 'firesPerDay'],
    expected: `at most ${firesPerDay}`,
    found: `${count}, the most by ${busiest.map((each) => `\`${each.name}\` (${each.count})`).join(', ')}`,
  })
}
