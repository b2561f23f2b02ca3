import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import { compileCron } from '../../src/core/cron/compile.ts'
import { START } from './cases.ts'
import { belfrySchedule } from './schedule-engine.ts'

/** Walks forward through the fires of one expression; `back` goes to the start without the cost of a parse. */
export interface Walker {
  next(): number | null
  back(): void
}

export interface Engine {
  readonly name: string
  walk(expression: string, timezone: string): Walker
  /** Whether a fire of a peer, which has no calendars, is one of this engine's too; all of them if left out. */
  admits?(at: number, timezone: string): boolean
}

export const belfry: Engine = {
  name: 'belfry',
  walk(expression, timezone) {
    const compiled = compileCron(expression, { timezone })
    if (!compiled.ok) throw new Error(compiled.error.map((found) => found.message).join('; '))
    const recurrence = compiled.value
    let at: number | null = START
    return {
      next() {
        at = at === null ? null : recurrence.next(at)
        return at
      },
      back() {
        at = START
      },
    }
  },
}

export const cronParser: Engine = {
  name: 'cron-parser',
  walk(expression, timezone) {
    const parsed = CronExpressionParser.parse(expression, { tz: timezone, currentDate: new Date(START) })
    return {
      next: () => parsed.next().getTime(),
      back: () => parsed.reset(new Date(START)),
    }
  },
}

export const croner: Engine = {
  name: 'croner',
  walk(expression, timezone) {
    const cron = new Cron(expression, { timezone, paused: true })
    let at: Date | null = new Date(START)
    return {
      next() {
        at = at === null ? null : cron.nextRun(at)
        return at === null ? null : at.getTime()
      },
      back() {
        at = new Date(START)
      },
    }
  },
}

/** What is compared: each of ours with each of the peers. */
export const OURS: readonly Engine[] = [belfry, belfrySchedule]
export const PEERS: readonly Engine[] = [cronParser, croner]
