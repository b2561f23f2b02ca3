import type { Row, Summary } from './rows.ts'

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

function right(text: string, width = 14): string {
  return text.padStart(width)
}

export function printHead(peers: readonly string[]): void {
  const columns = ['next() a second', ...peers, ...peers.map((peer) => `/ ${peer}`)]
  const head = columns.map((text) => right(text, text.length > 14 ? 17 : 14)).join('')
  console.log(`${'engine'.padEnd(20)}${'expression'.padEnd(24)}${'zone'.padEnd(18)}${head}`)
}

export function printRow({ engine, expression, timezone, perSecond, peers }: Row): void {
  const figures = [
    right(NUMBER.format(perSecond), 17),
    ...peers.map((figure) => right(NUMBER.format(figure.perSecond))),
    ...peers.map((figure) => right(`${NUMBER.format(figure.ratio)}x`)),
  ]
  console.log(`${engine.padEnd(20)}${expression.padEnd(24)}${timezone.padEnd(18)}${figures.join('')}`)
}

export function printSummary(summary: Summary): void {
  console.log('')
  for (const { engine, slowest, ratios } of summary.engines) {
    for (const [peer, ratio] of Object.entries(ratios)) {
      console.log(`${engine}: ${NUMBER.format(ratio)} times ${peer} (geometric mean)`)
    }
    console.log(`${engine}: ${NUMBER.format(slowest)} next() a second in its slowest row`)
  }
  const { firesCompared, firesDiffering, compileMicroseconds, compiles, bytesPerCron } = summary
  console.log(
    `fires compared, days around changes of clocks left out: ${NUMBER.format(firesCompared)}, differing: ${firesDiffering}`,
  )
  console.log(`compile: ${compileMicroseconds.toFixed(1)} us each over ${NUMBER.format(compiles)}`)
  console.log(`memory: ${NUMBER.format(bytesPerCron)} bytes a compiled cron`)
  const { year, bytes, bytesWithRoll, compileMicroseconds: each } = summary.schedules
  console.log(`schedules with calendar: compile ${each.toFixed(1)} us each`)
  console.log(
    `schedules with calendar: ${NUMBER.format(bytes)} bytes each, ${NUMBER.format(bytesWithRoll)} with roll and jitter`,
  )
  const counts = `${NUMBER.format(year.candidates)} candidates, ${NUMBER.format(year.fires)} fires`
  console.log(
    `a year of ${NUMBER.format(year.schedules)} daily schedules: ${year.seconds.toFixed(2)} s (${counts})`,
  )
}
