import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { percentile } from '../support/verdict.ts'
import type { Played } from './play.ts'

const folder = fileURLToPath(new URL('../../.belfry/chaos', import.meta.url))

/** The seed of this run: `BELFRY_SEED`, or one that says when it was. */
export function chosenSeed(now: number): number {
  const given = process.env.BELFRY_SEED
  const seed = given === undefined ? now % 1_000_000 : Number(given)
  if (!Number.isSafeInteger(seed)) throw new Error(`BELFRY_SEED=${given} is not a whole number`)
  return seed
}

/** What was done and what was found, for people. */
export function reportOf(seed: number, acts: readonly Played[]): string {
  const all = acts.map(({ judgement }) => judgement)
  const sum = (of: (judgement: Played['judgement']) => number) =>
    all.reduce((total, each) => total + of(each), 0)
  const faults = acts.flatMap(({ struck }) => [...struck.values()]).reduce((a, b) => a + b, 0)
  const machine = `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`
  const lines = [
    `belfry chaos run, seed ${seed} (${machine})`,
    '',
    `${sum(({ fired }) => fired)} fires over ${faults} faults in ${acts.reduce((a, { seconds }) => a + seconds, 0)} s`,
    `lost ${sum(({ lost }) => lost.length)}, doubled ${sum(({ doubled }) => doubled.length)}, foreign ${sum(({ foreign }) => foreign.length)}, unexplained ${sum(({ unexplained }) => unexplained.length)}, vanished ${sum(({ vanished }) => vanished.length)}, out of order ${sum(({ disorderly }) => disorderly.length)}`,
  ]
  for (const { title, seconds, struck, missed, surprises, judgement } of acts) {
    const { fired, settled, destroyed, restored, latenessMs } = judgement
    const late = [0.5, 0.99, 1].map((share) => percentile(latenessMs, share))
    lines.push(
      '',
      `${title}: ${fired} fires, ${seconds} s`,
      `  stored after the nominal time: half within ${late[0]} ms, 99 % within ${late[1]} ms, all within ${late[2]} ms`,
      `  settled by a marker: ${[...settled].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none'}`,
      `  destroyed by the operator: ${destroyed}; destroyed and stored again: ${restored}`,
      `  faults that struck (${missed} did not get their chance):`,
      ...[...struck].sort().map(([name, count]) => `    ${String(count).padStart(4)}  ${name}`),
      ...surprises.map((what) => `  SURPRISE ${what}`),
    )
    for (const kind of ['lost', 'doubled', 'foreign', 'unexplained', 'vanished', 'disorderly'] as const)
      for (const what of judgement[kind].slice(0, 20)) lines.push(`  ${kind.toUpperCase()} ${what}`)
  }
  return `${lines.join('\n')}\n`
}

/** Keeps a report where git does not look, and returns its place. */
export function keep(name: string, text: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
