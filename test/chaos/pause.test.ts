import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { BelfryProcess } from '../support/belfry-process.ts'
import { checkFires, everyStep } from '../support/fire-checker.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'

describe('a pause of everything', () => {
  let installation: Installation

  beforeAll(async () => {
    const tick = scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}]')
    installation = await startInstallation({ 'tree.yaml': ADAPTER_AND_JOB + tick })
  })
  afterAll(() => installation.stop())

  const belfry = async (...args: readonly string[]) => {
    const { server, prefix, tree } = installation
    const process = BelfryProcess.run([...args, '--nats', server.url, '--prefix', prefix], tree)
    return { code: await process.ended, output: process.output }
  }

  it('holds from its answer on, over the death of the leader, until it is resumed; nothing is lost', async () => {
    const first = installation.serve('one')
    await installation.untilFires(2)
    const second = installation.serve('two')
    await second.said('ready')

    expect(await belfry('pause', 'everything', '--reason', 'release')).toMatchObject({ code: 0 })
    const answeredAt = systemClock.now()
    await first.kill()
    await second.said('this instance leads')
    const resumed = await belfry('resume', 'everything')
    expect(resumed).toEqual({ code: 0, output: 'everything is resumed\n' })

    const isEnd = ({ reason }: LogRecord) => reason === 'resumed'
    await installation.records.until(
      (items) => items.length > items.findIndex(isEnd) + 3 && items.some(isEnd),
    )
    const items = [...installation.records.items]
    const during = items.slice(0, items.findIndex(isEnd)).filter(({ storedAt }) => storedAt > answeredAt)
    expect(during).toEqual([])
    const nominals = everyStep(1_000, items[0]!.nominal - 1, items.at(-1)!.nominal)
    const verdict = checkFires(items, [{ schedule: 'tick', nominals }])
    expect(verdict).toMatchObject({ lost: [], doubled: [], foreign: [] })
    expect(verdict.settled).toBeGreaterThan(0)
  }, 90_000)
})
