import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { type FeedMessage, followStream } from '../../src/nats/feed.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { BelfryProcess } from '../support/belfry-process.ts'
import { connectTo, freshPrefix, startNatsServer } from '../support/nats-server.ts'
import { Random } from '../support/random.ts'
import { Recorder } from '../support/recorder.ts'
import { type Entry, judgeStorm, type LiveChange, type StormFindings, workText } from './edit-oracle.ts'
import {
  bookFolder,
  canonical,
  type Doc,
  EDITS,
  type Files,
  firstFiles,
  identityOf,
  isBook,
  METRONOME,
  MISTAKES,
  mutable,
  STAMP,
  stampDoc,
  textOf,
} from './edit-tree.ts'

export interface StormOptions {
  readonly seed: number
  readonly edits: number
  readonly schedules: number
  readonly instances: number
  /** The leader is killed after about so many edits, again and again. Left out: never. */
  readonly killEvery?: number
  /** Longest rest between two edits. */
  readonly restMs: number
  readonly onEdit: (line: string) => void
}

export interface Stormed {
  readonly findings: StormFindings
  readonly done: ReadonlyMap<string, number>
  readonly kills: number
  readonly seconds: number
}

/** Nothing takes longer than this: the storm ends and says so. */
const STUCK_MS = 60_000
const TAIL_MS = 3_000

export async function runStorm(options: StormOptions): Promise<Stormed> {
  const storm = await Storm.start(options)
  const begun = systemClock.monotonic()
  try {
    await storm.rage()
    const findings = await storm.verdict()
    const seconds = Math.round((systemClock.monotonic() - begun) / 1_000)
    return { findings, done: storm.done, kills: storm.kills, seconds }
  } finally {
    await storm.close()
  }
}

class Storm {
  readonly done = new Map<string, number>()
  kills = 0
  readonly #options: StormOptions
  readonly #random: Random
  readonly #server: Awaited<ReturnType<typeof startNatsServer>>
  readonly #connection: Connection
  readonly #tree = mkdtempSync(join(tmpdir(), 'belfry-storm-'))
  readonly #ending = new AbortController()
  readonly #live = new Recorder<LiveChange>()
  readonly #log = new Recorder<Entry>()
  readonly #written = new Map<string, (string | null)[]>()
  readonly #running = new Map<string, BelfryProcess>()
  /** What stands on disk, good or bad. */
  readonly #disk = new Map<string, string>()
  #files: Files
  #past: Files[] = []
  #commit = 0
  #edits = 0
  /** The commit whose tree is live, and how many times a tree was refused since the last that was applied. */
  #applied = -1
  #stamped = -1
  #refusals = 0
  /** From the last write of a commit to the moment of its edit, as it was lately. */
  #delayMs = 150

  static async start(options: StormOptions): Promise<Storm> {
    const server = await startNatsServer()
    const connection = await connectTo(server, { prefix: freshPrefix() })
    await ensureLayout(connection)
    const storm = new Storm(options, server, connection)
    storm.#follow()
    storm.#write(storm.#files)
    storm.#remember()
    for (let index = 0; index < options.instances; index++) storm.#serve(String.fromCharCode(97 + index))
    await storm.#until('the first tree', () => storm.#applied === 0)
    return storm
  }

  private constructor(
    options: StormOptions,
    server: Awaited<ReturnType<typeof startNatsServer>>,
    connection: Connection,
  ) {
    this.#options = options
    this.#server = server
    this.#connection = connection
    this.#random = new Random(options.seed)
    this.#files = firstFiles(options.schedules, this.#random)
  }

  async rage(): Promise<void> {
    const { edits, killEvery } = this.#options
    const random = this.#random
    while (this.#edits < edits) {
      const draw = random.next()
      if (draw < 0.1) await this.#breakAndMend()
      else if (draw < 0.13) await this.#takeAFolderAway()
      else {
        const count = random.chance(0.15) ? random.between(2, 6) : 1
        const kinds = draw < 0.17 && this.#past.length > 3 ? [this.#revert()] : this.#edit(count)
        // People save twice in a row, too.
        if (random.chance(0.1)) this.#tell(kinds, 'and the next at once')
        else await this.#landed(kinds)
      }
      if (killEvery !== undefined && random.chance(1 / killEvery)) await this.#killLeader()
    }
    await this.#landed(this.#edit(1))
  }

  /** Ends all cleanly when what was due by now has fired, and judges. */
  async verdict(): Promise<StormFindings> {
    const to = systemClock.now()
    await this.#beats(to + TAIL_MS)
    for (const process of this.#running.values()) process.signal('SIGTERM')
    for (const process of this.#running.values()) await process.ended
    const ended = systemClock.now()
    return judgeStorm({
      written: this.#written,
      live: this.#live.items,
      log: this.#log.items.filter(({ storedAt }) => storedAt <= ended),
      to,
      kills: this.kills > 0,
    })
  }

  async close(): Promise<void> {
    this.#ending.abort()
    for (const process of this.#running.values()) await process.kill()
    await this.#connection.close()
    await this.#server.stop()
    rmSync(this.#tree, { recursive: true, force: true })
  }

  /** Draws edits, does them, and writes the tree that comes of it. */
  #edit(count: number, more: { readonly bare?: boolean } = {}): string[] {
    const { schedules: population, killEvery } = this.#options
    const random = this.#random
    const files = mutable(this.#files)
    const kinds: string[] = []
    while (kinds.length < count) {
      const kind = random.pick(Object.keys(EDITS))
      const note = 1_000 + this.#edits + kinds.length
      const counts = killEvery === undefined
      const did = EDITS[kind]!(files, { random, note, now: systemClock.now(), population, counts })
      if (did) kinds.push(kind)
    }
    if (more.bare !== true) this.#stamp(files)
    this.#files = files
    this.#write(files)
    if (more.bare !== true) this.#remember()
    return kinds
  }

  /** All as it was some commits ago. */
  #revert(): string {
    const files = mutable(this.#random.pick(this.#past.slice(-8, -1)))
    this.#stamp(files)
    this.#files = files
    this.#write(files)
    this.#remember()
    return 'revert'
  }

  #stamp(files: Map<string, Doc[]>): void {
    this.#commit += 1
    files.set('stamp.yaml', [stampDoc(this.#commit)])
  }

  /** A mistake, perhaps good edits while it stands, and its cure. Nothing may change before that. */
  async #breakAndMend(): Promise<void> {
    const random = this.#random
    const kind = random.pick(Object.keys(MISTAKES))
    const before = this.#refusals
    const broken = `${bookFolder(random)}/broken.yaml`
    const file = random.pick([broken, ...[...this.#files.keys()].filter(isBook)])
    const good = this.#disk.get(file) ?? textOf([])
    const spare = textOf([{ kind: 'Adapter', name: `spare-${this.#edits}`, spec: {} }])
    const text = MISTAKES[kind]!(good === '' ? spare : good, this.#edits)
    this.#put(file, text)
    await this.#until('a refusal', () => this.#refusals > before)
    this.#tell([`mistake: ${kind}`], 'refused')
    if (random.chance(0.5)) {
      // What is good beside it waits with the rest.
      const kinds = this.#editBeside(file)
      await this.#rest(random.between(100, 400))
      this.#tell(kinds, 'beside the mistake')
    }
    const files = mutable(this.#files)
    this.#stamp(files)
    this.#files = files
    this.#write(files, file)
    this.#remember()
    await this.#landed(['cure'])
  }

  #editBeside(file: string): string[] {
    const kept = this.#disk.get(file)
    const random = this.#random
    const files = mutable(this.#files)
    const safe = ['retime', 'change data', "job's data, message, version", 'suspend', 'calendar changes']
    const kind = random.pick(safe)
    const { schedules: population } = this.#options
    const note = 1_000 + this.#edits
    EDITS[kind]!(files, { random, note, now: systemClock.now(), population, counts: false })
    this.#files = files
    for (const [path, docs] of files) if (path !== file) this.#put(path, textOf(docs))
    if (kept !== this.#disk.get(file)) throw new Error('the mistake is gone')
    return [kind]
  }

  /** As when the wrong branch is checked out: refused, and nothing is deleted. */
  async #takeAFolderAway(): Promise<void> {
    const folder = bookFolder(this.#random)
    const docs = [...this.#files].filter(([file]) => file.startsWith(`${folder}/`)).flatMap(([, own]) => own)
    if (docs.length < 14) return
    const before = this.#refusals
    renameSync(join(this.#tree, folder), join(this.#tree, `.${folder}`))
    await this.#until('a refusal', () => this.#refusals > before)
    this.#tell(['a folder taken away'], 'refused')
    await this.#rest(this.#random.between(0, 400))
    renameSync(join(this.#tree, `.${folder}`), join(this.#tree, folder))
    await this.#landed(this.#edit(1))
  }

  async #killLeader(): Promise<void> {
    const leaders = [...this.#running].filter(([, process]) => leads(process))
    const [name, process] = leaders.at(-1) ?? []
    if (name === undefined || process === undefined) return
    const kinds = this.#edit(1)
    await systemClock.sleep(this.#random.between(0, 300), this.#ending.signal)
    await process.kill()
    this.kills += 1
    this.#serve(name)
    await this.#landed([...kinds, 'leader killed'])
  }

  /** Waits until what stands on disk is live, and then for some moment, often one right before a whole second. */
  async #landed(kinds: readonly string[]): Promise<void> {
    const from = systemClock.now()
    await this.#until(`commit ${this.#commit}`, () => this.#applied === this.#commit)
    const { appliedAt } = JSON.parse(
      this.#live.items.findLast(({ key }) => key === 'applied.main')!.value!,
    ) as {
      appliedAt: number
    }
    this.#delayMs = 0.7 * this.#delayMs + 0.3 * Math.max(0, appliedAt - from)
    this.#tell(kinds, `applied at ${new Date(appliedAt).toISOString()}`)
    const random = this.#random
    await this.#rest(random.between(0, this.#options.restMs))
    if (random.chance(0.3)) {
      const aim = random.between(-20, 20) - this.#delayMs
      await this.#rest((((aim - systemClock.now()) % 1_000) + 1_000) % 1_000)
    }
  }

  #tell(kinds: readonly string[], what: string): void {
    for (const kind of kinds) this.done.set(kind, (this.done.get(kind) ?? 0) + 1)
    this.#edits += kinds.filter((kind) => !['leader killed', 'cure'].includes(kind)).length
    this.#options.onEdit(`${new Date().toISOString()} ${this.#edits}: ${kinds.join(', ')}: ${what}`)
  }

  #rest(ms: number): Promise<boolean> {
    return systemClock.sleep(ms, this.#ending.signal)
  }

  /** Brings the disk to what the files say: in some order, `last` last, files written over or put in their place whole. */
  #write(files: Files, last?: string): void {
    const wanted = new Map([...files].map(([file, docs]) => [file, textOf(docs)]))
    const gone = [...this.#disk.keys()].filter((file) => !wanted.has(file))
    const steps: (readonly [string, () => void])[] = []
    for (const [file, text] of wanted) {
      if (this.#disk.get(file) === text) continue
      const from = gone.find((old) => this.#disk.get(old) === text)
      if (from === undefined) steps.push([file, () => this.#put(file, text)])
      else {
        gone.splice(gone.indexOf(from), 1)
        steps.push([file, () => this.#move(from, file)])
      }
    }
    for (const file of gone) steps.push([file, () => this.#take(file)])
    for (let index = steps.length - 1; index > 0; index--) {
      const other = this.#random.between(0, index)
      ;[steps[index], steps[other]] = [steps[other]!, steps[index]!]
    }
    for (const [file, step] of steps) if (file !== last) step()
    for (const [file, step] of steps) if (file === last) step()
  }

  #put(file: string, text: string): void {
    if (this.#disk.get(file) === text) return
    const path = join(this.#tree, file)
    mkdirSync(dirname(path), { recursive: true })
    if (this.#random.chance(0.5)) writeFileSync(path, text)
    else {
      writeFileSync(`${path}.tmp`, text)
      renameSync(`${path}.tmp`, path)
    }
    this.#disk.set(file, text)
  }

  #move(from: string, to: string): void {
    mkdirSync(dirname(join(this.#tree, to)), { recursive: true })
    renameSync(join(this.#tree, from), join(this.#tree, to))
    this.#disk.set(to, this.#disk.get(from)!)
    this.#disk.delete(from)
  }

  #take(file: string): void {
    rmSync(join(this.#tree, file))
    this.#disk.delete(file)
  }

  /** What stands on disk now may go live. */
  #remember(): void {
    const docs = new Map(
      [...this.#files.values()].flat().map((doc) => [identityOf(doc), canonical(doc.spec)]),
    )
    for (const identity of new Set([...docs.keys(), ...this.#written.keys()])) {
      const states = this.#written.get(identity) ?? []
      const state = docs.get(identity) ?? null
      if (states.length === 0 ? state !== null : states.at(-1) !== state) states.push(state)
      this.#written.set(identity, states)
    }
    this.#past.push(this.#files)
  }

  #serve(instance: string): void {
    const { url } = this.#server
    const { prefix } = this.#connection.names
    this.#running.set(instance, BelfryProcess.serve({ server: { url }, prefix, instance, tree: this.#tree }))
  }

  #follow(): void {
    const { connection, signal } = { connection: this.#connection, signal: this.#ending.signal }
    const { live, fires, prefix } = connection.names
    const follow = (stream: string, filter: string, onMessage: (message: FeedMessage) => void) =>
      followStream({ connection, stream, filter, from: 1, headersOnly: false, onMessage }, signal)
    follow(`KV_${live}`, `$KV.${live}.>`, ({ subject, storedAt, message }) => {
      const key = subject.slice(`$KV.${live}.`.length)
      const isGone = message.headers?.has('KV-Operation') === true
      const value = isGone ? null : message.string()
      if (key === `Job.default.${STAMP}` && value !== null)
        this.#stamped = (
          JSON.parse(value) as { manifest: { spec: { data: { commit: number } } } }
        ).manifest.spec.data.commit
      if (key === 'applied.main') this.#applied = this.#stamped
      if (key === 'attempted.main' && /"outcome":"(invalid|refused)"/.test(value ?? '')) this.#refusals += 1
      this.#live.push({ key, value, storedAt })
    })
    follow(fires, `${prefix}.fire.>`, (message) => this.#log.push(entryOf(message)))
  }

  /** Resolves when the metronome has fired a time after `at`. */
  async #beats(at: number): Promise<void> {
    let newest = 0
    await this.#until('the metronome', () => {
      newest = this.#log.items.findLast(({ schedule }) => schedule === METRONOME)?.nominal ?? newest
      return newest >= at
    })
  }

  /** Asked again whenever something is stored. */
  async #until(what: string, condition: () => boolean): Promise<void> {
    const given = new AbortController()
    const reached = Promise.race([this.#live.until(condition), this.#log.until(condition)]).then(() => true)
    const inTime = await Promise.race([reached, systemClock.sleep(STUCK_MS, given.signal).then(() => false)])
    given.abort()
    if (inTime) return
    const words = [...this.#running].map(([name, process]) => {
      const lines = process.lines.items.slice(-6).map((line) => JSON.stringify(line))
      return `${name} said last:\n${lines.join('\n')}`
    })
    throw new Error(`${what} did not come\n${words.join('\n')}`)
  }
}

function leads(process: BelfryProcess): boolean {
  const said = process.lines.items.findLast(({ message }) =>
    /this instance leads|leadership is lost/.test(message),
  )
  return said?.message === 'this instance leads'
}

function entryOf({ subject, storedAt, message }: FeedMessage): Entry {
  const [, , , schedule = '', job = '', ...place] = subject.split('.')
  const header = (name: string) => message.headers?.get(name) ?? ''
  const isMarker = job === 'mark' && place.length === 0
  const settled = header('belfry-settled-count')
  return {
    storedAt,
    schedule,
    kind: isMarker ? 'marker' : 'fire',
    nominal: Number(header('belfry-nominal')),
    reason: header('belfry-reason'),
    settledCount: settled === '' ? null : Number(settled),
    count: Number(header('belfry-count')),
    generation: Number(header('belfry-generation')),
    work: isMarker
      ? ''
      : workText({
          target: [job, ...place].join('.'),
          type: header('ce-type'),
          version: Number(header('belfry-job-version')),
          data: message.json(),
        }),
  }
}

/** What was done and what was found, for people. */
export function stormReport(options: StormOptions, { findings, done, kills, seconds }: Stormed): string {
  const { fires, applies, versions, markers, stumbles, wrong } = findings
  const count = [...done.values()].reduce((sum, each) => sum + each, 0)
  const lines = [
    `belfry edit storm, seed ${options.seed}, Node ${process.version}`,
    '',
    `${count} edits of ${options.schedules} every-second schedules in ${seconds} s, ${options.instances} instance(s), ${kills} kills of the leader`,
    `${applies} trees applied, ${versions} versions of schedules, ${fires} fires, markers: ${[...markers].map(([reason, each]) => `${each} ${reason}`).join(', ') || 'none'}`,
    `stumbles: ${stumbles}`,
    `wrong: ${wrong.length}`,
    ...[...done].sort().map(([name, each]) => `  ${String(each).padStart(4)}  ${name}`),
    ...wrong.slice(0, 60).map((what) => `  WRONG ${what}`),
  ]
  return `${lines.join('\n')}\n`
}
