import { type Chronicle, type Face, lengthOf, type Stored, type Version } from './chronicle.ts'
import { DAY, dateOf, NAMES } from './manifests.ts'

// Judges a history by what live state said and by arithmetic of its own: which times each version asks for, and which
// rule of the specification explains each that did not fire. It shares no code with what decides.

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** Fires may go out this much before their time by the server's clock, and edits be dated this far from it. */
const AHEAD_MS = 520
/** The clock of an instance that leads may be off by this much. */
const SKEW_MS = 5_500
/** An edit is dated within half a second of the server's clock as it was when it was last read. */
const DATED_MS = 1_500

/** What is wrong with a history up to `until` (server's clock); empty if nothing is. */
export function judge(chronicle: Chronicle, until: number): readonly string[] {
  return NAMES.flatMap((name) => {
    const wrong: string[] = []
    const judging = new Judging(chronicle, name, (text) => wrong.push(`${name}: ${text}`))
    judging.order()
    judging.edits()
    judging.times(until)
    return wrong
  })
}

class Judging {
  readonly #chronicle: Chronicle
  readonly #stored: readonly Stored[]
  readonly #versions: readonly Version[]
  readonly #wrong: (text: string) => void

  constructor(chronicle: Chronicle, name: string, wrong: (text: string) => void) {
    this.#chronicle = chronicle
    this.#stored = chronicle.of(name)
    this.#versions = chronicle.versions.get(name) ?? []
    this.#wrong = wrong
  }

  /** One order for all entries of one log: times only grow, terms never go back, counts have no gap. */
  order(): void {
    this.#stored.forEach((stored, index) => {
      const before = this.#stored[index - 1]
      if (before === undefined || before.log !== stored.log) return
      // Of an entry that has expired a cold start may know nothing.
      if (before.storedAt + before.entry.ttlSeconds * 1_000 <= stored.storedAt) return
      const { entry } = stored
      const earlier = before.entry
      const isLater =
        entry.kind === 'fire' ? entry.nominal > earlier.nominal : entry.nominal >= earlier.nominal
      if (!isLater) this.#wrong(`${say(stored)} was stored after ${say(before)}`)
      if (entry.term < earlier.term) this.#wrong(`${say(stored)}: the log had term ${earlier.term} already`)
      const expected =
        entry.kind === 'fire' ? earlier.count + 1 : entry.reason === 'deleted' ? 0 : earlier.count
      if (entry.count !== expected) this.#wrong(`${say(stored)} counts ${entry.count} and not ${expected}`)
    })
  }

  /** No version reaches back before its edit, nor begins later than it was written. */
  edits(): void {
    const { edits, backMs } = this.#chronicle
    this.#versions.forEach((version, index) => {
      const { appliedAt, activeFrom, writtenAt, isDatedOn, faces } = version
      const before = this.#versions[index - 1]
      // Another state of its calendar or its job, written before the schedule's own entry, which then says from when on.
      if (before !== undefined && before.activeFrom === activeFrom) return
      const editedAt = edits.get(faces[0]!.revision)
      if (editedAt !== undefined && appliedAt < editedAt - DATED_MS - backMs)
        this.#wrong(`a version of ${at(editedAt)} was dated back to ${at(appliedAt)}`)
      if (appliedAt > writtenAt + DATED_MS + backMs)
        this.#wrong(`a version written at ${at(writtenAt)} was dated ${at(appliedAt)}`)
      const earlier = this.#versions.slice(0, index).filter((each) => each.activeFrom === before?.activeFrom)
      if (activeFrom < appliedAt && !isDatedOn && earlier.every((each) => covers(each, appliedAt)))
        this.#wrong(`a version applied at ${at(appliedAt)} decides from ${at(activeFrom)} on`)
    })
  }

  /** Each time that was asked for fired once, or something explains why it did not; nothing else fired. */
  times(until: number): void {
    const fires = this.#stored.filter(({ entry }) => entry.kind === 'fire')
    const once = new Set(fires.map(({ entry, log }) => `${entry.nominal} ${log}`))
    if (once.size < fires.length) this.#wrong('a time fired twice')
    const byNominal = new Map(fires.map((fire) => [fire.entry.nominal, fire]))
    const explained = new Set<number>()
    for (const version of this.#versions) {
      this.#judgeVersion(version, until, byNominal, explained)
    }
    for (const fire of fires) {
      const { nominal } = fire.entry
      if (explained.has(nominal) || nominal > until || this.#mayBeStray(nominal)) continue
      this.#wrong(`${say(fire)}, which no live version asked for`)
    }
  }

  /** Decided by somebody who had not heard yet that live state was lost. */
  #mayBeStray(nominal: number): boolean {
    return this.#versions.some(({ isWiped, upTo, stepMs }, index) => {
      const next = this.#versions[index + 1]?.after ?? Number.POSITIVE_INFINITY
      return isWiped && nominal % stepMs === 0 && nominal > upTo && nominal <= next
    })
  }

  #judgeVersion(
    version: Version,
    until: number,
    fires: ReadonlyMap<number, Stored>,
    explained: Set<number>,
  ): void {
    const { stepMs, jitterMs, after, maxFires, idleUntil } = version
    const end = Math.min(version.upTo, until)
    for (let nominal = (Math.floor(after / stepMs) + 1) * stepMs; nominal <= end; nominal += stepMs) {
      // Nothing is decided about this time or any later one until the calendar says more.
      if (!covers(version, nominal)) return
      const fire = fires.get(nominal)
      const isOwed =
        isOpen(version, nominal) &&
        nominal > idleUntil &&
        (maxFires === null || this.#countBefore(nominal) < maxFires)
      if (fire !== undefined) {
        explained.add(nominal)
        if (isOwed) this.#judgeFire(fire, version)
        else this.#wrong(`${say(fire)}, which its version does not let fire`)
      } else if (isOwed && nominal + jitterMs <= until) this.#judgeGap(nominal, version, until)
    }
  }

  /** How often the schedule fired since it was created, before this time. */
  #countBefore(nominal: number): number {
    let count = 0
    for (const { entry } of this.#stored) {
      if (entry.nominal >= nominal) continue
      count = entry.kind === 'fire' ? count + 1 : entry.reason === 'deleted' ? 0 : count
    }
    return count
  }

  #judgeFire(fire: Stored, version: Version): void {
    const { entry, storedAt, sentAt } = fire
    const { nominal, term, reason } = entry
    const { backMs, terms } = this.#chronicle
    if (storedAt < nominal - AHEAD_MS - backMs) this.#wrong(`${say(fire)} was early`)
    const began = Math.min(terms.get(term) ?? sentAt, sentAt)
    const faces = facesBetween(version, began, sentAt)
    const isOf = (face: Face) =>
      entry.kind === 'fire' && face.revision === entry.revision && face.job === entry.job
    if (!version.faces.some(isOf))
      this.#wrong(`${say(fire)} is of revision ${entry.revision}, not of its version`)
    if (reason === 'scheduled') {
      if (faces.every(({ misfire }) => began - nominal - version.jitterMs - SKEW_MS > afterOf(misfire)))
        this.#wrong(`${say(fire)} was missed when term ${term} began, and fired as if it were not`)
      return
    }
    const isAllowed = faces.some(
      ({ misfire }) =>
        misfire.policy !== 'skip' &&
        this.#maybeDecidedAt(sentAt) - nominal > afterOf(misfire) &&
        began - nominal - version.jitterMs - SKEW_MS <= latenessOf(misfire) &&
        (misfire.whenClosed === 'fire' || this.#wasOpen(version, began, sentAt)),
    )
    if (!isAllowed) this.#wrong(`${say(fire)} was caught up against its policy (sent ${at(sentAt)})`)
  }

  #judgeGap(nominal: number, version: Version, until: number): void {
    const cover = this.#stored.find(({ entry }) => entry.nominal >= nominal)
    const lost = (text: string) => this.#wrong(`${at(nominal)} is lost: ${text}`)
    if (cover === undefined) {
      const isWaiting = facesBetween(version, until, until).some(
        ({ misfire }) => misfire.whenClosed === 'hold' && until - nominal > afterOf(misfire),
      )
      if (!isWaiting || !this.#wasClosed(version, until, until)) lost('nobody decided it')
      return
    }
    const { entry, sentAt } = cover
    if (entry.kind === 'fire') {
      lost(`the next entry is ${say(cover)}`)
      return
    }
    const began = Math.min(this.#chronicle.terms.get(entry.term) ?? sentAt, sentAt)
    const wasClosed = this.#wasClosed(version, began, sentAt)
    const latest = this.#maybeDecidedAt(sentAt)
    const explains = ({ misfire }: Face): boolean => {
      const isMissed = latest - nominal > afterOf(misfire)
      if (entry.reason === 'closed-now') return isMissed && misfire.whenClosed === 'skip' && wasClosed
      if (entry.reason === 'misfire') {
        if (!isMissed) return false
        if (misfire.policy === 'skip' || latest - nominal > latenessOf(misfire)) return true
        if (misfire.whenClosed !== 'fire' && wasClosed) return true
        const most = misfire.policy === 'fire-once' ? 1 : Number(misfire.maxCount ?? 100)
        const allowed = Math.min(most, this.#allowance(version, nominal))
        return this.#missedAfter(version, nominal, latest - afterOf(misfire)) >= allowed
      }
      // What a closed calendar holds back is given up by an edit.
      return (
        (entry.reason === 'superseded' || entry.reason === 'deleted') &&
        isMissed &&
        misfire.whenClosed === 'hold' &&
        wasClosed
      )
    }
    if (!facesBetween(version, began, sentAt).some(explains))
      lost(`no rule explains ${say(cover)} (sent ${at(sentAt)}, its term began ${at(began)})`)
  }

  /** What the clock may have said when something was decided that was sent at this time: it may have gone back since. */
  #maybeDecidedAt(sentAt: number): number {
    return sentAt + AHEAD_MS + this.#chronicle.backMs
  }

  #allowance({ maxFires }: Version, nominal: number): number {
    return maxFires === null ? Number.POSITIVE_INFINITY : maxFires - this.#countBefore(nominal)
  }

  /** How many newer times of the version were missed as well. */
  #missedAfter(version: Version, nominal: number, limit: number): number {
    const { stepMs } = version
    let count = 0
    for (let at = nominal + stepMs; at < limit && covers(version, at) && count < 200; at += stepMs)
      if (isOpen(version, at) && at > version.idleUntil) count += 1
    return count
  }

  #wasOpen(version: Version, from: number, to: number): boolean {
    return daysBetween(from, to).some((day) => isOpen(version, day) && covers(version, day))
  }

  #wasClosed(version: Version, from: number, to: number): boolean {
    return daysBetween(from, to).some((day) => !isOpen(version, day) || !covers(version, day))
  }
}

function daysBetween(from: number, to: number): readonly number[] {
  const days: number[] = [to]
  for (let day = from; day < to; day += DAY) days.push(day)
  return days
}

/** The documents that may have decided something between two moments. */
function facesBetween({ faces }: Version, from: number, to: number): readonly Face[] {
  const found = faces.filter((face, index) => {
    const next = faces[index + 1]?.from ?? Number.POSITIVE_INFINITY
    return face.from <= to && next >= from
  })
  return found.length > 0 ? found : faces
}

function isOpen({ calendar }: Version, at: number): boolean {
  if (calendar === null) return true
  const date = dateOf(at)
  return (
    !calendar.weekend.includes(WEEKDAYS[new Date(at).getUTCDay()]!) &&
    !calendar.rules.some(({ dates }) => dates.includes(date))
  )
}

function covers({ calendar }: Version, at: number): boolean {
  const date = dateOf(at)
  return calendar === null || (date >= calendar.coverage.from && date <= calendar.coverage.to)
}

function afterOf(misfire: Face['misfire']): number {
  return lengthOf(String(misfire.after))
}

function latenessOf(misfire: Face['misfire']): number {
  return misfire.maxLateness === undefined ? DAY : lengthOf(String(misfire.maxLateness))
}

function at(instant: number): string {
  return new Date(instant).toISOString()
}

function say({ entry, sequence, storedAt }: Stored): string {
  const what = entry.kind === 'fire' ? `the fire (${entry.reason})` : `the marker "${entry.reason}"`
  return `${what} of ${at(entry.nominal)} (entry ${sequence}, term ${entry.term}, stored ${at(storedAt)})`
}
