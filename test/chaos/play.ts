import { Random } from '../support/random.ts'
import type { Judgement } from '../support/verdict.ts'
import type { Fault } from './faults.ts'
import { type Stage, startStage } from './stage.ts'

export interface Act {
  readonly title: string
  readonly ticks: number
  readonly instances: number
  readonly cluster?: boolean
  readonly faults: readonly Fault[]
  /** Strike at the same time as the others, one after the other among themselves. */
  readonly beside?: readonly Fault[]
  /** Goes on until so many have struck and so many fires are stored, or so long. */
  readonly strikes: number
  readonly fires: number
  readonly longestMs: number
}

export interface Played {
  readonly title: string
  readonly seconds: number
  readonly struck: ReadonlyMap<string, number>
  /** Tried, and what was waited for did not come up in time. */
  readonly missed: number
  readonly surprises: readonly string[]
  readonly judgement: Judgement
}

/** After so many faults without waiting in between, everything must come to rest once. */
const BREATH = 8

/** Plays one act: fault after fault in an order that the seed draws, every kind before any comes again. */
export async function play(act: Act, seed: number, onStrike: (line: string) => void): Promise<Played> {
  const random = new Random(seed)
  const surprises: string[] = []
  const struck = new Map<string, number>()
  let missed = 0
  const stage = await startStage({ ...act, random, onSurprise: (what) => surprises.push(what) })
  const begun = stage.now()
  try {
    let count = 0
    const isOver = () =>
      (count >= act.strikes && stage.fires >= act.fires) || stage.now() - begun > act.longestMs
    const strikeAll = async (faults: readonly Fault[], own: Random, breath: number): Promise<void> => {
      let deck: Fault[] = []
      for (let turn = 1; !isOver(); turn++) {
        if (deck.length === 0) deck = shuffled(faults, own)
        const fault = deck.pop()!
        const done = await fault.strike(stage, own)
        if (done) {
          count += 1
          struck.set(fault.name, (struck.get(fault.name) ?? 0) + 1)
        } else missed += 1
        const seconds = Math.round((stage.now() - begun) / 1_000)
        onStrike(`${seconds}s ${stage.fires} fires, fault ${count}: ${fault.name}${done ? '' : ' (missed)'}`)
        if (turn % breath === 0) await stage.current()
        else await stage.rest(own.between(0, 700))
      }
    }
    const beside = act.beside ?? []
    await Promise.all([
      strikeAll(act.faults, random, BREATH),
      beside.length === 0 ? undefined : strikeAll(beside, new Random(seed + 1), Number.POSITIVE_INFINITY),
    ])
    return {
      title: act.title,
      seconds: Math.round((stage.now() - begun) / 1_000),
      struck,
      missed,
      surprises,
      judgement: await stage.verdict(),
    }
  } catch (error) {
    for (const line of lastWords(stage)) onStrike(line)
    throw error
  } finally {
    await stage.close()
  }
}

function lastWords(stage: Stage): readonly string[] {
  return stage.instances.map((instance) => {
    const lines = stage.logOf(instance).split('\n').slice(-8)
    return `${instance.name} said last:\n${lines.join('\n')}`
  })
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  for (let index = left.length - 1; index > 0; index--) {
    const other = random.between(0, index)
    ;[left[index], left[other]] = [left[other]!, left[index]!]
  }
  return left
}
