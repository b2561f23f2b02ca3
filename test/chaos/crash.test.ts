import { afterEach, describe, expect, it } from 'vitest'
import { checkFires, everyStep } from '../support/fire-checker.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'

const SCHEDULES = Array.from({ length: 50 }, (_, index) => `tick-${index}`)
const TREE =
  ADAPTER_AND_JOB +
  SCHEDULES.map((name) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]')).join('')

let installation: Installation | null = null
afterEach(async () => {
  await installation?.stop()
  installation = null
})

/** What every schedule owed from its first application on, up to the newest time that any of them has fired. */
async function verdict({ entry, records }: Installation) {
  const newest = Math.max(...records.items.map(({ nominal }) => nominal))
  const expected = await Promise.all(
    SCHEDULES.map(async (schedule) => ({
      schedule,
      nominals: everyStep(1_000, (await entry(schedule))!.activeFrom, newest - 1_000),
    })),
  )
  // The newest second may still be on its way for some.
  return checkFires(
    records.items.filter(({ nominal }) => nominal <= newest - 1_000),
    expected,
  )
}

describe('once, and none lost', () => {
  it('over a thousand fires, with the scheduler killed and restarted again and again', async () => {
    installation = await startInstallation({ 'tree.yaml': TREE })
    for (let kills = 1; kills <= 4; kills++) {
      const serve = installation.serve(`run-${kills}`)
      await installation.untilFires(installation.fires().length + 230)
      await serve.kill()
    }
    const last = installation.serve('last')
    await installation.untilFires(installation.fires().length + 150)
    expect(await last.stop()).toBe(0)
    const found = await verdict(installation)
    expect(found).toMatchObject({ lost: [], doubled: [], foreign: [] })
    expect(found.fires).toBeGreaterThanOrEqual(1_000)
  }, 90_000)

  it('when the leader of two is killed, and the other goes on', async () => {
    installation = await startInstallation({ 'tree.yaml': TREE })
    const first = installation.serve('first')
    await first.said('this instance leads')
    const second = installation.serve('second')
    await second.said('ready')
    await installation.untilFires(150)
    await first.kill()
    await second.said('this instance leads')
    await installation.untilFires(installation.fires().length + 150)
    const found = await verdict(installation)
    expect(found).toMatchObject({ lost: [], doubled: [], foreign: [] })
    // A take-over takes about a second; this is only the bound beyond which it did not happen.
    expect(found.worstLatenessMs).toBeLessThan(10_000)
  }, 60_000)

  it('when both of two are frozen and thawed in turn', async () => {
    installation = await startInstallation({ 'tree.yaml': TREE })
    const first = installation.serve('first')
    await first.said('this instance leads')
    const second = installation.serve('second')
    await second.said('ready')
    await installation.untilFires(100)
    first.signal('SIGSTOP')
    await second.said('this instance leads')
    await installation.untilFires(installation.fires().length + 100)
    first.signal('SIGCONT')
    await first.said('leadership is lost')
    await installation.untilFires(installation.fires().length + 100)
    const before = first.lines.items.length
    second.signal('SIGSTOP')
    await first.said('this instance leads', before)
    await installation.untilFires(installation.fires().length + 100)
    second.signal('SIGCONT')
    await second.said('leadership is lost')
    await installation.untilFires(installation.fires().length + 100)
    expect(await verdict(installation)).toMatchObject({ lost: [], doubled: [], foreign: [] })
  }, 60_000)
})
