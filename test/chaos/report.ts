import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Judgement, percentile } from '../support/verdict.ts'
import type { Family } from './faults.ts'
import type { Played, Tally } from './play.ts'

const folder = fileURLToPath(new URL('../../.belfry/chaos', import.meta.url))

/** The seed of this run: `BELFRY_SEED`, or one that says when it was. */
export function chosenSeed(now: number): number {
  const given = process.env.BELFRY_SEED
  const seed = given === undefined ? now % 1_000_000 : Number(given)
  if (!Number.isSafeInteger(seed)) throw new Error(`BELFRY_SEED=${given} is not a whole number`)
  return seed
}

/** Every kind of fault of all acts, with how often it struck. */
export function tallyOf(acts: readonly Played[]): ReadonlyMap<string, Tally> {
  const all = new Map<string, Tally>()
  for (const [name, { family, struck, missed }] of acts.flatMap(({ tallies }) => [...tallies])) {
    const before = all.get(name)
    all.set(name, {
      family,
      struck: struck + (before?.struck ?? 0),
      missed: missed + (before?.missed ?? 0),
    })
  }
  return all
}

/** How many faults struck, of one family or of all. */
export function strikesOf(
  acts: readonly Played[],
  isMeant: (family: Family) => boolean = () => true,
): number {
  return [...tallyOf(acts).values()].reduce(
    (sum, { family, struck }) => sum + (isMeant(family) ? struck : 0),
    0,
  )
}

/** What was done and what was found, for people. */
export function reportOf(seed: number, acts: readonly Played[]): string {
  const all = acts.map(({ judgement }) => judgement)
  const sum = (of: (judgement: Judgement) => number) => all.reduce((total, each) => total + of(each), 0)
  const machine = `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`
  const tallies = [...tallyOf(acts)]
  const families = [...new Set(tallies.map(([, { family }]) => family))]
  const lines = [
    `belfry chaos run, seed ${seed} (${machine})`,
    '',
    `${sum(({ fired }) => fired)} fires over ${strikesOf(acts)} faults and ${acts.reduce((a, { edits }) => a + edits, 0)} edits in ${acts.reduce((a, { seconds }) => a + seconds, 0)} s`,
    `lost ${sum(({ lost }) => lost.length)}, doubled ${sum(({ doubled }) => doubled.length)}, foreign ${sum(({ foreign }) => foreign.length)}, unexplained ${sum(({ unexplained }) => unexplained.length)}, vanished ${sum(({ vanished }) => vanished.length)}, out of order ${sum(({ disorderly }) => disorderly.length)}`,
    `did not fire: ${nonFires(all)}`,
    `faults by family: ${families.map((family) => `${strikesOf(acts, (each) => each === family)} ${family}`).join(', ')}`,
    `kinds of faults: ${tallies.length}, of which ${tallies.filter(([, { struck }]) => struck === 0).length} never struck`,
  ]
  for (const act of acts) lines.push('', ...linesOf(act))
  return `${lines.join('\n')}\n`
}

function nonFires(judgements: readonly Judgement[]): string {
  const reasons = new Map<string, number>()
  for (const [reason, count] of judgements.flatMap(({ settled }) => [...settled]))
    reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  const sum = (of: (judgement: Judgement) => number) =>
    judgements.reduce((total, each) => total + of(each), 0)
  const settled = [...reasons].map(([reason, count]) => `${count} by a marker ${reason}`)
  const forgotten = sum((each) => each.forgotten)
  return [
    `${sum(({ closed }) => closed)} closed, told by events`,
    ...settled,
    ...(forgotten === 0 ? [] : [`${forgotten} closed, told in a store that was replaced`]),
  ].join(', ')
}

function linesOf({
  title,
  seconds,
  tallies,
  edits,
  lag,
  straggler,
  surprises,
  judgement,
}: Played): readonly string[] {
  const { fired, destroyed, restored, latenessMs } = judgement
  const late = [0.5, 0.99, 1].map((share) => percentile(latenessMs, share))
  return [
    `${title}: ${fired} fires, ${edits} edits, ${seconds} s`,
    `  stored after the nominal time: half within ${late[0]} ms, 99 % within ${late[1]} ms, all within ${late[2]} ms`,
    `  longest that any schedule came behind those of every second: ${lag.ms} ms${lag.ms === 0 ? '' : ` (${lag.schedules.join(', ')})`}`,
    ...(straggler === null
      ? []
      : [
          `  latest of its second: ${straggler.schedule}@${new Date(straggler.nominal).toISOString()}, ${straggler.behindMs} ms after the middle one`,
        ]),
    `  did not fire: ${nonFires([judgement])}`,
    `  destroyed by the operator: ${destroyed}; destroyed and stored again: ${restored}`,
    '  faults that struck:',
    ...[...tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(lineOf),
    ...surprises.map((what) => `  SURPRISE ${what}`),
    ...(['lost', 'doubled', 'foreign', 'unexplained', 'vanished', 'disorderly'] as const).flatMap((kind) =>
      judgement[kind].slice(0, 20).map((what) => `  ${kind.toUpperCase()} ${what}`),
    ),
  ]
}

function lineOf([name, { struck, missed }]: readonly [string, Tally]): string {
  const what = struck === 0 ? 'NOT STRUCK' : String(struck)
  return `    ${what.padStart(4)}  ${name}${missed === 0 ? '' : ` (tried in vain: ${missed})`}`
}

/** Returns what adds lines to a file there. */
export function keepLines(name: string): (lines: readonly string[]) => void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  rmSync(file, { force: true })
  return (lines) => appendFileSync(file, `${lines.join('\n')}\n`)
}

/** Keeps a report where git does not look, and returns its place. */
export function keep(name: string, text: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
