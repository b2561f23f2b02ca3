import { setMaxListeners } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { API, errorFromApi } from '../../src/nats/api-errors.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { createNatsLeaseStore } from '../../src/nats/lease-store.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { startNatsCluster, type TestCluster } from '../support/nats-cluster.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { NatsWire } from '../support/nats-wire.ts'
import type { Random } from '../support/random.ts'
import { type Judgement, judge, type Owed, untoldOf } from '../support/verdict.ts'
import { type Cast, createCast, type Edits, editsText, owedBy, owedByVersions } from './cast.ts'
import { Instance } from './instance.ts'
import { type Straggler, straggler } from './straggler.ts'
import { Witness } from './witness.ts'

const FIRES_MAX_BYTES = 1024 ** 3
const READ_MS = 1_000
const POLL_MS = 50
/** Beyond this nothing recovers any more: the run ends and says so. */
const STUCK_MS = 120_000
/** No schedule that plays owes nothing for so long. */
const LONGEST_GAP_MS = 150_000
/** Closed times are gathered for a minute at most, and told when the decision is made. */
const TOLD_WITHIN_MS = 65_000

/** What of a checkout changes; `invalid`: nothing may go live, until the next edit. */
export type Edit = 'timing' | 'data' | 'adapter' | 'invalid'

export interface StageOptions {
  readonly random: Random
  readonly ticks: number
  readonly instances: number
  readonly cluster?: boolean
  /** Called when a belfry process ends although nobody ended it. */
  readonly onSurprise: (what: string) => void
  /** Given all that a belfry process has logged, when it has ended. */
  readonly onLog: (instance: string, lines: readonly string[]) => void
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

export interface Lag {
  readonly ms: number
  readonly schedules: readonly string[]
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
  readonly #destructions: number[] = []
  readonly #restorations: number[] = []
  readonly #parts: Parts
  readonly #ending = endsMany()
  readonly #publisher: Publisher
  readonly #witness: Witness
  #edited = 0
  #lag: Lag = { ms: 0, schedules: [] }
  #edits: Edits = { stepSeconds: [1, 1, 2, 3], notes: [0, 0, 0, 0], extraAdapter: null }

  constructor(parts: Parts) {
    const { connection, cast } = parts
    this.#parts = parts
    this.cluster = parts.cluster
    this.single = parts.single
    this.connection = connection
    this.random = parts.random
    this.cast = cast
    this.#publisher = new Publisher(connection, { timeoutMs: READ_MS })
    this.#witness = new Witness({ connection, publisher: this.#publisher, edited: cast.edited })
  }

  /** Fires that were seen, doubles included. */
  get fires(): number {
    return this.#witness.fires
  }

  /** How often a checkout was changed. */
  get edited(): number {
    return this.#edited
  }

  async open(ports: readonly number[]): Promise<void> {
    const { connection, folder, options } = this.#parts
    const { onSurprise, onLog } = options
    this.#witness.follow(this.#ending.signal)
    const prefix = connection.names.prefix
    const isFire = (subject: string) => subject.startsWith(`${prefix}.fire.`)
    // The last one has a checkout of its own, which edits reach late or never.
    for (let index = 0; index < options.instances; index++) {
      const tree = join(folder, index > 0 && index === options.instances - 1 ? 'other' : 'main')
      mkdirSync(tree, { recursive: true })
      const wire = await NatsWire.start(ports, isFire, (request, answer) =>
        this.#witness.confirm(request, answer),
      )
      const name = String.fromCharCode(97 + index)
      this.instances.push(
        new Instance(name, { wire, tree, prefix, onSurprise, onLog: (lines) => onLog(name, lines) }),
      )
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
    for (const instance of this.instances) instance.start()
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
      const { holder, term } = held.record
      return this.instances.find((instance) => instance.name === holder && instance.leads(term))
    })
    if (found === undefined) throw new Error('nobody leads')
    return found
  }

  /** Resolves when every tick of now has been fired, and whatever else is due by then. Throws when that does not come to pass. */
  async current(): Promise<void> {
    const at = this.now()
    const late = () => this.cast.ticks.filter((schedule) => this.#witness.newest(schedule) < at)
    await this.#comesToPass(late)
    // Those who fire less often, or not at every time, have come as far: nothing hangs behind the ticks unseen.
    const since = this.now()
    let last: readonly string[] = []
    await this.#comesToPass(() => {
      const behind = this.#behind(at)
      if (behind.length > 0) last = behind
      return behind
    })
    const ms = this.now() - since
    if (ms > this.#lag.ms) this.#lag = { ms, schedules: last }
  }

  /** The longest that any schedules have needed to be current after all ticks were. */
  get lag(): Lag {
    return this.#lag
  }

  /** The fire that came latest, compared with others of its second. */
  get straggler(): Straggler | null {
    return straggler(this.#witness.seen, this.cast.ticks)
  }

  /** Changes something in a checkout, or, half of the time, in all. */
  edit(instance: Instance, kind: Edit): void {
    const { random } = this
    const { stepSeconds, notes, extraAdapter } = this.#edits
    const meant = random.between(0, notes.length - 1)
    this.#edited += 1
    this.#edits = {
      stepSeconds:
        kind === 'timing'
          ? stepSeconds.map((step, index) => (index === meant ? (step % 3) + 1 : step))
          : stepSeconds,
      // No checkout is ever the same again.
      notes: notes.map((note, index) => (index === meant ? this.#edited : note)),
      // One comes and one goes, whatever edits are taken together.
      extraAdapter: kind === 'adapter' ? this.#edited : extraAdapter,
    }
    const text = kind === 'invalid' ? 'kind: [nothing that ends' : editsText(this.cast, this.#edits)
    const trees = new Set([instance.tree])
    if (random.chance(0.5)) for (const { tree } of this.instances) trees.add(tree)
    for (const tree of trees) {
      // As deployments do: never half a file.
      writeFileSync(join(tree, '.edits.new'), text)
      renameSync(join(tree, '.edits.new'), join(tree, 'edits.yaml'))
    }
  }

  /** Deletes the log and makes it anew, empty. */
  async deleteLog(): Promise<void> {
    const { connection } = this
    const doing = 'deleting the log'
    await this.insist(doing, async () => {
      const answer = await connection.request(`$JS.API.STREAM.DELETE.${connection.names.fires}`, null, doing)
      // The answer to the first try may have been lost.
      if (!answer.ok && answer.error.code !== API.streamNotFound) throw errorFromApi(doing, answer.error)
    })
    this.#destructions.push(this.now())
    await this.insist('making the log anew', async () => {
      await ensureLayout(connection, { firesMaxBytes: FIRES_MAX_BYTES })
    })
  }

  /** Stops the server, copies its store, and starts it again. Resolves to what puts the copy in its place. */
  async backUp(): Promise<() => Promise<void>> {
    const server = this.single!
    const copy = join(this.#parts.folder, `backup-${this.#destructions.length}`)
    await server.kill('SIGTERM')
    cpSync(join(server.folder, 'jetstream'), copy, { recursive: true })
    await server.restart()
    return async () => {
      await server.kill('SIGKILL')
      this.#destructions.push(this.now())
      this.#restorations.push(this.now())
      rmSync(join(server.folder, 'jetstream'), { recursive: true, force: true })
      renameSync(copy, join(server.folder, 'jetstream'))
      await server.restart()
    }
  }

  /** Sets the room of the log; so full that nothing more goes in, or as at first. */
  async setLogRoom(room: 'none' | 'plenty'): Promise<void> {
    const { fires } = this.connection.names
    await this.insist('setting the room of the log', async () => {
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
    })
  }

  /** Does something of the test's own, which may be done twice, until it is done: a busy server may not answer in time. */
  async insist(doing: string, work: () => Promise<void>): Promise<void> {
    let last: unknown
    const done = await this.eventually(async () => {
      try {
        await work()
        return true
      } catch (error) {
        last = error
        return undefined
      }
    })
    if (done !== true) throw new Error(`${doing} does not come to an end`, { cause: last })
  }

  /** Ends all instances cleanly when all is fired and told, reads the whole log, and judges. */
  async verdict(): Promise<Judgement> {
    await this.current()
    const to = this.now()
    const toldTo = to - TOLD_WITHIN_MS
    const owed = this.#owed(to)
    // What is still on its way is late, not lost. What does not come while a leader runs is judged as it is.
    const told = () => ({ told: this.#witness.told, toldTo })
    const isThere = () =>
      this.#behind(to).length === 0 &&
      owed.every((each) => untoldOf(each, told(), this.#witness.newest(each.schedule)).length === 0)
    await this.eventually(async () => (isThere() ? true : undefined))
    for (const instance of this.instances) instance.terminate()
    await Promise.all(this.instances.map((instance) => instance.ended()))
    const surviving = await this.#wholeLog()
    const isIn = ({ nominal }: LogRecord) => nominal <= to
    const isOurs = (key: string) => Number(key.slice(key.lastIndexOf('@') + 1)) <= to
    const { seen, confirmed } = this.#witness
    return judge(
      {
        seen: seen.filter(isIn),
        surviving: surviving.filter(isIn),
        confirmed: new Set([...confirmed].filter(isOurs)),
        destructions: this.#destructions,
        trail: { ...told(), restorations: this.#restorations },
      },
      owed,
    )
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

  /** All that is owed in (from, to]. With live state destroyed nobody knows all versions of what was edited. */
  #owed(to: number, from = 0): readonly Owed[] {
    const { edited } = this.cast
    const versions = this.#witness.versions.map((version) => ({
      ...version,
      activeFrom: Math.max(from, version.activeFrom),
    }))
    const first = new Map(versions.map(({ schedule, activeFrom }) => [schedule, activeFrom]))
    const ofEdited = versions.filter(({ schedule }) => edited.includes(schedule))
    return [
      ...owedBy(this.cast, (schedule) => first.get(schedule)!, to),
      ...(this.#destructions.length === 0 ? owedByVersions(ofEdited, to) : []),
    ]
  }

  /** The schedules that owe something up to `at` and have not come so far. */
  #behind(at: number): readonly string[] {
    return this.#owed(at, at - LONGEST_GAP_MS)
      .filter(({ schedule, nominals }) => this.#witness.newest(schedule) < (nominals.at(-1) ?? 0))
      .map(({ schedule }) => schedule)
  }

  async #comesToPass(late: () => readonly string[]): Promise<void> {
    if ((await this.eventually(async () => (late().length === 0 ? true : undefined))) === true) return
    const [first = '', ...others] = late()
    const newest = new Date(this.#witness.newest(first)).toISOString()
    throw new Error(
      `${1 + others.length} schedules do not fire any more: ${first} last at ${newest}, ${others.join(', ')}`,
    )
  }
}

/** Faults, edits and questions all sleep on it: Node takes more than ten listeners for a leak, and says so. */
function endsMany(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}
