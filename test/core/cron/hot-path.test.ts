import { afterEach, describe, expect, it, vi } from 'vitest'
import { compiled } from '../../support/fires.ts'

const START_OF_2020 = 1_577_836_800_000

afterEach(() => {
  vi.restoreAllMocks()
})

describe('next()', () => {
  it('asks neither Intl nor Date once the table of its zone covers the time', () => {
    const expressions = [
      '*/5 * * * *',
      '30 2 * * *',
      '0 0 L * *',
      '0 9 15W * *',
      '0 0 29 2 *',
      '0 12 * * 5#3',
    ]
    const recurrences = expressions.map((cron) => compiled(cron, { timezone: 'America/New_York' }))
    const end = Date.UTC(2050, 0, 1)
    for (const recurrence of recurrences) recurrence.next(end)
    for (const recurrence of recurrences) recurrence.previous(START_OF_2020)

    const format = vi.spyOn(Intl.DateTimeFormat.prototype as { format: unknown }, 'format', 'get')
    const parts = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
    const date = vi.spyOn(globalThis as unknown as { Date: () => void }, 'Date')
    for (const recurrence of recurrences) {
      let at: number | null = START_OF_2020
      for (let fires = 0; at !== null && at < end && fires < 100_000; fires++) at = recurrence.next(at)
    }
    expect(format).not.toHaveBeenCalled()
    expect(parts).not.toHaveBeenCalled()
    expect(date).not.toHaveBeenCalled()

    // The spies do see a table that has to grow.
    recurrences[0]!.next(Date.UTC(2095, 0, 1))
    expect(format).toHaveBeenCalled()
  })
})
