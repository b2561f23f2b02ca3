import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { TreeIndex } from '../../src/core/manifest/tree-index.ts'
import { CalendarShelf } from '../../src/core/schedule/calendar-shelf.ts'
import { catalogueOf } from '../../src/core/schedule/catalogue.ts'
import { parseInstant } from '../../src/core/time/instant.ts'
import { compileTrigger } from '../../src/core/trigger/compile-trigger.ts'
import type { CompiledTrigger } from '../../src/core/trigger/compiled-trigger.ts'
import { loadTree } from '../../src/files/load-tree.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

function instant(text: string): number {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

let trigger: CompiledTrigger

beforeAll(async () => {
  const tree = await loadTree(['schedules', 'calendars'], {
    cwd: repository,
    at: instant('2026-01-01T00:00Z'),
  })
  if (!tree.ok) throw new Error(tree.error.map(({ message }) => message).join('\n'))
  const catalogue = catalogueOf(new TreeIndex(tree.value.documents))
  const schedule = catalogue.find('Schedule', 'default', 'zerodha-portfolio')!
  const facts = { generation: 1, revision: '', activeFrom: 0 }
  const compiled = compileTrigger(schedule, { catalogue, shelf: new CalendarShelf(catalogue), facts })
  if (!compiled.ok) throw new Error(compiled.error.map(({ message }) => message).join('\n'))
  trigger = compiled.value
})

/** All candidates of January 2026, by the clock of Kolkata. */
const january = () => [
  ...trigger.compiled.occurrences(instant('2026-01-01T00:00+05:30'), instant('2026-02-01T00:00+05:30')),
]

describe('Monday 20:00 and Tuesday 22:00 in Asia/Kolkata except NSE holidays', () => {
  it('fires across January 2026 on every Monday and Tuesday but Republic Day', () => {
    const fires = january().filter(({ outcome }) => outcome === 'fires')
    expect(fires.map(({ nominal }) => new Date(nominal).toISOString())).toEqual([
      '2026-01-05T14:30:00.000Z',
      '2026-01-06T16:30:00.000Z',
      '2026-01-12T14:30:00.000Z',
      '2026-01-13T16:30:00.000Z',
      '2026-01-19T14:30:00.000Z',
      '2026-01-20T16:30:00.000Z',
      '2026-01-27T16:30:00.000Z',
    ])
  })

  it('leaves 26 January out, and says why and where that is written', () => {
    const skipped = january().filter(({ outcome }) => outcome !== 'fires')
    expect(skipped).toHaveLength(1)
    const [republicDay] = skipped
    expect(republicDay).toMatchObject({ nominal: instant('2026-01-26T20:00+05:30'), cause: 'closed' })
    const reason = republicDay!.trace.at(-1)!
    expect(reason.text).toContain('Republic Day')
    expect(reason.position?.file).toBe('calendars/nse.yaml')
    expect(reason.position?.line).toBeGreaterThan(1)
  })

  it('has one job, one adapter, and the data of both merged', () => {
    expect(trigger).toMatchObject({
      job: 'portfolio-import',
      adapter: 'zerodha',
      message: 'RunPortfolioImport',
      jobVersion: 3,
    })
    expect(JSON.parse(trigger.payload)).toEqual({ portfolio: 'main' })
  })
})
