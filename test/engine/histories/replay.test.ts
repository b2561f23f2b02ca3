import { describe, expect, it } from 'vitest'
import { parseFile } from '../../../src/core/manifest/parse-file.ts'
import { Random } from '../../support/random.ts'
import { drawCalendar, drawSchedule, isValidCalendar, NAMES, textOf, treeFrom } from './manifests.ts'
import { play, stepsOf } from './play.ts'

describe('a random history', () => {
  it('takes the same course to the byte whenever its seed is played', async () => {
    for (const seed of [2, 3, 11, 17, 29, 40]) {
      const first = await play(seed)
      expect((await play(seed)).transcript === first.transcript, `seed ${seed}`).toBe(true)
    }
  })

  it('begins the same when it is cut short', async () => {
    const whole = await play(7)
    const short = await play(7, stepsOf(7).slice(0, 9))
    expect(short.told).toEqual(whole.told.slice(0, short.told.length))
  })

  it('plays with trees that a loader would accept', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed)
      const drawing = {
        random,
        scale: random.pick(['seconds', 'hours'] as const),
        now: Date.UTC(2026, 0, 5),
        counts: true,
        stamp: seed,
      }
      const calendar = drawCalendar(drawing)
      if (!isValidCalendar(calendar)) continue
      const schedules = new Map(NAMES.map((name) => [name, drawSchedule(drawing)]))
      const tree = treeFrom({ schedules, calendar, suspendedJobs: new Set(['import']) })
      const { documents, problems } = parseFile(textOf(tree), 'tree.yaml')
      expect(problems, `seed ${seed}`).toEqual([])
      expect(documents.map(({ digest }) => digest)).toEqual(tree.documents.map(({ digest }) => digest))
    }
  })
})
