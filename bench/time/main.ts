import { compileCron } from '../../src/core/cron/compile.ts'
import { zoneOf } from '../../src/core/time/zone.ts'
import { type Agreement, compareFires } from './agreement.ts'
import { END, EXPRESSIONS, START, ZONES } from './cases.ts'
import { belfry, PEERS } from './engines.ts'
import { bytesEach, geometricMean, microsecondsEach, nextPerSecond } from './measure.ts'

/*
 * next() per second of this engine, cron-parser and croner: the same expressions, zones and walk, in one run of one
 * process. Ratios are what counts; the figures are this machine's. `--json` prints the same as data.
 */

interface Row {
  readonly expression: string
  readonly timezone: string
  readonly perSecond: Readonly<Record<string, number>>
  readonly agreement: Readonly<Record<string, Agreement>>
}

const OURS_MS = 250
const PEER_MS = 400
const FIRES_TO_COMPARE = 200
const COMPILES = 100_000
const KEPT = 20_000

function measureRow(expression: string, timezone: string): Row {
  const perSecond: Record<string, number> = {
    [belfry.name]: nextPerSecond(belfry.walk(expression, timezone), OURS_MS),
  }
  const agreement: Record<string, Agreement> = {}
  for (const peer of PEERS) {
    perSecond[peer.name] = nextPerSecond(peer.walk(expression, timezone), PEER_MS)
    agreement[peer.name] = compareFires(peer, expression, timezone, FIRES_TO_COMPARE)
  }
  return { expression, timezone, perSecond, agreement }
}

function compileOne(index: number): unknown {
  // Minutes differ, so that no two neighbours are equal strings.
  const expression = `${index % 60} ${index % 24} ${EXPRESSIONS[2 + (index % 6)]!.split(' ').slice(2).join(' ')}`
  const compiled = compileCron(expression, { timezone: ZONES[index % ZONES.length]! })
  if (!compiled.ok) throw new Error(`${expression} does not compile`)
  return compiled.value
}

function main(): void {
  // The zones' tables are built once per process, so they are not part of any row.
  for (const name of ZONES) {
    const zone = zoneOf(name)
    if (zone.ok) zone.value.transitions(START, END)
  }
  const asJson = process.argv.includes('--json')
  const rows: Row[] = []
  for (const expression of EXPRESSIONS) {
    for (const timezone of ZONES) {
      const row = measureRow(expression, timezone)
      rows.push(row)
      if (!asJson) printRow(row)
    }
  }
  const ratios = Object.fromEntries(
    PEERS.map((peer) => [
      peer.name,
      geometricMean(rows.map((row) => row.perSecond[belfry.name]! / row.perSecond[peer.name]!)),
    ]),
  )
  const slowest = Math.min(...rows.map((row) => row.perSecond[belfry.name]!))
  microsecondsEach(COMPILES / 10, compileOne)
  const compileMicroseconds = microsecondsEach(COMPILES, compileOne)
  const bytes = bytesEach(KEPT, compileOne)
  const summary = { slowest, ratios, compileMicroseconds, bytesPerCron: bytes, node: process.version }
  if (asJson) console.log(JSON.stringify({ rows, ...summary }, null, 2))
  else printSummary(summary)
}

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
let headPrinted = false

function printRow(row: Row): void {
  const names = [belfry.name, ...PEERS.map((peer) => peer.name)]
  if (!headPrinted) {
    const ratioHeads = PEERS.map((peer) => `/ ${peer.name}`.padStart(14)).join('')
    console.log(
      `${'expression'.padEnd(24)}${'zone'.padEnd(18)}${names.map((name) => name.padStart(14)).join('')}${ratioHeads}`,
    )
    headPrinted = true
  }
  const figures = names.map((name) => NUMBER.format(row.perSecond[name]!).padStart(14)).join('')
  const ratios = PEERS.map((peer) =>
    `${NUMBER.format(row.perSecond[belfry.name]! / row.perSecond[peer.name]!)}x`.padStart(14),
  ).join('')
  console.log(`${row.expression.padEnd(24)}${row.timezone.padEnd(18)}${figures}${ratios}`)
  for (const [name, { compared, differing }] of Object.entries(row.agreement)) {
    if (differing > 0) console.log(`  ${name}: ${differing} of ${compared} fires differ`)
  }
}

interface Summary {
  readonly slowest: number
  readonly ratios: Readonly<Record<string, number>>
  readonly compileMicroseconds: number
  readonly bytesPerCron: number
}

function printSummary(summary: Summary): void {
  console.log('')
  for (const [name, ratio] of Object.entries(summary.ratios)) {
    console.log(`geometric mean of the ratios to ${name}: ${NUMBER.format(ratio)}x`)
  }
  console.log(`slowest row: ${NUMBER.format(summary.slowest)} next() a second`)
  console.log(`compile: ${summary.compileMicroseconds.toFixed(1)} us each over ${NUMBER.format(COMPILES)}`)
  console.log(
    `memory: ${NUMBER.format(summary.bytesPerCron)} bytes per compiled cron over ${NUMBER.format(KEPT)}`,
  )
}

main()
