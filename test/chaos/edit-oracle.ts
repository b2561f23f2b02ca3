import { canonical, type Openness, opennessOf, type Spec } from './edit-tree.ts'

/**
 * What a storm of edits must leave in the log, worked out from docs/spec alone: from what stood on disk, from what live
 * state says was applied when, and from nothing that belfry computes with.
 */

/** One message of the bucket of live state. */
export interface LiveChange {
  readonly storedAt: number
  readonly key: string
  /** null: removed. */
  readonly value: string | null
}

/** One message of the log, read without belfry's own reader. */
export interface Entry {
  readonly storedAt: number
  readonly schedule: string
  readonly kind: 'fire' | 'marker'
  readonly nominal: number
  readonly reason: string
  readonly settledCount: number | null
  readonly count: number
  readonly generation: number
  /** `job.adapter.lane type version payload` of a fire. */
  readonly work: string
}

export interface Storm {
  /** For each identity everything that good trees held under it, in order, as JSON of its spec; null: nothing. */
  readonly written: ReadonlyMap<string, readonly (string | null)[]>
  readonly live: readonly LiveChange[]
  readonly log: readonly Entry[]
  /** Up to which nominal time all must be settled. */
  readonly to: number
  /**
   * Leaders were killed: an apply may have stopped half-way, and the tree have changed before it was made again. A leader
   * that is slow may also stop half-way by itself, and make the same edits again a moment later: that is a stumble.
   */
  readonly kills: boolean
}

export interface StormFindings {
  /** What is wrong, one line each. */
  readonly wrong: readonly string[]
  readonly fires: number
  readonly applies: number
  /** Versions of schedules that went live. */
  readonly versions: number
  /** Schedules that were cut more than once for one edit. */
  readonly stumbles: number
  readonly markers: ReadonlyMap<string, number>
}

/** Everything that decides when a schedule fires. */
interface Timing {
  readonly stepMs: number
  readonly pattern: string
  readonly jitter: string
  readonly isSuspended: boolean
  readonly isJobSuspended: boolean
  readonly openness: Openness | 'none'
  readonly activeFrom: number
  readonly maxFires: number
}

/** Everything that a fire carries; it may be told while `liveFrom` <= now, and not much after `replacedAt`. */
interface Content {
  readonly work: string
  readonly generation: number
  readonly liveFrom: number
  replacedAt: number
}

/** From one cut to the next. */
interface Segment {
  readonly timing: Timing
  /** When it was applied. */
  readonly since: number
  readonly isCreation: boolean
  readonly contents: Content[]
  end: { readonly at: number; readonly reason: 'superseded' | 'deleted' } | null
}

interface Mark {
  readonly nominal: number
  readonly reason: string
  readonly settledCount: number | null
}

/** A leader that has applied a change tells its own loop of it within this. */
const TELLING_MS = 5_000
/** After a stumble the same edits are made again within this. */
const STUMBLE_MS = 30_000

export function judgeStorm(storm: Storm): StormFindings {
  const wrong: string[] = []
  const told = { wrong, stumbles: 0 }
  const stories = readLive(storm, told)
  const logs = new Map<string, Entry[]>()
  for (const entry of storm.log) {
    const own = logs.get(entry.schedule)
    if (own === undefined) logs.set(entry.schedule, [entry])
    else own.push(entry)
  }
  for (const schedule of logs.keys())
    if (!stories.has(schedule)) wrong.push(`${schedule}: fires although it was never live`)
  for (const [schedule, segments] of stories)
    replay({ schedule, segments, log: logs.get(schedule) ?? [], storm }, told)
  const markers = new Map<string, number>()
  for (const { kind, reason } of storm.log)
    if (kind === 'marker') markers.set(reason, (markers.get(reason) ?? 0) + 1)
  return {
    wrong,
    fires: storm.log.filter(({ kind }) => kind === 'fire').length,
    applies: storm.live.filter(({ key }) => key === 'applied.main').length,
    stumbles: told.stumbles,
    versions: [...stories.values()].reduce((sum, segments) => sum + segments.length, 0),
    markers,
  }
}

/** What is live after each change: each identity's spec, and for schedules what live state says of it. */
interface Live {
  readonly spec: Spec
  readonly generation: number
  readonly appliedAt: number
}

interface Told {
  readonly wrong: string[]
  stumbles: number
}

interface Leaving {
  readonly schedule: string
  readonly segment: Segment
  readonly storedAt: number
}

/** The story of each schedule, from what live state said, one change after the other. */
function readLive({ live, written, log, kills }: Storm, told: Told): ReadonlyMap<string, Segment[]> {
  const { wrong } = told
  const now = new Map<string, Live>()
  const reached = new Map<string, number>()
  const stories = new Map<string, Segment[]>()
  let leaving: Leaving[] = []
  let renewed = new Map<string, number>()
  const segmentOf = (schedule: string): Segment | undefined => {
    const last = stories.get(schedule)?.at(-1)
    return last?.end === null ? last : undefined
  }

  const dated = (schedule: string, at: number, appliedAt: number): void => {
    if (at === appliedAt) return
    told.stumbles += 1
    if (at > appliedAt || (!kills && at < appliedAt - STUMBLE_MS))
      wrong.push(`${schedule}: says it was applied at ${iso(at)}, its tree at ${iso(appliedAt)}`)
  }
  const end = ({ schedule, segment, storedAt }: Leaving, appliedAt: number): void => {
    // What an uncovered calendar leaves open ends before the edit.
    const isOpen = segment.timing.openness === 'uncovered'
    const at = isOpen ? appliedAt : deletionIn(log, schedule, segment, storedAt)
    if (at === null) wrong.push(`${schedule}: deleted without a marker`)
    else dated(schedule, at, appliedAt)
    segment.end = { at: at ?? appliedAt, reason: 'deleted' }
  }

  for (const { key, value, storedAt } of live) {
    const [kind = '', , name = ''] = key.split('.')
    if (key === 'applied.main') {
      const { appliedAt } = JSON.parse(value!) as { appliedAt: number }
      for (const each of leaving) end(each, appliedAt)
      leaving = []
      for (const [schedule, at] of renewed) dated(schedule, at, appliedAt)
      renewed = new Map()
      for (const [identity, { spec }] of now) {
        const segment = identity.startsWith('Schedule/')
          ? segmentOf(identity.slice('Schedule/'.length))
          : undefined
        if (segment === undefined) continue
        if (sameTiming(timingOf(spec, now), segment.timing)) continue
        wrong.push(`${identity}: the tree of ${iso(appliedAt)} times it otherwise, and it was not cut`)
      }
      // What was replaced in this apply is known to the leader a moment later.
      for (const segments of stories.values())
        for (const content of segments.at(-1)!.contents.slice(0, -1))
          content.replacedAt = Math.min(content.replacedAt, storedAt)
      continue
    }
    if (!['Adapter', 'Calendar', 'Job', 'Schedule'].includes(kind)) continue
    const identity = `${kind}/${name}`
    const entry = value === null ? null : (JSON.parse(value) as Live & { manifest: { spec: Spec } })
    const spec = entry === null ? null : canonical(entry.manifest.spec)
    const before = now.get(identity)
    const from = reached.get(identity) ?? 0
    const isRenewed = spec !== null && before !== undefined && canonical(before.spec) === spec
    const found = isRenewed ? from : (written.get(identity) ?? []).indexOf(spec, from)
    if (found < 0) wrong.push(`${identity}: live state was changed to what no good tree said then: ${spec}`)
    else reached.set(identity, found)
    if (entry === null) now.delete(identity)
    else
      now.set(identity, {
        spec: entry.manifest.spec,
        generation: entry.generation,
        appliedAt: entry.appliedAt,
      })

    if (kind === 'Schedule') {
      // Made again although the apply that deleted it was never recorded.
      const gone = entry === null ? undefined : leaving.find(({ schedule }) => schedule === name)
      if (gone !== undefined) {
        end(gone, entry!.appliedAt)
        leaving = leaving.filter((each) => each !== gone)
      }
      const segment = segmentOf(name)
      if (entry === null) {
        if (segment !== undefined) leaving.push({ schedule: name, segment, storedAt })
        continue
      }
      const timing = timingOf(entry.manifest.spec, now)
      if (timing === null) {
        wrong.push(`${identity}: went live without its job or calendar`)
        continue
      }
      if (segment === undefined || !sameTiming(timing, segment.timing)) {
        if (segment !== undefined) segment.end = { at: entry.appliedAt, reason: 'superseded' }
        const next: Segment = {
          timing,
          since: entry.appliedAt,
          isCreation: segment === undefined,
          contents: [],
          end: null,
        }
        const story = stories.get(name)
        if (story === undefined) stories.set(name, [next])
        else story.push(next)
        renewed.set(name, entry.appliedAt)
      }
    }
    for (const schedule of stories.keys()) {
      const segment = segmentOf(schedule)
      const own = now.get(`Schedule/${schedule}`)
      if (segment === undefined || own === undefined) continue
      const work = workOf(own.spec, now)
      const last = segment.contents.at(-1)
      if (work === null || (last?.work === work && last.generation === own.generation)) continue
      segment.contents.push({
        work,
        generation: own.generation,
        liveFrom: storedAt,
        replacedAt: Number.POSITIVE_INFINITY,
      })
    }
  }
  return stories
}

/** What the marker says of when a schedule was deleted. */
function deletionIn(log: readonly Entry[], schedule: string, segment: Segment, by: number): number | null {
  const marker = log.findLast(
    (entry) =>
      entry.schedule === schedule &&
      entry.reason === 'deleted' &&
      entry.storedAt <= by &&
      entry.storedAt >= segment.since,
  )
  return marker?.nominal ?? null
}

interface Cutting {
  readonly timing: Timing
  /** Nothing at or before it is this version's. */
  readonly from: number
  readonly end: NonNullable<Segment['end']>
  /** Fires before this version. */
  readonly count: number
}

/** The marker that ends a version; the next one begins after its nominal time. */
function cutOf({ timing, from, end: { at, reason }, count }: Cutting): Mark {
  if (timing.isSuspended || timing.isJobSuspended) {
    // Held back: settled as not fired, and counted where the calendar says what would have fired.
    const settledCount = timing.openness === 'uncovered' ? null : asked(timing, from, at).length
    return { nominal: at, reason, settledCount: count >= timing.maxFires ? null : settledCount }
  }
  if (timing.openness === 'uncovered' && count < timing.maxFires) {
    // Beyond the end of coverage nothing is decided: it stays open for the version that knows more.
    const held = steps(timing, from, at)[0]
    return { nominal: held === undefined ? at : held - 1, reason, settledCount: 0 }
  }
  return { nominal: at, reason, settledCount: 0 }
}

interface Replay {
  readonly schedule: string
  readonly segments: readonly Segment[]
  readonly log: readonly Entry[]
  readonly storm: Storm
}

/** Goes through one schedule's log, entry by entry, beside what it should hold. */
function replay({ schedule, segments, log, storm }: Replay, told: Told): void {
  const { wrong } = told
  const owed = new Map<number, Segment>()
  const marks: Mark[] = []
  let count = 0
  let begins = 0
  for (const segment of segments) {
    const { end, timing, since, isCreation } = segment
    if (isCreation) count = 0
    const from = Math.max(isCreation ? since : begins, timing.activeFrom - 1)
    const before = count
    if (!timing.isSuspended && !timing.isJobSuspended)
      for (const nominal of asked(timing, from, Math.min(end?.at ?? storm.to, storm.to))) {
        if (count >= timing.maxFires) break
        owed.set(nominal, segment)
        count += 1
      }
    if (end === null) continue
    const mark = cutOf({ timing, from, end, count: before })
    marks.push(mark)
    begins = mark.nominal
  }
  const nominals = [...owed.keys()].sort((a, b) => a - b)
  const say = (what: string, nominal: number) => wrong.push(`${schedule}@${iso(nominal)}: ${what}`)

  let next = 0
  let counted = 0
  let stumbled = false
  let reached: { readonly segment: Segment; readonly index: number } | null = null
  for (const entry of log) {
    const { kind, nominal, storedAt, reason } = entry
    while (next < nominals.length && nominals[next]! < nominal) {
      say(`forgotten: the ${kind} of ${iso(nominal)} was stored after it`, nominals[next]!)
      next += 1
    }
    if (kind === 'marker') {
      if (nominals[next] === nominal) {
        say(`forgotten: settled by a marker, ${reason}`, nominal)
        next += 1
      }
      const found = marks.findIndex((mark) => mark.nominal === nominal && mark.reason === reason)
      const mark = marks[found]
      if (mark !== undefined) {
        for (const { nominal: at, reason: why } of marks.splice(0, found + 1).slice(0, -1))
          say(`there is no marker, ${why}`, at)
        if (!stumbled && mark.settledCount !== null && mark.settledCount !== entry.settledCount)
          say(`its marker settles ${entry.settledCount}, not ${mark.settledCount}`, nominal)
        stumbled = false
      } else if (['superseded', 'deleted'].includes(reason) && (storm.kills || isSoon(nominal, marks[0]))) {
        told.stumbles += 1
        stumbled = true
      } else {
        say(`a marker, ${reason}, where ${markText(marks[0])} should come next`, nominal)
      }
      if (reason === 'deleted') counted = 0
    } else if (nominal > storm.to) {
      break
    } else {
      const segment = owed.get(nominal)
      if (nominals[next] === nominal) next += 1
      else if (segment === undefined) say('fired, and nobody asked for it', nominal)
      else say('fired twice, or after what came later', nominal)
      if (storedAt < nominal) say(`stored at ${iso(storedAt)}, before its time`, nominal)
      counted += 1
      if (entry.count !== counted) say(`is counted as fire ${entry.count}, not ${counted}`, nominal)
      if (reason !== 'scheduled') say(`has the reason ${reason}`, nominal)
      if (segment !== undefined) {
        const first = reached?.segment === segment ? reached.index : 0
        const index = segment.contents.findIndex(
          (content, at) => at >= first && isOf(content, entry) && nominal <= content.replacedAt + TELLING_MS,
        )
        if (index < 0) say(`carries ${contentText(entry)}; ${heldBy(segment, first)}`, nominal)
        else reached = { segment, index }
      }
    }
  }
  for (const nominal of nominals.slice(next)) say('forgotten at the end', nominal)
  for (const mark of marks)
    if (mark.nominal <= storm.to) say(`there is no marker, ${mark.reason}`, mark.nominal)
}

/** Whether the edit whose first attempt left a marker was made a moment later. */
function isSoon(nominal: number, mark: Mark | undefined): boolean {
  return mark !== undefined && Math.abs(mark.nominal - nominal) <= STUMBLE_MS
}

function isOf(content: Content, { work, generation, storedAt }: Entry): boolean {
  return content.work === work && content.generation === generation && content.liveFrom <= storedAt
}

/** The multiples of the step in (from, to] that the calendar lets through. */
function asked(timing: Timing, from: number, to: number): readonly number[] {
  return steps(timing, from, to).filter((at) => isOpen(timing.openness, at))
}

function steps({ stepMs }: Timing, from: number, to: number): readonly number[] {
  const found: number[] = []
  for (let at = (Math.floor(from / stepMs) + 1) * stepMs; at <= to; at += stepMs) found.push(at)
  return found
}

function isOpen(openness: Timing['openness'], at: number): boolean {
  const minute = Math.floor(at / 60_000) % 2
  switch (openness) {
    case 'none':
    case 'open':
      return true
    case 'odd-minutes':
      return minute === 0
    case 'even-minutes':
      return minute === 1
    case 'closed':
    case 'uncovered':
      return false
  }
}

/** null: something that it needs is not live. */
function timingOf(spec: Spec, live: ReadonlyMap<string, Live>): Timing | null {
  const job = live.get(`Job/${spec.job}`)
  const calendar = spec.calendar === undefined ? undefined : live.get(`Calendar/${spec.calendar}`)
  if (job === undefined || (spec.calendar !== undefined && calendar === undefined)) return null
  const [trigger] = spec.triggers as readonly { every?: string; cron?: string }[]
  const step = trigger?.every?.replace('s', '') ?? /^\*\/(\d)/.exec(trigger?.cron ?? '')?.[1] ?? '1'
  return {
    stepMs: 1_000 * Number(step),
    pattern: JSON.stringify(trigger),
    jitter: String(spec.jitter),
    isSuspended: spec.suspend === true,
    isJobSuspended: job.spec.suspend === true,
    openness: calendar === undefined ? 'none' : opennessOf(calendar.spec),
    activeFrom: spec.activeFrom === undefined ? 0 : Date.parse(String(spec.activeFrom)),
    maxFires: spec.maxFires === undefined ? Number.POSITIVE_INFINITY : Number(spec.maxFires),
  }
}

/** An edit that leaves it as it was cuts nothing. */
function sameTiming(a: Timing | null, b: Timing | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function workOf(spec: Spec, live: ReadonlyMap<string, Live>): string | null {
  const job = live.get(`Job/${spec.job}`)?.spec
  if (job === undefined) return null
  const data = { ...(job.data as Spec), ...(spec.data as Spec | undefined) }
  return workText({
    target: `${spec.job}.${job.adapter}.0`,
    type: String(job.message),
    version: Number(job.version ?? 1),
    data,
  })
}

export function workText(work: {
  readonly target: string
  readonly type: string
  readonly version: number
  readonly data: Spec
}): string {
  return `${work.target} ${work.type} v${work.version} ${canonical(work.data)}`
}

function contentText({ work, generation }: Pick<Content, 'work' | 'generation'>): string {
  return `"${work}" of generation ${generation}`
}

function heldBy({ contents }: Segment, first: number): string {
  const held = contents.slice(Math.max(0, first), first + 3)
  return `it might have been ${held.map((each) => `${contentText(each)} from ${iso(each.liveFrom)}`).join(' or ')}`
}

function markText(mark: Mark | undefined): string {
  return mark === undefined ? 'none' : `one of ${iso(mark.nominal)}, ${mark.reason},`
}

function iso(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : String(at)
}
