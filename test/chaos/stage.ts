import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LiveEntry } from '../../src/core/plan/live-entry.ts'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { createNatsLeaseStore } from '../../src/nats/lease-store.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { createNatsStore } from '../../src/nats/store.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { BelfryProcess } from '../support/belfry-process.ts'
import { startNatsCluster, type TestCluster } from '../support/nats-cluster.ts'
import type { Frame } from '../support/nats-protocol.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { NatsWire } from '../support/nats-wire.ts'
import type { Random } from '../support/random.ts'
import { type Judgement, judge } from '../support/verdict.ts'
import { type Cast, createCast, type Edits, editsText, owedBy, owedByVersions, type Version } from './cast.ts'

const FIRES_MAX_BYTES = 1024 ** 3
const READ_MS = 1_000
const POLL_MS = 50
/** Beyond this nothing recovers any more: the run ends and says so. */
const STUCK_MS = 120_000

export interface StageOptions {
  readonly random: Random
  readonly ticks: number
  readonly instances: number
  readonly cluster?: boolean
  /** Called when a belfry process ends although nobody ended it. */
  readonly onSurprise: (what: string) => void
}

/** One belfry process after another under one name, each behind the same wire. */
export class Instance {
  readonly name: string
  readonly wire: NatsWire
  readonly tree: string
  readonly #prefix: string
  #process: BelfryProcess | null = null
  #expected = false

  constructor(name: string, options: { wire: NatsWire; tree: string; prefix: string }) {
    this.name = name
    this.wire = options.wire
    this.tree = options.tree
    this.#prefix = options.prefix
  }

  get process(): BelfryProcess | null {
    return this.#process
  }

  start(onSurprise: (what: string) => void): void {
    if (this.#process !== null) return
    this.#expected = false
    const { name: instance, wire: server, tree } = this
    const started = BelfryProcess.serve({ server, prefix: this.#prefix, instance, tree, clockCanShift: true })
    this.#process = started
    void started.ended.then((code) => {
      if (this.#process === started) this.#process = null
      if (this.#expected) return
      // One that cannot reach NATS while it starts gives up and is started again, by whatever supervises it.
      const isUp = started.lines.items.some(({ message }) => message === 'ready')
      if (isUp)
        onSurprise(`${instance} ended by itself with ${code}: ${JSON.stringify(started.lines.items.at(-1))}`)
      this.start(onSurprise)
    })
  }

  /** At once, also in the midst of forwarding one of its messages. */
  killNow(): void {
    this.#expected = true
    this.#process?.signal('SIGKILL')
  }

  /** Asks it to stop; it may be killed meanwhile. */
  terminate(): void {
    this.#expected = true
    this.#process?.signal('SIGTERM')
  }

  async ended(): Promise<void> {
    await this.#process?.ended
  }
}

/** NATS, some belfry instances, their trees, and everything that the log ever held. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const { random, cluster = false } = options
  const nats = cluster
    ? { cluster: await startNatsCluster({ cuttable: true, configuration: '' }), single: null }
    : { cluster: null, single: await startNatsServer() }
  const server = nats.cluster ?? nats.single!
  const ports = nats.cluster?.nodes.map(({ port }) => port) ?? [nats.single!.port]
  const connection = await connectTo(server, { prefix: freshPrefix() })
  await ensureLayout(connection, { replicas: cluster ? 3 : 1, firesMaxBytes: FIRES_MAX_BYTES })
  const folder = mkdtempSync(join(tmpdir(), 'belfry-chaos-'))
  const stage = new Stage({ ...nats, connection, folder, random, cast: createCast(options.ticks), options })
  await stage.open(ports)
  return stage
}

interface Parts {
  readonly cluster: TestCluster | null
  readonly single: TestServer | null
  readonly connection: Connection
  readonly folder: string
  readonly random: Random
  readonly cast: Cast
  readonly options: StageOptions
}

export class Stage {
  readonly cluster: TestCluster | null
  readonly single: TestServer | null
  readonly connection: Connection
  readonly random: Random
  readonly cast: Cast
  readonly instances: Instance[] = []
  readonly destructions: number[] = []
  readonly #parts: Parts
  readonly #seen: LogRecord[] = []
  readonly #confirmed = new Set<string>()
  readonly #newest = new Map<string, number>()
  readonly #versions = new Map<string, Version>()
  readonly #ending = new AbortController()
  readonly #publisher: Publisher
  #fires = 0
  #note = 0
  #edits: Edits = { stepSeconds: [1, 1, 2, 3], note: 0, extraAdapter: null }

  constructor(parts: Parts) {
    this.#parts = parts
    this.cluster = parts.cluster
    this.single = parts.single
    this.connection = parts.connection
    this.random = parts.random
    this.cast = parts.cast
    this.#publisher = new Publisher(parts.connection, { timeoutMs: READ_MS })
  }

  /** Fires that were seen, doubles included. */
  get fires(): number {
    return this.#fires
  }

  async open(ports: readonly number[]): Promise<void> {
    const { connection, folder, options } = this.#parts
    this.#follow()
    const prefix = connection.names.prefix
    const isFire = (subject: string) => subject.startsWith(`${prefix}.fire.`)
    // The last one has a checkout of its own, which edits reach late or never.
    for (let index = 0; index < options.instances; index++) {
      const tree = join(folder, index > 0 && index === options.instances - 1 ? 'other' : 'main')
      mkdirSync(tree, { recursive: true })
      const wire = await NatsWire.start(ports, isFire, (request, answer) => this.#confirm(request, answer))
      this.instances.push(new Instance(String.fromCharCode(97 + index), { wire, tree, prefix }))
    }
    for (const { tree } of this.instances) {
      writeFileSync(join(tree, 'base.yaml'), this.cast.base)
      writeFileSync(join(tree, 'edits.yaml'), editsText(this.cast, this.#edits))
    }
    this.revive()
    await this.current()
  }

  /** Starts every instance that is not running. */
  revive(): void {
    for (const instance of this.instances) instance.start(this.#parts.options.onSurprise)
  }

  now(): number {
    return systemClock.now()
  }

  rest(ms: number): Promise<boolean> {
    return systemClock.sleep(ms, this.#ending.signal)
  }

  /** Aborts after so long: what it bounds did not happen. */
  within(ms: number): AbortSignal {
    return AbortSignal.timeout(ms)
  }

  /** Asks until there is an answer that is not undefined, or so long. */
  async eventually<T>(ask: () => Promise<T | undefined>, ms = STUCK_MS): Promise<T | undefined> {
    const limit = this.within(ms)
    while (!limit.aborted) {
      try {
        const found = await ask()
        if (found !== undefined) return found
      } catch (error) {
        if (this.connection.nc.isClosed()) throw error
      }
      await this.rest(POLL_MS)
    }
    return undefined
  }

  /** The instance that holds the lease now, and knows it: not one that was started again while its old lease runs out. */
  async leader(): Promise<Instance> {
    const lease = createNatsLeaseStore({ connection: this.connection, publisher: this.#publisher })
    const found = await this.eventually(async () => {
      const held = await lease.read()
      if (held === null || held.record.released) return undefined
      return this.instances.find(
        ({ name, process }) => name === held.record.holder && leads(process, held.record.term),
      )
    })
    if (found === undefined) throw new Error('nobody leads')
    return found
  }

  /** Resolves when every tick of now has been fired. Throws when that does not come to pass. */
  async current(): Promise<void> {
    const at = this.now()
    const reached = async () =>
      this.cast.ticks.every((schedule) => (this.#newest.get(schedule) ?? 0) >= at) ? true : undefined
    if ((await this.eventually(reached)) === true) return
    const late = this.cast.ticks.filter((schedule) => (this.#newest.get(schedule) ?? 0) < at)
    const [first = ''] = late
    const newest = new Date(this.#newest.get(first) ?? 0).toISOString()
    throw new Error(`${late.length} schedules do not fire any more: ${first} last at ${newest}`)
  }

  /** Changes something in the checkout of an instance (and of those that share it). */
  edit(instance: Instance, kind: 'timing' | 'data' | 'adapter'): void {
    const { random } = this
    this.#note += 1
    const extraAdapter =
      kind !== 'adapter' ? this.#edits.extraAdapter : this.#edits.extraAdapter === null ? this.#note : null
    const stepSeconds =
      kind === 'timing' ? this.#edits.stepSeconds.map((step) => (step % 3) + 1) : this.#edits.stepSeconds
    this.#edits = { stepSeconds, note: this.#note, extraAdapter }
    const trees = new Set([instance.tree])
    if (random.chance(0.5)) for (const { tree } of this.instances) trees.add(tree)
    for (const tree of trees) {
      // As deployments do: never half a file.
      writeFileSync(join(tree, '.edits.new'), editsText(this.cast, this.#edits))
      renameSync(join(tree, '.edits.new'), join(tree, 'edits.yaml'))
    }
  }

  /** Deletes the log and makes it anew, empty. */
  async deleteLog(): Promise<void> {
    const { fires } = this.connection.names
    await this.connection.ask(`$JS.API.STREAM.DELETE.${fires}`, null, 'deleting the log')
    this.destructions.push(this.now())
    await ensureLayout(this.connection, { firesMaxBytes: FIRES_MAX_BYTES })
  }

  /** Stops the server, copies its store, and starts it again. Resolves to what puts the copy in its place. */
  async backUp(): Promise<() => Promise<void>> {
    const server = this.single!
    const copy = join(this.#parts.folder, `backup-${this.destructions.length}`)
    await server.kill('SIGTERM')
    cpSync(join(server.folder, 'jetstream'), copy, { recursive: true })
    await server.restart()
    return async () => {
      await server.kill('SIGKILL')
      this.destructions.push(this.now())
      rmSync(join(server.folder, 'jetstream'), { recursive: true, force: true })
      renameSync(copy, join(server.folder, 'jetstream'))
      await server.restart()
    }
  }

  /** Sets the room of the log; so full that nothing more goes in, or as at first. */
  async setLogRoom(room: 'none' | 'plenty'): Promise<void> {
    const { fires } = this.connection.names
    const changed = await this.eventually(async () => {
      const info = await this.connection.ask<{ config: object; state: { bytes: number } }>(
        `$JS.API.STREAM.INFO.${fires}`,
        null,
        'asking for the log',
      )
      const max_bytes = room === 'none' ? info.state.bytes + 1 : FIRES_MAX_BYTES
      await this.connection.ask(
        `$JS.API.STREAM.UPDATE.${fires}`,
        { ...info.config, max_bytes },
        'setting the room of the log',
      )
      return true
    })
    if (changed !== true) throw new Error('the room of the log cannot be set')
  }

  /** Ends all instances cleanly when all is fired, reads the whole log, and judges. */
  async verdict(): Promise<Judgement> {
    await this.current()
    const to = this.now()
    await this.rest(2_000)
    await this.current()
    const versions = this.destructions.length === 0 ? [...this.#versions.values()] : []
    const owed = [
      ...owedBy(this.cast, (schedule) => this.#versions.get(schedule)!.activeFrom, to),
      ...owedByVersions(
        versions.filter(({ schedule }) => this.cast.edited.includes(schedule)),
        to,
      ),
    ]
    // What is still on its way is late, not lost. What does not come while a leader runs is judged as it is.
    const settled = async () =>
      owed.every(({ schedule, nominals }) => (this.#newest.get(schedule) ?? 0) >= (nominals.at(-1) ?? 0))
        ? true
        : undefined
    await this.eventually(settled)
    for (const instance of this.instances) instance.terminate()
    await Promise.all(this.instances.map((instance) => instance.ended()))
    const surviving = await this.#wholeLog()
    const isIn = ({ nominal }: LogRecord) => nominal <= to
    const isOurs = (key: string) => Number(key.slice(key.lastIndexOf('@') + 1)) <= to
    return judge(
      {
        seen: this.#seen.filter(isIn),
        surviving: surviving.filter(isIn),
        confirmed: new Set([...this.#confirmed].filter(isOurs)),
        destructions: this.destructions,
      },
      owed,
    )
  }

  /** What the processes of an instance have logged, newest process only. */
  logOf(instance: Instance): string {
    return (instance.process?.lines.items ?? []).map((line) => JSON.stringify(line)).join('\n')
  }

  async close(): Promise<void> {
    this.#ending.abort()
    for (const instance of this.instances) {
      instance.process?.signal('SIGCONT')
      instance.killNow()
      await instance.ended()
      await instance.wire.stop()
    }
    this.#publisher.close()
    await this.connection.close()
    await this.cluster?.stop()
    await this.single?.stop()
    rmSync(this.#parts.folder, { recursive: true, force: true })
  }

  async #wholeLog(): Promise<readonly LogRecord[]> {
    const log = createNatsFireLog({ connection: this.connection, publisher: this.#publisher })
    const { lastSequence } = await log.info()
    const records = new Map<number, LogRecord>()
    const reading = new AbortController()
    let reached = 0
    log.follow(
      1,
      {
        onRecord: (record) => {
          records.set(record.sequence, record)
          reached = record.sequence
        },
        onReset: () => records.clear(),
      },
      reading.signal,
    )
    const whole = await this.eventually(async () => (reached >= lastSequence ? true : undefined))
    reading.abort()
    if (whole === undefined) throw new Error(`the log ends at ${reached} instead of ${lastSequence}`)
    return [...records.values()]
  }

  #follow(): void {
    const { signal } = this.#ending
    const { connection } = this
    createNatsFireLog({ connection, publisher: this.#publisher }).follow(
      1,
      {
        onRecord: (record) => {
          this.#seen.push(record)
          const { schedule } = record.key
          if (record.kind === 'fire') this.#fires += 1
          this.#newest.set(schedule, Math.max(record.nominal, this.#newest.get(schedule) ?? 0))
        },
        onReset: () => undefined,
      },
      signal,
    )
    const live = createNatsStore({ connection, publisher: this.#publisher, bucket: connection.names.live })
    live.watch(
      {
        onChange: ({ key, value }) => {
          const schedule = /^Schedule\.default\.(.+)$/.exec(key)?.[1]
          if (schedule === undefined || value === null) return
          const { activeFrom, manifest } = JSON.parse(value) as LiveEntry
          const step = /"every":"(\d+)s"/.exec(JSON.stringify(manifest))?.[1] ?? '0'
          const version = { schedule, activeFrom, stepMs: 1_000 * Number(step) }
          // Of schedules that nobody edits the first is kept; of the others all, each once.
          const id = this.cast.edited.includes(schedule) ? `${schedule} ${activeFrom}` : schedule
          if (!this.#versions.has(id)) this.#versions.set(id, version)
        },
        onCaughtUp: () => undefined,
        onReset: () => undefined,
      },
      signal,
    )
  }

  #confirm(request: Frame, answer: Frame): void {
    const [, , , schedule, ...rest] = request.subject.split('.')
    const text = answer.bytes.toString('latin1')
    if (rest.length !== 3 || !text.includes('"seq":') || text.includes('"error"')) return
    const nominal = /belfry-nominal: ?(\d+)/.exec(request.bytes.toString('latin1'))?.[1]
    if (nominal !== undefined) this.#confirmed.add(`${schedule}@${nominal}`)
  }
}

function leads(process: BelfryProcess | null, term: number): boolean {
  const said = process?.lines.items.findLast(({ message }) =>
    /this instance leads|leadership is lost/.test(message),
  )
  return said?.message === 'this instance leads' && said.term === term
}
