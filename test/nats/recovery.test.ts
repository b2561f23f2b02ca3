import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Tree } from '../../src/core/manifest/tree.ts'
import { formatLocal } from '../../src/core/time/instant.ts'
import { zoneNamed } from '../support/fires.ts'
import { copyStore, LiveInstances } from '../support/live-instances.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { SimulatedSource } from '../support/simulation.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const UTC = zoneNamed('UTC')
const iso = (at: number) => new Date(at).toISOString()

/** `tick` fires every second; `once` three seconds from now on, and never again. */
function someTree(onceAt: number): Tree {
  const at = formatLocal(onceAt, UTC).slice(0, 19)
  return treeOf(
    ADAPTER_AND_JOB +
      scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}]') +
      scheduleText('once', `timezone: UTC, triggers: [{at: "${at}Z"}]`),
  )
}

const wholeSecond = (at: number) => Math.ceil(at / 1_000) * 1_000

describe('a server that has lost what it had acknowledged', () => {
  let server: TestServer
  let instances: LiveInstances
  let startedAt: number
  let onceAt: number
  let source: SimulatedSource
  const closing: (() => unknown)[] = []

  beforeEach(async () => {
    server = await startNatsServer()
    instances = await LiveInstances.on(server)
    startedAt = Date.now()
    onceAt = wholeSecond(startedAt) + 5_000
    source = new SimulatedSource(someTree(onceAt))
  })
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
    await instances.end()
    await server.stop()
  })

  /** Every second since the first was fired, and `once`: each stands in the log once. */
  async function expectWhole(): Promise<void> {
    const fires = (await instances.stored()).filter(({ kind }) => kind === 'fire')
    const nominals = fires.filter(({ key }) => key.schedule === 'tick').map(({ nominal }) => nominal)
    const owed: number[] = []
    for (let at = nominals[0]!; at <= Math.max(...nominals); at += 1_000) owed.push(at)
    expect(nominals.map(iso)).toEqual(owed.map(iso))
    expect(nominals[0]).toBeLessThan(onceAt)
    expect(fires.filter(({ key }) => key.schedule === 'once').map(({ nominal }) => iso(nominal))).toEqual([
      iso(onceAt),
    ])
  }

  /** Copies the store before `once`, goes on until after it, and puts the copy back. */
  async function losing(between: () => Promise<void> = async () => undefined): Promise<void> {
    await instances.untilFired('tick', wholeSecond(startedAt) + 2_000)
    await server.kill('SIGKILL')
    const copy = copyStore(server)
    await server.restart()
    await instances.untilFired('once', onceAt)
    await instances.untilFired('tick', onceAt + 1_000)
    await between()
    await server.kill('SIGKILL')
    copy.putBack()
    await server.restart()
  }

  it('gets it again from the leader that goes on, once and in order', async () => {
    await instances.start('a', source)
    await losing()
    await instances.alarms.until((names) => names.includes('log-lost'))
    await instances.untilFired('tick', Date.now() + 2_000)
    await expectWhole()
  }, 60_000)

  it('gets it again from the standby that takes over at that moment', async () => {
    const proxy = await TcpProxy.start(server.port)
    closing.push(async () => {
      proxy.mend()
      await instances.end()
      await proxy.stop()
    })
    const first = await instances.start('a', source, { url: proxy.url })
    const second = await instances.start('b', source)
    await losing(async () => proxy.cut({ stay: true }))
    await instances.alarms.until((names) => names.includes('log-lost'))
    expect(second.scheduler.term).not.toBeNull()
    await instances.untilFired('tick', Date.now() + 2_000)
    await expectWhole()
    expect(first.connection.connected).toBe(false)
  }, 60_000)

  it('gets it decided anew at a start, although the cursors say that it is settled', async () => {
    const first = await instances.start('a', source)
    await instances.untilFired('tick', wholeSecond(startedAt) + 2_000)
    await server.kill('SIGKILL')
    const copy = copyStore(server)
    await server.restart()
    await instances.untilFired('tick', onceAt + 1_000)
    await first.stop()
    await server.kill('SIGKILL')
    copy.putBack((stream) => stream === instances.connection.names.fires)
    await server.restart()
    await instances.connection.whenConnected(new AbortController().signal)
    await instances.start('b', source)
    await instances.alarms.until((names) => names.includes('log-behind'))
    await instances.untilFired('tick', Date.now() + 2_000)
    await expectWhole()
  }, 60_000)
})
