import type { LiveEntry } from '../../../src/core/plan/live-entry.ts'
import type { LogEntry } from '../../../src/core/trigger/log-entry.ts'
import type { Simulation } from '../../support/simulation.ts'
import { DAY, type WantedCalendar, type WantedSchedule } from './manifests.ts'
import { type Moment, Pauses } from './pauses.ts'

/** One entry as the log stored it. Times are the server's wall clock, epoch milliseconds. */
export interface Stored {
  readonly entry: LogEntry
  readonly sequence: number
  readonly storedAt: number
  /** When its term first sent it. */
  readonly sentAt: number
  readonly sent: Moment
  /** Which of the logs that replaced each other. */
  readonly log: string
}

/** What a schedule's own document says beside its times. */
export interface Face {
  readonly from: number
  readonly misfire: WantedSchedule['misfire']
  readonly job: string
  readonly revision: string
}

/** What decides a schedule's times, as long as live state says so. */
export interface Version {
  readonly timing: string
  readonly stepMs: number
  readonly jitterMs: number
  readonly maxFires: number | null
  /** Nothing up to here fires; infinite: nothing at all. */
  readonly idleUntil: number
  readonly calendar: WantedCalendar | null
  /** As the live entry says. */
  readonly activeFrom: number
  readonly appliedAt: number
  /** The clock was behind that of the entry before it, and the date is the next one after that entry's. */
  readonly isDatedOn: boolean
  /** It goes on where another name stood. */
  readonly isRename: boolean
  readonly writtenAt: number
  /** It decides the times after this one. */
  readonly after: number
  /** The last of its times; infinite while it is live. */
  upTo: number
  /** Live state was lost, and whoever had not heard of it may have gone on. */
  isWiped: boolean
  readonly faces: Face[]
}

/** All that became of a history: what live state said, what the log took, and who led. */
export class Chronicle {
  readonly versions = new Map<string, Version[]>()
  readonly stored = new Map<string, Stored[]>()
  /** When each term began. */
  readonly terms = new Map<number, number>()
  /** When the tree of a revision was first seen by anybody. */
  readonly edits = new Map<string, number>()
  readonly termMoments = new Map<number, Moment>()
  readonly pauses = new Pauses()
  /** The runs that somebody was told are stored, by where they stand. */
  readonly promised = new Set<string>()
  /** By schedule: times in which everything is unclear, because nobody was left to know what the log has lost. */
  readonly unclear = new Map<string, { readonly from: number; readonly to: number }[]>()
  /** How far the server's clock was ever put back, in all. */
  backMs = 0
  readonly #simulation: Simulation
  readonly #sent = new Map<string, { readonly at: number; readonly moment: Moment }>()
  #moment: Moment = 0
  #calendar: WantedCalendar | null = null
  readonly #suspendedJobs = new Set<string>()
  readonly #entries = new Map<string, LiveEntry>()
  readonly #datedOn = new WeakSet<LiveEntry>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
    const { stream, live, overrides } = simulation
    const append = stream.append.bind(stream)
    stream.append = (entry, expected, now) => {
      const sequence = append(entry, expected, now)
      if (sequence !== null) this.#take(entry, sequence, now)
      return sequence
    }
    const write = live.write.bind(live)
    live.write = (key, value, expected, deliberate) => {
      const written = write(key, value, expected, deliberate)
      if (written.ok) this.#observe(key, value)
      return written
    }
    const override = overrides.write.bind(overrides)
    overrides.write = (key, value, expected, deliberate) => {
      const written = override(key, value, expected, deliberate)
      if (written.ok) this.pauses.observe(key, value, { now: this.moment(), at: simulation.clock.now() })
      return written
    }
  }

  moment(): Moment {
    this.#moment += 1
    return this.#moment
  }

  began(term: number): void {
    this.terms.set(term, this.#simulation.clock.now())
    this.termMoments.set(term, this.moment())
  }

  onSend(entry: LogEntry): void {
    const key = sendKey(entry)
    if (!this.#sent.has(key)) this.#sent.set(key, { at: this.#simulation.clock.now(), moment: this.moment() })
  }

  /** The log is about to lose everything after `sequence`; what has expired is not missed. */
  crashed(sequence: number): void {
    const { clock, stream } = this.#simulation
    const isLeft = ({ entry, sequence: at, storedAt, log }: Stored): boolean =>
      log !== stream.incarnation || at <= sequence || storedAt + entry.ttlSeconds * 1_000 <= clock.now()
    for (const [name, stored] of this.stored) this.stored.set(name, stored.filter(isLeft))
  }

  /** As `crashed`, with nobody left who knows what was there. */
  forgotten(sequence: number): void {
    this.crashed(sequence)
    const now = this.#simulation.clock.now()
    for (const [name, versions] of this.versions) {
      const from = this.#lastNominal(name)
      // A cut that is lost leaves the times before it to nobody, and so does the end of what is live no longer.
      const isCut = versions.some(({ after }) => after > from && after <= now)
      const ends = versions.flatMap(({ upTo }) => (upTo > from && Number.isFinite(upTo) ? [upTo] : []))
      if (!isCut && ends.length === 0) continue
      const to = isCut ? now : Math.max(...ends)
      this.unclear.set(name, [...(this.unclear.get(name) ?? []), { from, to }])
    }
    for (const name of this.promised) if (this.of(name).length === 0) this.promised.delete(name)
  }

  /** Live state is about to be lost. */
  wiped(): void {
    for (const name of this.#entries.keys()) this.#close(name, true)
    this.#entries.clear()
    this.#suspendedJobs.clear()
    this.#calendar = null
  }

  of(name: string): readonly Stored[] {
    return this.stored.get(name) ?? []
  }

  #take(entry: LogEntry, sequence: number, storedAt: number): void {
    const name = entry.key.schedule
    const stored = this.stored.get(name) ?? []
    this.stored.set(name, stored)
    const { at: sentAt, moment: sent } = this.#sent.get(sendKey(entry)) ?? {
      at: storedAt,
      moment: this.moment(),
    }
    stored.push({ entry, sequence, storedAt, sentAt, sent, log: this.#simulation.stream.incarnation })
  }

  /** Of what stands under a name now. */
  #sealOf(name: string): string | undefined {
    return (this.#entries.get(name) as (LiveEntry & { readonly seal?: string }) | undefined)?.seal
  }

  #lastNominal(name: string): number {
    return this.of(name).reduce((last, { entry }) => Math.max(last, entry.nominal), 0)
  }

  #observe(key: string, value: string | null): void {
    const [kind, , name = ''] = key.split('.')
    const entry = value === null ? null : (JSON.parse(value) as LiveEntry)
    if (kind === 'Calendar') this.#calendar = (entry?.manifest.spec ?? null) as WantedCalendar | null
    else if (kind === 'Job') {
      const spec = entry?.manifest.spec as { readonly suspend?: boolean } | undefined
      if (spec?.suspend === true) this.#suspendedJobs.add(name)
      else this.#suspendedJobs.delete(name)
    } else if (kind !== 'Schedule') return
    else if (entry === null) {
      this.#close(name, false)
      this.#entries.delete(name)
      return
    } else {
      if (entry.appliedAt === (this.#entries.get(name)?.appliedAt ?? 0) + 1) this.#datedOn.add(entry)
      const from = entry.renamedFrom
      // It ends the one version that it names: another may have begun under that name by the time this is put back.
      if (from !== undefined && !this.#entries.has(name) && this.#sealOf(from.schedule) === from.seal) {
        this.#close(from.schedule, false)
        this.#entries.delete(from.schedule)
      }
      this.#entries.set(name, entry)
    }
    for (const each of kind === 'Schedule' ? [name] : this.#entries.keys()) this.#open(each)
  }

  #close(name: string, isWiped: boolean): void {
    const last = this.versions.get(name)?.at(-1)
    if (last === undefined || last.upTo !== Number.POSITIVE_INFINITY) return
    last.upTo = this.#lastNominal(name)
    last.isWiped = isWiped
  }

  #open(name: string): void {
    const entry = this.#entries.get(name)!
    const { manifest, activeFrom, appliedAt, revision } = entry
    const spec = manifest.spec as unknown as WantedSchedule
    const now = this.#simulation.clock.now()
    const calendar = spec.calendar === undefined ? null : this.#calendar
    const isIdle = spec.suspend === true || this.#suspendedJobs.has(spec.job)
    const suspendedTo = typeof spec.suspend === 'object' ? Date.parse(spec.suspend.until) - 1 : 0
    const inactiveTo = spec.activeFrom === undefined ? 0 : Date.parse(spec.activeFrom) - 1
    const face: Face = { from: now, misfire: spec.misfire, job: spec.job, revision }
    const versions = this.versions.get(name) ?? []
    this.versions.set(name, versions)
    const before = versions.at(-1)
    const isLive = before?.upTo === Number.POSITIVE_INFINITY
    const timing = JSON.stringify([
      spec.triggers,
      calendar,
      spec.suspend ?? false,
      this.#suspendedJobs.has(spec.job),
      spec.jitter,
      spec.maxFires,
      activeFrom,
    ])
    if (before !== undefined && isLive && before.timing === timing) {
      before.faces.push(face)
      return
    }
    const last = this.#lastNominal(name)
    if (before !== undefined && isLive) before.upTo = Math.max(last, Math.min(activeFrom, appliedAt))
    // Put back as it was, also after what lies between the writes of one edit: what its documents have sent before may
    // still be on its way.
    const isBack = (each: Version): boolean => each.isWiped || each === versions.at(-2)
    const lost = versions.findLast((each) => each.timing === timing && isBack(each))
    versions.push({
      timing,
      stepMs: lengthOf(spec.triggers[0].every),
      jitterMs: spec.jitter === undefined ? 0 : lengthOf(spec.jitter),
      maxFires: spec.maxFires ?? null,
      idleUntil: isIdle ? Number.POSITIVE_INFINITY : Math.max(suspendedTo, inactiveTo),
      calendar,
      activeFrom,
      appliedAt,
      isDatedOn: this.#datedOn.has(entry),
      isRename: entry.renamedFrom !== undefined && !isLive,
      writtenAt: now,
      after: Math.max(last, activeFrom),
      upTo: Number.POSITIVE_INFINITY,
      isWiped: false,
      faces: [...(lost?.faces ?? []), face],
    })
  }
}

function sendKey({ term, key, kind, reason, nominal }: LogEntry): string {
  return `${term} ${key.schedule} ${kind} ${reason} ${nominal}`
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY }

/** The length that a text such as `30m` means, milliseconds. */
export function lengthOf(text: string): number {
  return Number.parseInt(text, 10) * UNITS[text.at(-1)!]!
}
