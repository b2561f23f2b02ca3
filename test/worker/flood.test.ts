import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { openStage } from '../support/worker-stage.ts'

/** The long run has 10,000. */
const FIRES = Number(process.env.BELFRY_FLOOD ?? 600)

describe('a flood of fires', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())

  it(`of ${FIRES} never has more runs in flight than the adapter allows, over three instances, and loses none`, async () => {
    const stage = await openStage(server, { concurrency: 4 })
    let inFlight = 0
    let most = 0
    const done = new Map<string, number>()
    const instances = new Set<string>()
    const handlers = (instance: string) => ({
      async RunImport({ id }: { readonly id: string }) {
        inFlight += 1
        most = Math.max(most, inFlight)
        await new Promise<void>((resolve) => setImmediate(resolve))
        inFlight -= 1
        instances.add(instance)
        done.set(id, (done.get(id) ?? 0) + 1)
      },
    })
    const names = Array.from({ length: FIRES }, (_, index) => `import-${index}`)
    for (let from = 0; from < FIRES; from += 200) {
      await Promise.all(names.slice(from, from + 200).map((name) => stage.fire(name)))
    }
    for (const instance of ['a', 'b', 'c']) await stage.work(instance, { handlers: handlers(instance) })
    await stage.events.until((items) => items.filter(({ type }) => type === 'succeeded').length >= FIRES)
    expect(most).toBeLessThanOrEqual(4)
    expect(most).toBeGreaterThan(1)
    expect(done.size).toBe(FIRES)
    expect([...done.values()].every((count) => count === 1)).toBe(true)
    expect(instances.size).toBe(3)
    await stage.close()
  }, 300_000)
})
