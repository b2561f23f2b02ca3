import { afterEach, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/nats/connection.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { keepMemoryStreams } from '../../src/nats/memory-streams.ts'
import { streamState } from '../../src/nats/streams.ts'
import type { Logger } from '../../src/ports/telemetry.ts'
import {
  connectTo,
  freshPrefix,
  silentLogger,
  startNatsServer,
  type TestServer,
} from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'

const MADE = 'what the server had in memory is made anew'
const SMALL = { firesMaxBytes: 1_000_000 }

let server: TestServer
let connection: Connection
const ending = new AbortController()
let keeping: Promise<void> = Promise.resolve()

afterEach(async () => {
  ending.abort()
  await keeping
  await connection.close()
  await server.stop()
})

describe('the stream of log lines', () => {
  it('is there again after NATS was killed and started again, while an instance runs', async () => {
    const said = new Recorder<string>()
    const logger: Logger = { ...silentLogger, info: (message) => said.push(message) }
    server = await startNatsServer()
    connection = await connectTo(server, { prefix: freshPrefix(), logger })
    const { logs, runs } = connection.names
    await ensureLayout(connection, SMALL)
    keeping = keepMemoryStreams(connection, SMALL, ending.signal)
    const kept = await streamState(connection, runs)

    await server.kill('SIGKILL')
    await server.restart()
    await said.until((messages) => messages.includes(MADE))

    expect((await streamState(connection, logs))?.config).toMatchObject({
      storage: 'memory',
      max_age: 3_600e9,
    })
    expect((await streamState(connection, runs))?.created).toBe(kept?.created)
  }, 30_000)
})
