import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { createNatsLeaseStore } from '../../src/nats/lease-store.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { BelfryProcess } from '../support/belfry-process.ts'
import { everyStep } from '../support/fire-checker.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { connectTo } from '../support/nats-server.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'
import { isClean, judge, percentile } from '../support/verdict.ts'
import { keep } from './report.ts'

const LIVE = 10_000
const TICKS = Array.from({ length: 10 }, (_, index) => `tick-${index}`)
const PER_FILE = 1_000
const RENEWAL_MS = 250
const ROUNDS = Number(process.env.BELFRY_ROUNDS ?? 100)
/** A fire of before the take-over and one of well after it lie in this window. */
const BEFORE_MS = 1_000
const AFTER_MS = { SIGKILL: 2_000, SIGTERM: 1_200 }
/** So long after its start a standby has foreseen what is due when. */
const WARM_MS = 1_000

const never = new AbortController().signal

let installation: Installation
const running = new Map<string, BelfryProcess>()
let leader = ''
let renewedAt = 0
let onRenewal: () => void = () => undefined

beforeAll(async () => {
  const quiet = (from: number) =>
    Array.from({ length: PER_FILE }, (_, index) =>
      scheduleText(`quiet-${from + index}`, 'timezone: UTC, triggers: [{cron: "0 0 1 1 *"}]'),
    ).join('')
  const many: [string, string][] = []
  for (let from = 0; from < LIVE - TICKS.length; from += PER_FILE)
    many.push([`many-${from}.yaml`, quiet(from).slice('---\n'.length)])
  const ticks = TICKS.map((name) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]')).join('')
  installation = await startInstallation({
    'base.yaml': ADAPTER_AND_JOB + ticks,
    ...Object.fromEntries(many),
  })
  const connection = await connectTo(installation.server, { prefix: installation.prefix })
  createNatsLeaseStore({ connection, publisher: new Publisher(connection) }).watch(({ record }) => {
    leader = record.released ? '' : record.holder
    renewedAt = systemClock.monotonic()
    onRenewal()
  }, never)
  await start('first').said('the tree is applied')
  await start('second').said('ready')
  await start('third').said('ready')
}, 300_000)
afterAll(() => installation?.stop())

function start(name: string): BelfryProcess {
  const process = installation.serve(name)
  running.set(name, process)
  return process
}

const ticksOf = () => installation.records.items.filter(({ key }) => key.schedule.startsWith('tick-'))

/** Resolves when every tick has fired a time after `at`. */
async function untilAllTicked(at: number): Promise<void> {
  await installation.records.until((items) => {
    const recent = new Set<string>()
    for (let index = items.length - 1; index >= 0 && recent.size < TICKS.length; index--) {
      const { key, nominal } = items[index]!
      if (nominal < at - 10_000) break
      if (nominal >= at) recent.add(key.schedule)
    }
    return recent.size === TICKS.length
  })
}

/** Resolves so long after a renewal. */
async function untilPhase(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    onRenewal = resolve
  })
  await systemClock.sleep(ms - (systemClock.monotonic() - renewedAt), never)
}

/** Ends the leader and resolves to the worst lateness of any tick around that. */
async function round(index: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<number> {
  const [name, ended] = await leading()
  await untilPhase((index * RENEWAL_MS) / ROUNDS)
  const at = systemClock.now()
  ended.signal(signal)
  await ended.ended
  await untilAllTicked(at + AFTER_MS[signal])
  const around = ticksOf().filter(
    ({ nominal }) => nominal > at - BEFORE_MS && nominal <= at + AFTER_MS[signal],
  )
  const worst = Math.max(...around.map(({ storedAt, nominal }) => storedAt - nominal))
  await start(name).said('ready')
  await systemClock.sleep(WARM_MS, never)
  return worst
}

async function leading(): Promise<readonly [string, BelfryProcess]> {
  for (;;) {
    const process = running.get(leader)
    if (process?.lines.items.at(-1) !== undefined) return [leader, process]
    await new Promise<void>((resolve) => {
      onRenewal = resolve
    })
  }
}

async function measured(signal: 'SIGKILL' | 'SIGTERM', what: string): Promise<readonly number[]> {
  const worst: number[] = []
  for (let index = 0; index < ROUNDS; index++) worst.push(await round(index, signal))
  worst.sort((a, b) => a - b)
  const [half, most, all] = [0.5, 0.99, 1].map((share) => percentile(worst, share))
  const text = `${what}, ${ROUNDS} rounds, ${LIVE} live schedules: worst lateness of a once-a-second schedule: p50 ${half} ms, p99 ${most} ms, max ${all} ms\n`
  console.log(text + keep(`take-over-${signal}.txt`, text + worst.join('\n')))
  return worst
}

describe(`take-over with ${LIVE} live schedules`, () => {
  it('after SIGKILL: p99 of the worst lateness within 1.5 s', async () => {
    expect(percentile(await measured('SIGKILL', 'SIGKILL'), 0.99)).toBeLessThanOrEqual(1_500)
  })

  it('on a clean stop: p99 of the worst lateness within 100 ms', async () => {
    expect(percentile(await measured('SIGTERM', 'clean stop'), 0.99)).toBeLessThanOrEqual(100)
  })

  it('loses none and doubles none on the way', async () => {
    const to = systemClock.now()
    await untilAllTicked(to + 1_000)
    const { activeFrom } = (await installation.entry(TICKS[0]!))!
    const seen = ticksOf().filter(({ nominal }) => nominal <= to)
    const owed = TICKS.map((schedule) => ({
      schedule,
      nominals: everyStep(1_000, activeFrom, to),
      markers: [],
      misfireAfterMs: 60_000,
    }))
    const found = judge({ seen, surviving: seen, confirmed: new Set(), destructions: [] }, owed)
    expect(isClean(found), JSON.stringify(found).slice(0, 2_000)).toBe(true)
  })
})
