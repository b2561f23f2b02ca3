import { describe, expect, it } from 'vitest'
import { parseFile } from '../../../src/core/manifest/parse-file.ts'
import { validateTree } from '../../../src/core/plan/validate-tree.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText } from '../../support/tree-of.ts'

const AT = Date.UTC(2026, 0, 1)
const MARKET = calendarText(
  'market',
  'timezone: America/New_York, weekend: [sat, sun], rules: [{id: day, name: The Day, date: 04-03}], blackouts: [{days: [tue], from: "02:00", to: "04:00", name: quiet}]',
)

/** What an expectation of a schedule in New York comes to: undefined where it holds, else what was found instead. */
function found(schedule: string, expectation: string): string | undefined {
  const spec = `timezone: America/New_York, calendar: market, ${schedule}, expect: [{${expectation}}]`
  const file = parseFile(ADAPTER_AND_JOB + MARKET + scheduleText('s', spec), 'a.yaml')
  const validated = validateTree([file], { at: AT })
  if (validated.ok) return undefined
  expect(validated.error.map(({ code }) => code)).toEqual(['expectation-failed'])
  return validated.error[0]!.found
}

const NIGHT = 'triggers: [{cron: "30 2 * * *"}]'

describe('an expectation', () => {
  it.each([
    ['of a fire', NIGHT, 'at: 2026-04-02T02:30, fires: true'],
    ['of a closed day', NIGHT, 'at: 2026-04-03T02:30, fires: false, because: the day'],
    ['of a blackout', NIGHT, 'at: 2026-04-07T02:30, fires: false, because: quiet'],
    ['of a roll', `${NIGHT}, roll: following`, 'at: 2026-04-03T02:30, fires: false, because: The Day'],
    [
      'of what it rolls to',
      'triggers: [{cron: "30 4 * * *"}], roll: following',
      'at: 2026-04-06T04:30, fires: true',
    ],
    [
      'of a time that clocks skip',
      `${NIGHT}, roll: unadjusted, dst: {gap: skip}`,
      'at: 2026-03-08T02:30, fires: false, because: does not exist',
    ],
    [
      'of a time before the schedule starts',
      `${NIGHT}, startsAt: 2026-04-02`,
      'at: 2026-04-01T02:30, fires: false, because: startsAt',
    ],
    ['of a time that nothing asks for', NIGHT, 'at: 2026-04-02T02:31, fires: false'],
  ])('%s holds', (_, schedule, expectation) => {
    expect(found(schedule, expectation)).toBeUndefined()
  })

  it.each([
    ['at: 2026-04-02T02:30, fires: false', 'it fires'],
    ['at: 2026-04-03T02:30, fires: true', 'it does not fire; market is closed on 2026-04-03: The Day'],
    [
      'at: 2026-04-03T02:30, fires: false, because: Easter',
      'it does not fire; market is closed on 2026-04-03: The Day',
    ],
    [
      'at: 2026-04-02T02:31, fires: true',
      'no trigger asks for that time; the next fire is 2026-04-06T02:30:00',
    ],
  ])('that does not hold says what is found instead: %s', (expectation, text) => {
    expect(found(NIGHT, expectation)).toBe(text)
  })
})
