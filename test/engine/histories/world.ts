import { problem } from '../../../src/core/errors.ts'
import { allSettled } from '../../../src/lifecycle/turn.ts'
import type { Fault, MemoryOperation } from '../../../src/memory/faults.ts'
import { Random } from '../../support/random.ts'
import { SimulatedSource, Simulation } from '../../support/simulation.ts'
import { Chronicle } from './chronicle.ts'
import {
  type Drawing,
  drawCalendar,
  drawSchedule,
  FOREIGN,
  isValidCalendar,
  NAMES,
  type Scale,
  treeFrom,
  type WantedCalendar,
  type WantedSchedule,
  withoutContradictions,
} from './manifests.ts'
import { SimulatedProcess } from './process.ts'
import { Requests } from './requests.ts'

const STARTS = ['2026-01-05T00:00:00.250Z', '2026-01-05T23:59:40.600Z', '2026-03-02T09:59:58.000Z']
const MOST_PROCESSES = 4

/** One installation and everything that can happen to it, drawn from one seed. */
export class World {
  readonly scale: Scale
  readonly simulation: Simulation
  readonly chronicle: Chronicle
  readonly processes: SimulatedProcess[] = []
  readonly #faults: Random
  readonly #schedules = new Map<string, WantedSchedule>()
  readonly #suspendedJobs = new Set<string>()
  readonly #sources: SimulatedSource[] = []
  readonly #retentionSeconds: number
  /** The log is lost at times, and what it counted with it. */
  readonly #losesLog: boolean
  /** The server crashes at times when nobody is left who knows what it has lost: counts and pauses are then unclear. */
  readonly #forgets: boolean
  readonly requests: Requests
  #calendar: WantedCalendar
  #logTrouble: 'none' | 'full' | 'busy' = 'none'
  #named = 0
  #stamp = 0

  constructor(seed: number) {
    const random = new Random(seed)
    this.#faults = new Random(seed ^ 0x5bd1e995)
    this.scale = random.chance(0.3) ? 'hours' : 'seconds'
    this.#losesLog = random.chance(0.15)
    this.#forgets = random.chance(0.12)
    this.#retentionSeconds = random.pick(this.scale === 'seconds' ? [300, 604_800] : [259_200, 604_800])
    this.simulation = new Simulation(random.pick(STARTS), allSettled)
    this.chronicle = new Chronicle(this.simulation)
    this.requests = new Requests(this.simulation, this.chronicle, this.scale)
    this.#calendar = {
      ...drawCalendar(this.#drawing(random)),
      coverage: { from: '2025-06-01', to: '2027-12-31' },
    }
    for (const name of NAMES.slice(0, random.between(1, 3)))
      this.#schedules.set(name, drawSchedule(this.#drawing(random)))
    for (let index = random.between(1, 2); index > 0; index--) this.#sources.push(this.#newSource())
  }

  get #now(): number {
    return this.simulation.clock.now()
  }

  #drawing(random: Random): Drawing {
    const counts = !this.#losesLog && !this.#forgets && this.#retentionSeconds === 604_800
    this.#stamp += 1
    return { random, scale: this.scale, now: this.#now, counts, stamp: this.#stamp }
  }

  #tree() {
    withoutContradictions(this.#schedules)
    const tree = treeFrom({
      schedules: this.#schedules,
      calendar: this.#calendar,
      suspendedJobs: this.#suspendedJobs,
    })
    const revision = tree.digest.slice(0, 12)
    if (!this.chronicle.edits.has(revision)) this.chronicle.edits.set(revision, this.#now)
    return tree
  }

  #newSource(): SimulatedSource {
    return new SimulatedSource(this.#tree())
  }

  /** The edit reaches all checkouts, or only one: the others lag behind. */
  #publish(random: Random): void {
    const tree = this.#tree()
    const reached = random.chance(0.75) ? this.#sources : [random.pick(this.#sources)]
    for (const source of reached) source.set(tree)
  }

  #up(): SimulatedProcess[] {
    return this.processes.filter(({ isUp }) => isUp)
  }

  async start(random: Random): Promise<string> {
    if (this.#up().length >= MOST_PROCESSES) return 'nothing: all run already'
    this.#named += 1
    const name = `instance-${this.#named}`
    const source = random.pick(this.#sources)
    const started: SimulatedProcess = new SimulatedProcess(this.simulation, {
      name,
      source,
      retentionSeconds: this.#retentionSeconds,
      faults: (operation) => this.#fault(started, operation),
      onSend: (entry) => this.chronicle.onSend(entry),
      onLeading: (term) => this.chronicle.began(term),
    })
    this.processes.push(started)
    // A process that cannot start ends, and somebody starts another one.
    started.scheduler.start().catch(() => started.die())
    await this.simulation.clock.advance(20)
    return `start ${name} on checkout ${this.#sources.indexOf(source) + 1}`
  }

  #fault(process: SimulatedProcess, { port, name }: MemoryOperation): Fault | null {
    const random = this.#faults
    if (port === 'log' && name === 'append' && this.#logTrouble !== 'none')
      return this.#logTrouble === 'full'
        ? { kind: 'refuse', code: 10077, message: 'maximum bytes exceeded' }
        : { kind: 'busy' }
    if (random.chance(process.trouble)) {
      const ms = random.pick([1, 30, 400, 900, 3_000, 8_000])
      return random.pick<Fault>([
        { kind: 'lose-request' },
        { kind: 'lose-answer' },
        { kind: 'delay-request', ms },
        { kind: 'delay-answer', ms },
        { kind: 'busy' },
      ])
    }
    if (process.slowMs === 0) return null
    const ms = random.between(0, process.slowMs)
    return ms === 0 ? null : { kind: random.chance(0.5) ? 'delay-request' : 'delay-answer', ms }
  }

  /** Everything that can happen, each told in words. */
  readonly events: Readonly<
    Record<string, (random: Random, process: SimulatedProcess) => Promise<string> | string>
  > = {
    start: (random) => this.start(random),
    crash: (_, process) => {
      process.die()
      return `crash ${process.name}`
    },
    'crash at a request': (random, process) => {
      process.diesIn = { requests: random.between(1, 12), after: random.chance(0.5) }
      return `${process.name} dies ${process.diesIn.after ? 'after' : 'before'} request ${process.diesIn.requests}`
    },
    'clean stop': (_, process) => {
      process.isLeaving = true
      void process.scheduler.stop().then(
        () => process.die(),
        () => process.die(),
      )
      return `stop ${process.name}`
    },
    'stand still': async (random, process) => {
      const ms = random.pick([300, 850, 1_200, 4_000])
      process.stand()
      await this.simulation.clock.advance(ms)
      process.goOn()
      return `${process.name} stands still for ${ms} ms`
    },
    cut: (random, process) => {
      process.cuts.clear()
      for (const line of random.pick([['store'], ['log'], ['store', 'log'], []] as const))
        process.cuts.add(line)
      process.changed()
      return `${process.name} is cut off from ${[...process.cuts].join(' and ') || 'nothing'}`
    },
    heal: (_, process) => {
      process.cuts.clear()
      process.trouble = 0
      process.changed()
      return `${process.name} is healed`
    },
    trouble: (random, process) => {
      process.trouble = random.pick([0, 0.03, 0.2])
      process.slowMs = random.pick([0, 3, 40])
      return `${process.name}: ${process.trouble} of its requests go wrong, all take up to ${process.slowMs} ms`
    },
    'log trouble': (random) => {
      this.#logTrouble = random.pick(['none', 'full', 'busy'])
      return `the log's trouble: ${this.#logTrouble}`
    },
    'late news': (random, process) => {
      process.lateMs = random.pick([0, 5, 400])
      return `${process.name} hears everything ${process.lateMs} ms late`
    },
    skew: (random, process) => {
      process.aheadMs = random.pick([0, 300, -800, 2_500, -4_000, 3_600_000, -7_200_000])
      return `the clock of ${process.name} is ahead by ${process.aheadMs} ms`
    },
    'the world jumps': (random) => {
      const ms = random.pick(
        this.scale === 'seconds'
          ? [700, 12_000, 45_000, 400_000, -3_000]
          : [1_200_000, 11 * 3_600_000, 80 * 3_600_000, -3_000],
      )
      this.simulation.clock.jump(ms)
      if (ms < 0) this.chronicle.backMs -= ms
      return `all clocks, the server's too, jump by ${ms} ms`
    },
    outage: async (random) => {
      for (const process of this.#up()) process.die()
      const ms = this.scale === 'seconds' ? random.between(3_000, 120_000) : random.between(1, 60) * 3_600_000
      await this.simulation.clock.advance(ms)
      return `all die; ${ms} ms later: ${await this.start(random)}`
    },
    'lose the log': () => {
      if (!this.#losesLog) return 'nothing: this history keeps its log'
      this.simulation.stream.recreate()
      return 'the log is made anew'
    },
    'lose the newest entries': async (random) => {
      const { stream, clock } = this.simulation
      // Whoever still has them is given the time to store them again: nothing else brings them back.
      if (!this.#up().some(({ scheduler }) => scheduler.term !== null)) return 'nothing: nobody leads'
      this.#heal()
      await clock.advance(2_000)
      if (!this.#up().some(({ scheduler }) => scheduler.term !== null))
        return 'nothing: nobody leads any more'
      const lost = Math.min(stream.lastSequence, random.pick([1, 2, 5, 30]))
      const kept = stream.lastSequence - lost
      this.chronicle.crashed(kept)
      stream.loseTail(kept)
      await clock.advance(2_000)
      return `the server crashes, and its disk never saw the newest ${lost} entries`
    },
    'lose power': async (random) => {
      if (!this.#forgets) return 'nothing: this history forgets nothing'
      const { stream, clock } = this.simulation
      for (const process of this.#up()) process.die()
      // Of what is in flight nothing is left either.
      await clock.advance(random.between(0, 12_000))
      const young = stream
        .stored(clock.now())
        .filter(({ record }) => record.storedAt > clock.now() - YOUNG_MS)
      const lost = Math.min(young.length, random.pick([1, 2, 5, 30]))
      const kept = lost === 0 ? stream.lastSequence : young.at(-lost)!.record.sequence - 1
      this.chronicle.forgotten(kept)
      stream.loseTail(kept)
      await clock.advance(random.between(0, 3_000))
      return `all die, and the server has lost the newest ${lost} entries; ${await this.start(random)}`
    },
    'lose the cursors': () => {
      this.simulation.cursors.recreate()
      return 'the bucket of cursors is made anew'
    },
    'lose live state': async (random) => {
      if (!random.chance(0.3)) return 'nothing'
      this.chronicle.wiped()
      this.simulation.live.recreate()
      await this.simulation.clock.advance(random.between(0, 2_000))
      this.#publish(random)
      return 'live state is made anew'
    },
    'lose heartbeats': () => {
      this.simulation.instances.recreate()
      return 'the bucket of heartbeats is made anew'
    },
    'edit a schedule': (random) => this.#edit(random),
    'edit again': (random) => this.#edit(random),
    'edit data': (random) => {
      const [name, schedule] = random.pick([...this.#schedules])
      this.#schedules.set(name, { ...schedule, data: { stamp: this.#drawing(random).stamp } })
      this.#publish(random)
      return `edit the data of ${name}`
    },
    'edit the calendar': (random) => {
      const drawn = drawCalendar(this.#drawing(random))
      if (!isValidCalendar(drawn)) return 'nothing'
      this.#calendar = drawn
      this.#publish(random)
      return `the calendar becomes ${JSON.stringify(drawn)}`
    },
    'suspend a job': (random) => {
      const job = random.pick(['import', 'export'])
      if (!this.#suspendedJobs.delete(job)) this.#suspendedJobs.add(job)
      this.#publish(random)
      return `job ${job} is ${this.#suspendedJobs.has(job) ? 'suspended' : 'let go on'}`
    },
    delete: (random) => {
      if (this.#schedules.size < 2) return 'nothing'
      const name = random.pick([...this.#schedules.keys()])
      this.#schedules.delete(name)
      this.#publish(random)
      return `delete ${name}`
    },
    rename: (random) => {
      const free = NAMES.filter((name) => !this.#schedules.has(name))
      if (free.length === 0) return 'nothing'
      const [name, schedule] = random.pick([...this.#schedules])
      const next = random.pick(free)
      const drawn = random.chance(0.3) ? { triggers: drawSchedule(this.#drawing(random)).triggers } : {}
      this.#schedules.delete(name)
      this.#schedules.set(next, { ...schedule, ...drawn, replaces: name })
      this.#publish(random)
      return `${name} is renamed to ${next}`
    },
    pause: (random) => this.#asking((leader) => this.requests.pause(random, leader, this.#names)),
    resume: (random) => this.#asking((leader) => this.requests.resume(random, leader)),
    'pause or resume': (random) =>
      this.#asking((leader) =>
        random.chance(0.5)
          ? this.requests.resume(random, leader)
          : this.requests.pause(random, leader, this.#names),
      ),
    trigger: (random) => this.#asking((leader) => this.requests.trigger(random, leader, this.#names), true),
    'apply another source': (random) =>
      this.#asking((leader) => this.requests.apply(drawSchedule(this.#drawing(random)), leader), true),
    'break the tree': (random) => {
      random.pick(this.#sources).break([problem('invalid-yaml', 'broken on purpose')])
      return 'a checkout is broken'
    },
    deploy: (random) => {
      const source = random.pick(this.#sources)
      source.set(this.#tree())
      return `checkout ${this.#sources.indexOf(source) + 1} catches up`
    },
  }

  get #names(): readonly string[] {
    return [...this.#schedules.keys()]
  }

  /** Only the leader answers. */
  #asking(ask: (leader: SimulatedProcess) => string, isClear = !this.#forgets): string {
    const leader = this.#leader
    if (!isClear) return 'nothing: this history forgets at times'
    return leader === undefined ? 'nothing: nobody leads' : ask(leader)
  }

  get #leader(): SimulatedProcess | undefined {
    return this.#up().find(({ scheduler, state }) => scheduler.term !== null && state === 'running')
  }

  #edit(random: Random): string {
    const name = random.pick(NAMES)
    const drawn = drawSchedule(this.#drawing(random))
    const before = this.#schedules.get(name)
    const { triggers, suspend, misfire, job, jitter } = drawn
    const next =
      before === undefined
        ? drawn
        : random.pick([
            drawn,
            { ...before, triggers },
            { ...before, misfire },
            { ...before, job },
            { ...before, suspend: suspend ?? false },
            jitter === undefined ? { ...before, triggers } : { ...before, jitter },
          ])
    this.#schedules.set(name, next)
    this.#publish(random)
    return `${name} becomes ${JSON.stringify(next)}`
  }

  async happen(kind: string, random: Random): Promise<string> {
    const running = this.#up()
    const leader = running.find(({ scheduler }) => scheduler.term !== null)
    // The one that leads is where it hurts.
    const process =
      leader !== undefined && random.chance(0.6) ? leader : running[random.between(0, running.length - 1)]
    if (process === undefined) return `nobody runs: ${await this.start(random)}`
    return this.events[kind]!(random, process)
  }

  #heal(): void {
    this.#logTrouble = 'none'
    for (const process of this.processes) {
      Object.assign(process, { trouble: 0, slowMs: 0, lateMs: 0, aheadMs: 0, diesIn: null })
      process.cuts.clear()
      process.goOn()
    }
  }

  /** All is repaired, and what is owed has the time to be stored. */
  async end(): Promise<void> {
    this.#heal()
    const random = new Random(1)
    const first = [...this.#schedules][0]
    if (first !== undefined)
      this.#schedules.set(first[0], { ...first[1], data: { stamp: this.#drawing(random).stamp } })
    for (const source of this.#sources) source.set(this.#tree())
    if (this.#up().length === 0) await this.start(random)
    await this.requests.end(() => this.#leader)
    await this.simulation.clock.advance(END_MS)
  }

  /** What live state should hold in the end, and does not. */
  unlike(): readonly string[] {
    return [...NAMES, FOREIGN].flatMap((name) => {
      const live = this.simulation.live.get(`Schedule.default.${name}`)
      const wanted = name === FOREIGN ? (this.requests.foreign ?? undefined) : this.#schedules.get(name)
      const found = live === null ? undefined : JSON.parse(live.value).manifest.spec
      return JSON.stringify(found) === JSON.stringify(wanted)
        ? []
        : [`${name} is live as ${JSON.stringify(found)}, but the tree says ${JSON.stringify(wanted)}`]
    })
  }

  /** Of a decision or compilation that threw. */
  failures(): readonly string[] {
    const alarms = this.simulation.events.all.flatMap((event) =>
      event.type === 'alarm' && event.name === 'schedule-failed' ? [JSON.stringify(event)] : [],
    )
    const { requests } = this
    return [...alarms, ...requests.failures, ...requests.missing(), ...requests.doubled()]
  }
}

const END_MS = 14_000
/** What a crash can take is younger. */
const YOUNG_MS = 100_000
