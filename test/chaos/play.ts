import { Random } from '../support/random.ts'
import type { Judgement } from '../support/verdict.ts'
import type { Family, Fault } from './faults.ts'
import { keepLines } from './report.ts'
import { type Edit, type Lag, type Stage, startStage } from './stage.ts'
import type { Straggler } from './straggler.ts'

export interface Act {
  readonly title: string
  readonly ticks: number
  readonly instances: number
  readonly cluster?: boolean
  readonly faults: readonly Fault[]
  /** Strike at the same time as the others, one after the other among themselves, with room between them. */
  readonly beside?: readonly Fault[]
  /** Checkouts change all the while. */
  readonly edits?: boolean
  /** Goes on until each kind has struck, and so many of `faults` in all, and so many fires are stored, or so long. */
  readonly strikes: number
  readonly fires: number
  readonly longestMs: number
}

/** One kind of fault in one act. */
export interface Tally {
  readonly family: Family
  /** How often it really happened. */
  struck: number
  /** How often it was tried, and what it needs did not come up in time. */
  missed: number
}

export interface Played {
  readonly title: string
  readonly seconds: number
  /** Every kind of fault of the act by its name, those that never struck included. */
  readonly tallies: ReadonlyMap<string, Tally>
  readonly edits: number
  /** The longest that any schedules needed to be current after all ticks were. */
  readonly lag: Lag
  /** The fire that came latest, compared with others of its second. */
  readonly straggler: Straggler | null
  readonly surprises: readonly string[]
  readonly judgement: Judgement
}

/** An act that some kind of fault has not struck yet goes on for that, up to so many times as long. */
const LATEST = 1.5
/** After so many faults without waiting in between, everything must come to rest once. */
const BREATH = 8
/** Rests between faults, milliseconds: at least, at most. Those beside the others must not become most of all. */
const REST = [0, 700] as const
const REST_BESIDE = [3_000, 8_000] as const
const REST_BETWEEN_EDITS = [100, 600] as const
const EDITS: readonly Edit[] = ['timing', 'timing', 'data', 'data', 'adapter', 'invalid']

/** Plays one act: fault after fault in an order that the seed draws, every kind before any comes again. */
export async function play(act: Act, seed: number, onStrike: (line: string) => void): Promise<Played> {
  const random = new Random(seed)
  const surprises: string[] = []
  const beside = act.beside ?? []
  const tallies = new Map<string, Tally>(
    [...act.faults, ...beside].map(({ name, family }) => [name, { family, struck: 0, missed: 0 }]),
  )
  const logs = keepLines(`processes ${seed} ${act.title}.log`.replaceAll(/[ ,]+/g, '-'))
  const stage = await startStage({
    ...act,
    random,
    onSurprise: (what) => surprises.push(what),
    onLog: (instance, lines) => logs(lines.map((line) => `${instance} ${line}`)),
  })
  const begun = stage.now()
  try {
    let strikes = 0
    const isOut = ({ name }: Fault) => tallies.get(name)?.struck === 0
    const haveAllStruck = () => [...tallies.values()].every(({ struck }) => struck > 0)
    const isLate = () => stage.now() - begun > act.longestMs
    const isOver = () =>
      haveAllStruck()
        ? isLate() || (strikes >= act.strikes && stage.fires >= act.fires)
        : stage.now() - begun > LATEST * act.longestMs
    // What a border needs is provoked from one leader: another cut meanwhile would only keep it from writing.
    let provoking: Promise<unknown> = Promise.resolve()
    // Taken from the end: what has not struck yet gets its next chance before all others.
    const unstruckOnTop = (deck: readonly Fault[]): Fault[] => {
      const unstruck = deck.filter(isOut)
      return isLate() && unstruck.length > 0
        ? unstruck
        : [...deck.filter((fault) => !isOut(fault)), ...unstruck]
    }
    const strike = async (fault: Fault, own: Random): Promise<boolean> => {
      const done = await fault.strike(stage, own)
      const tally = tallies.get(fault.name)!
      if (done) tally.struck += 1
      else tally.missed += 1
      const seconds = Math.round((stage.now() - begun) / 1_000)
      onStrike(`${seconds}s ${stage.fires} fires: ${fault.name}${done ? '' : ' (missed)'}`)
      return done
    }
    const strikeAll = async (): Promise<void> => {
      let deck: Fault[] = []
      for (let turn = 1; !isOver(); turn++) {
        if (deck.length === 0) deck = unstruckOnTop(shuffled(act.faults, random))
        const fault = deck.pop()!
        const done = strike(fault, random)
        if (fault.family === 'border') provoking = done
        if (await done) strikes += 1
        if (turn % BREATH === 0) await stage.current()
        else await stage.rest(random.between(...REST))
      }
    }
    const strikeBeside = async (own: Random): Promise<void> => {
      let deck: Fault[] = []
      while (beside.length > 0 && !isOver()) {
        if (deck.length === 0) deck = shuffled(beside, own)
        await provoking
        await strike(deck.pop()!, own)
        await stage.rest(own.between(...REST_BESIDE))
      }
    }
    const edit = async (own: Random): Promise<void> => {
      while (act.edits === true && !isOver()) {
        stage.edit(own.pick(stage.instances), own.pick(EDITS))
        await stage.rest(own.between(...REST_BETWEEN_EDITS))
      }
      // The last one may have been invalid: what is judged at the end is live.
      if (act.edits === true) for (const instance of stage.instances) stage.edit(instance, 'data')
    }
    await Promise.all([strikeAll(), strikeBeside(new Random(seed + 1)), edit(new Random(seed + 2))])
    return {
      title: act.title,
      seconds: Math.round((stage.now() - begun) / 1_000),
      tallies,
      edits: stage.edited,
      surprises,
      judgement: await stage.verdict(),
      lag: stage.lag,
      straggler: stage.straggler,
    }
  } catch (error) {
    for (const line of lastWords(stage)) onStrike(line)
    throw error
  } finally {
    await stage.close()
  }
}

function lastWords(stage: Stage): readonly string[] {
  return stage.instances.map(({ name, log }) => {
    const lines = log.split('\n').slice(-8)
    return `${name} said last:\n${lines.join('\n')}`
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
