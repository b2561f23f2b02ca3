import { type Chronicle, type Face, lengthOf, type Stored, type Version } from './chronicle.ts'
import { DAY, dateOf, FOREIGN, NAMES } from './manifests.ts'
import { holds, lastWording, mustKnow, type Sender, type ToldPause } from './pauses.ts'

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
  return [...NAMES, FOREIGN].flatMap((name) => {
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
  readonly #name: string
  readonly #stored: readonly Stored[]
  readonly #versions: readonly Version[]
  readonly #wrong: (text: string) => void

  constructor(chronicle: Chronicle, name: string, wrong: (text: string) => void) {
    this.#chronicle = chronicle
    this.#name = name
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
      if (entry.count !== expected && entry.reason !== 'renamed')
        this.#wrong(`${say(stored)} counts ${entry.count} and not ${expected}`)
    })
  }

  /** No version reaches back before its edit, nor begins later than it was written. */
  edits(): void {
    const { edits, backMs } = this.#chronicle
    this.#versions.forEach((version, index) => {
      const { appliedAt, activeFrom, writtenAt, isDatedOn, isRename, faces } = version
      const before = this.#versions[index - 1]
      // Another state of its calendar or its job, written before the schedule's own entry, which then says from when on.
      if (before !== undefined && before.activeFrom === activeFrom) return
      const editedAt = edits.get(faces[0]!.revision)
      if (editedAt !== undefined && appliedAt < editedAt - DATED_MS - backMs)
        this.#wrong(`a version of ${at(editedAt)} was dated back to ${at(appliedAt)}`)
      if (appliedAt > writtenAt + DATED_MS + backMs)
        this.#wrong(`a version written at ${at(writtenAt)} was dated ${at(appliedAt)}`)
      const earlier = this.#versions.slice(0, index).filter((each) => each.activeFrom === before?.activeFrom)
      if (
        activeFrom < appliedAt &&
        !isDatedOn &&
        !isRename &&
        earlier.every((each) => covers(each, appliedAt))
      )
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
      if (this.#isUnclear(nominal)) continue
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
      if (this.#isUnclear(nominal)) continue
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

  #isUnclear(nominal: number): boolean {
    const unclear = this.#chronicle.unclear.get(this.#name) ?? []
    return unclear.some(({ from, to }) => nominal > from && nominal <= to)
  }

  #senderOf({ entry, sent }: Stored): Sender {
    return { sent, began: this.#chronicle.termMoments.get(entry.term) ?? sent }
  }

  /** How often the schedule fired since it was created, before this time. */
  #countBefore(nominal: number): number {
    let count = 0
    for (const { entry } of this.#stored) {
      if (entry.nominal >= nominal) continue
      const isBegun = entry.reason === 'deleted' || entry.reason === 'renamed'
      count = entry.kind === 'fire' ? count + 1 : isBegun ? entry.count : count
    }
    return count
  }

  #judgeFire(fire: Stored, version: Version): void {
    const { entry, storedAt, sentAt } = fire
    const { nominal, term, reason } = entry
    const { backMs, terms } = this.#chronicle
    this.#judgeUnpaused(fire)
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
    const held = this.#judgeHeld(fire, version)
    const isAllowed = faces.some(
      ({ misfire }) =>
        misfire.policy !== 'skip' &&
        this.#maybeDecidedAt(sentAt) - nominal > afterOf(misfire) &&
        began - nominal - version.jitterMs - SKEW_MS <= latenessOf(misfire) &&
        (misfire.whenClosed === 'fire' || this.#wasOpen(version, began, sentAt)),
    )
    const isHeldUp = faces.some(
      ({ misfire }) =>
        Math.max(began, held) - nominal - version.jitterMs - SKEW_MS <= latenessOf(misfire) &&
        (misfire.whenClosed === 'fire' || this.#wasOpen(version, began, sentAt)),
    )
    if (!isAllowed && !(held > 0 && isHeldUp))
      this.#wrong(`${say(fire)} was caught up against its policy (sent ${at(sentAt)})`)
  }

  /** Nothing goes out under a pause that its sender knew. */
  #judgeUnpaused(fire: Stored): void {
    const { entry, sentAt } = fire
    if (entry.kind !== 'fire') return
    const { pauses, backMs } = this.#chronicle
    const sender = this.#senderOf(fire)
    const over = pauses.over(this.#name, [entry.job], sender)
    for (const pause of over)
      if (mustKnow(pause, sender) && holds(pause, sender, sentAt + AHEAD_MS + backMs))
        this.#wrong(`${say(fire)} was sent while ${pause.target} was paused (sent ${at(sentAt)})`)
    if (!over.every((pause) => mustKnow(pause, sender))) return
    const holder = over.find((pause) => {
      const { until, missed } = lastWording(pause, sender)
      return missed === 'discard' && pause.from <= entry.nominal && entry.nominal < until - DATED_MS - backMs
    })
    if (holder !== undefined && !this.#wasForgotten(fire, sender))
      this.#wrong(`${say(fire)} was held back by a pause of ${holder.target}, and to be discarded`)
  }

  /**
   * What a pause held back was settled, so that the pause needed not be kept; then the log was deleted that said so, and
   * nobody of a later term may have read it.
   */
  #wasForgotten({ entry, log }: Stored, { began }: Sender): boolean {
    return this.#stored.some(
      (each) =>
        each.entry.reason === 'resumed' &&
        each.log !== log &&
        each.entry.nominal >= entry.nominal &&
        each.sent < began,
    )
  }

  /** Until when pauses may have held the time of a fire back; 0: none has. */
  #judgeHeld(fire: Stored, version: Version): number {
    const { entry } = fire
    if (entry.kind !== 'fire') return 0
    const sender = this.#senderOf(fire)
    const over = this.#chronicle.pauses
      .over(this.#name, [entry.job], sender)
      .filter((pause) => this.#mayHold(pause, sender, entry.nominal))
    const [only] = over
    if (only === undefined) return 0
    const { until, missed } = lastWording(only, sender)
    const isAlone = over.length === 1 && mustKnow(only, sender) && only.from <= entry.nominal
    const limit = Math.min(until, version.upTo) - DATED_MS - this.#chronicle.backMs
    if (isAlone && missed === 'latest' && this.#missedAfter(version, entry.nominal, limit) > 0)
      this.#wrong(`${say(fire)} is not the latest that ${only.target} held back`)
    return Math.min(...over.map((pause) => lastWording(pause, sender).until))
  }

  #mayHold(pause: ToldPause, sender: Sender, nominal: number): boolean {
    return nominal < lastWording(pause, sender).until + DATED_MS + this.#chronicle.backMs
  }

  /** Whether a pause explains that this marker stands where the time was to fire. */
  #isHeldBack(nominal: number, cover: Stored, version: Version): boolean {
    const { entry, sentAt } = cover
    const sender = this.#senderOf(cover)
    const jobs = version.faces.map(({ job }) => job)
    const over = this.#chronicle.pauses
      .over(this.#name, jobs, sender)
      .filter((pause) => this.#mayHold(pause, sender, nominal))
    const latest = this.#maybeDecidedAt(sentAt)
    const wasClosed = this.#wasClosed(version, nominal, sentAt)
    return over.some((pause) => {
      const { until, missed } = lastWording(pause, sender)
      if (entry.reason === 'superseded' || entry.reason === 'deleted' || entry.reason === 'renamed')
        return true
      if (entry.reason === 'resumed') return pause.wordings.some((wording) => wording.missed === 'discard')
      return version.faces.some(({ misfire }) => {
        if (entry.reason === 'closed-now') return misfire.whenClosed === 'skip' && wasClosed
        if (entry.reason !== 'misfire' || missed === 'discard') return false
        if (latest - nominal > latenessOf(misfire) || (misfire.whenClosed !== 'fire' && wasClosed))
          return true
        const most = missed === 'latest' ? 1 : Number(misfire.maxCount ?? 100)
        const limit = Math.min(until + DATED_MS, latest)
        return this.#missedAfter(version, nominal, limit) >= Math.min(most, this.#allowance(version, nominal))
      })
    })
  }

  #judgeGap(nominal: number, version: Version, until: number): void {
    const cover = this.#stored.find(({ entry }) => entry.nominal >= nominal)
    const lost = (text: string) => this.#wrong(`${at(nominal)} is lost: ${text}`)
    if (cover === undefined) {
      const isWaiting = facesBetween(version, until, until).some(
        ({ misfire }) => misfire.whenClosed === 'hold' && until - nominal > afterOf(misfire),
      )
      if ((!isWaiting || !this.#wasClosed(version, until, until)) && !this.#isOnHold(nominal, version, until))
        lost('nobody decided it')
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
    if (this.#isHeldBack(nominal, cover, version)) return
    if (!facesBetween(version, began, sentAt).some(explains))
      lost(`no rule explains ${say(cover)} (sent ${at(sentAt)}, its term began ${at(began)})`)
  }

  /** Whether a pause holds in the end, or has held back what now waits for the calendar to open. */
  #isOnHold(nominal: number, version: Version, until: number): boolean {
    const sender = { sent: Number.MAX_VALUE, began: Number.MAX_VALUE }
    const { faces } = version
    const over = this.#chronicle.pauses.over(this.#name, [faces.at(-1)!.job], sender)
    if (over.some((pause) => holds(pause, sender, until - DATED_MS))) return true
    const isClosed = this.#wasClosed(version, until, until)
    return isClosed && over.some((pause) => this.#mayHold(pause, sender, nominal))
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
