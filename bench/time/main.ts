import { compileCron } from '../../src/core/cron/compile.ts'
import { zoneOf } from '../../src/core/time/zone.ts'
import { compareFires } from './agreement.ts'
import { END, EXPRESSIONS, START, ZONES } from './cases.ts'
import { type Engine, OURS, PEERS } from './engines.ts'
import { bytesEach, geometricMean, microsecondsEach, nextPerSecond } from './measure.ts'
import { printHead, printRow, printSummary } from './print.ts'
import type { Row, Summary } from './rows.ts'
import { scheduleFigures } from './schedule-figures.ts'

/*
 * next() a second of ours, cron-parser and croner: the same expressions, zones and walk, in one run of one process.
 * Ratios are what counts; the figures are this machine's. `--json` prints the same as data.
 */

const OURS_MS = 250
const PEER_MS = 400
const FIRES_TO_COMPARE = 200
const COMPILES = 100_000
const KEPT = 20_000

function measureRows(expression: string, timezone: string): Row[] {
  const peers = PEERS.map((peer) => ({
    peer,
    perSecond: nextPerSecond(peer.walk(expression, timezone), PEER_MS),
  }))
  return OURS.map((engine) => {
    const perSecond = nextPerSecond(engine.walk(expression, timezone), OURS_MS)
    return {
      engine: engine.name,
      expression,
      timezone,
      perSecond,
      peers: peers.map(({ peer, perSecond: theirs }) => ({
        peer: peer.name,
        perSecond: theirs,
        ratio: perSecond / theirs,
        agreement: compareFires({ ours: engine, peer, expression, timezone, count: FIRES_TO_COMPARE }),
      })),
    }
  })
}

function compileOne(index: number): unknown {
  // Minutes and hours differ, so that no two neighbours are equal strings.
  const days = EXPRESSIONS[2 + (index % 6)]!.split(' ').slice(2).join(' ')
  const expression = `${index % 60} ${index % 24} ${days}`
  const compiled = compileCron(expression, { timezone: ZONES[index % ZONES.length]! })
  if (!compiled.ok) throw new Error(`${expression} does not compile`)
  return compiled.value
}

function summaryOf(rows: readonly Row[]): Summary {
  microsecondsEach(COMPILES / 10, compileOne)
  const figures = rows.flatMap((row) => row.peers)
  return {
    node: process.version,
    engines: OURS.map(({ name }) =>
      engineSummary(
        name,
        rows.filter((row) => row.engine === name),
      ),
    ),
    firesCompared: figures.reduce((sum, { agreement }) => sum + agreement.compared, 0),
    firesDiffering: figures.reduce((sum, { agreement }) => sum + agreement.differing, 0),
    compileMicroseconds: microsecondsEach(COMPILES, compileOne),
    compiles: COMPILES,
    bytesPerCron: bytesEach(KEPT, compileOne),
    schedules: scheduleFigures(),
  }
}

function engineSummary(engine: string, rows: readonly Row[]): Summary['engines'][number] {
  const ratioTo = ({ name }: Engine) =>
    geometricMean(
      rows.flatMap((row) => row.peers.filter(({ peer }) => peer === name).map(({ ratio }) => ratio)),
    )
  return {
    engine,
    slowest: Math.min(...rows.map((row) => row.perSecond)),
    ratios: Object.fromEntries(PEERS.map((peer) => [peer.name, ratioTo(peer)])),
  }
}

function main(): void {
  // The tables of the zones are built once in the life of a process, so they are no part of any row.
  for (const name of ZONES) {
    const zone = zoneOf(name)
    if (zone.ok) zone.value.transitions(START, END)
  }
  const asJson = process.argv.includes('--json')
  if (!asJson) printHead(PEERS.map((peer) => peer.name))
  const rows: Row[] = []
  for (const expression of EXPRESSIONS) {
    for (const timezone of ZONES) {
      for (const row of measureRows(expression, timezone)) {
        rows.push(row)
        if (!asJson) printRow(row)
      }
    }
  }
  const summary = summaryOf(rows)
  if (asJson) console.log(JSON.stringify({ rows, ...summary }, null, 2))
  else printSummary(summary)
}

main()
