import { ZONES } from './cases.ts'
import { bytesEach, microsecondsEach } from './measure.ts'
import type { ScheduleFigures } from './rows.ts'
import { scheduleWith } from './schedule-engine.ts'

const COMPILES = 20_000
const KEPT = 20_000
const DAILY = 10_000
const YEAR = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2027, 0, 1) }

function daily(index: number) {
  const identity = `default/daily-${index}`
  return scheduleWith(`${index % 60} ${index % 24} * * *`, ZONES[index % ZONES.length]!, { identity })
}

function rolled(index: number) {
  const more = { identity: `default/rolled-${index}`, roll: 'following', jitter: '30s' } as const
  return scheduleWith(`${index % 60} ${index % 24} * * MON`, ZONES[index % ZONES.length]!, more)
}

/** What schedules cost as a whole: to make, to keep, and to ask for a year. */
export function scheduleFigures(): ScheduleFigures {
  microsecondsEach(COMPILES / 10, daily)
  const compileMicroseconds = microsecondsEach(COMPILES, daily)
  // Asked once each, so that what they remember of the asking counts too.
  const asked = (schedule: ReturnType<typeof daily>) => {
    schedule.next(YEAR.from)
    return schedule
  }
  return {
    compileMicroseconds,
    bytes: bytesEach(KEPT, (index) => asked(daily(index))),
    bytesWithRoll: bytesEach(KEPT, (index) => asked(rolled(index))),
    year: enumerateYear(),
  }
}

function enumerateYear(): ScheduleFigures['year'] {
  const schedules = Array.from({ length: DAILY }, (_, index) => daily(index))
  const begin = performance.now()
  let candidates = 0
  let fires = 0
  for (const schedule of schedules) {
    for (const { outcome } of schedule.occurrences(YEAR.from, YEAR.to)) {
      candidates += 1
      if (outcome === 'fires') fires += 1
    }
  }
  return { schedules: DAILY, candidates, fires, seconds: (performance.now() - begin) / 1000 }
}
