import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readSight } from '../../src/app/look.ts'
import { ok } from '../../src/core/result.ts'
import { LiveInstances } from '../support/live-instances.ts'
import { silentLogger, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const LIMIT = 10
const SCHEDULES = 50

describe('the rate limit of an adapter on a real server', () => {
  let server: TestServer
  let live: LiveInstances
  const ending = new AbortController()

  beforeAll(async () => {
    server = await startNatsServer()
    live = await LiveInstances.on(server)
  })
  afterEach(async () => {
    ending.abort()
    await live.end()
  })
  afterAll(() => server.stop())

  it('stores what is due at once no faster than it says, also over a take-over, and loses none', async () => {
    const due = Math.ceil(((await live.log.info()).serverTime + 6_000) / 1_000) * 1_000
    const at = new Date(due).toISOString().slice(0, 19)
    const names = Array.from({ length: SCHEDULES }, (_, index) => `s${index}`)
    const tree = treeOf(
      ADAPTER_AND_JOB.replace('spec: {}', `spec: {rateLimit: {runs: ${LIMIT}, per: 1s}}`) +
        names.map((name) => scheduleText(name, `timezone: UTC, triggers: [{at: "${at}"}]`)).join(''),
    )
    const source = { id: 'main', describe: () => '', load: async () => ok(tree), watch: () => undefined }
    const first = await live.start('one', source)
    await first.scheduler.applied(ending.signal)
    await live.start('two', source)
    const fires = () => live.records.items.filter(({ kind }) => kind === 'fire')

    await live.records.until(() => fires().length >= 2 * LIMIT)
    const sight = await readSight({ servers: [server.url], prefix: live.prefix }, silentLogger)
    expect(sight.waits).toMatchObject([{ tenant: 'default', adapter: 'market' }])
    await first.stop()
    await live.records.until(() => fires().length >= SCHEDULES)

    expect(
      fires()
        .map(({ key }) => key.schedule)
        .sort(),
    ).toEqual([...names].sort())
    expect(fires().every(({ nominal, reason }) => nominal === due && reason === 'scheduled')).toBe(true)
    const times = fires().map(({ storedAt }) => storedAt)
    const inSpan = times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length)
    expect(Math.max(...inSpan)).toBeLessThanOrEqual(LIMIT)
  })
})
