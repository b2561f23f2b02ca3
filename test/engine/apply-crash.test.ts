import { describe, expect, it } from 'vitest'
import type { Tree } from '../../src/core/manifest/tree.ts'
import type { LiveEntry } from '../../src/core/plan/live-entry.ts'
import type { Fault, MemoryOperation } from '../../src/memory/faults.ts'
import type { AdapterConsumers } from '../../src/ports/adapter-consumers.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

// An apply that does all kinds of things, and a crash at each of its borders: before and after every request that it
// makes of the store, the log and the consumers. Another instance takes over with the same tree. Whatever was half done,
// live state ends as the tree, and every time is fired once, by the version that was live at it.

const START = '2026-01-05T00:00:00.300Z'
const EDITED_AT = 5_000
const OTHER = `---
apiVersion: belfry/v1
kind: Adapter
metadata: {name: other}
spec: {}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: export}
spec: {adapter: other, message: Export}
`
const timed = (name: string, step: string, more = '') =>
  scheduleText(name, `timezone: UTC, triggers: [{every: ${step}}], misfire: {after: 1h}${more}`)
const calendar = (weekend: string) =>
  calendarText(
    'days',
    `timezone: UTC, weekend: [${weekend}], coverage: {from: 2026-01-01, to: 2026-12-31}, rules: []`,
  )

const BEFORE = treeOf(
  ADAPTER_AND_JOB,
  calendar('sun') +
    timed('edited', '1s') +
    timed('deleted', '1s') +
    timed('closing', '1s', ', calendar: days') +
    timed('moved', '1s') +
    timed('old', '1s') +
    timed('old-and-edited', '1s') +
    timed('old-and-paused', '1s'),
)
const AFTER = treeOf(
  ADAPTER_AND_JOB,
  OTHER,
  calendar('mon') +
    timed('edited', '2s') +
    timed('created', '1s') +
    timed('closing', '1s', ', calendar: days') +
    timed('moved', '1s').replace('job: import', 'job: export') +
    timed('new', '1s', ', replaces: old') +
    timed('new-and-edited', '2s', ', replaces: old-and-edited') +
    timed('new-and-paused', '1s', ', replaces: old-and-paused'),
)

/** Where one instance dies: at its so-and-so-manieth request after the edit, before or after its effect. */
interface Border {
  readonly request: number
  readonly effect: boolean
}

async function play(border: Border | null) {
  const simulation = new Simulation(START)
  const requests: string[] = []
  let editing = false
  let dead = false
  const dies = (what: string): 'before' | 'after' | 'not' => {
    if (dead) return 'before'
    if (!editing) return 'not'
    requests.push(what)
    if (border === null || requests.length !== border.request) return 'not'
    dead = true
    return border.effect ? 'after' : 'before'
  }
  const faults = ({ port, name, key }: MemoryOperation): Fault | null => {
    // The lease is renewed all the time and decides nothing: only a dead one is of interest.
    if (port === 'lease') return dead ? { kind: 'lose-request' } : null
    const at = dies(`${port} ${name} ${key}`)
    return at === 'not' ? null : { kind: at === 'before' ? 'lose-request' : 'lose-answer' }
  }
  const never = new Promise<never>(() => undefined)
  const consumers: AdapterConsumers = simulation.consumers
  const dying = <A extends readonly unknown[], R>(what: string, work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      const at = dies(`consumers ${what}`)
      if (at === 'before') return never
      const done = await work(...args)
      return at === 'after' ? never : done
    }
  }
  const source = new SimulatedSource(BEFORE)
  const first = await simulation.started('first', source, {
    faults,
    consumers: {
      list: dying('list', () => consumers.list()),
      ensure: dying('ensure', (consumer) => consumers.ensure(consumer)),
      turnLanes: dying('turn', () => consumers.turnLanes()),
      hold: dying('hold', (...given: Parameters<AdapterConsumers['hold']>) => consumers.hold(...given)),
      limit: dying('limit', (...given: Parameters<AdapterConsumers['limit']>) => consumers.limit(...given)),
      retire: dying('retire', (tenant, adapter) => consumers.retire(tenant, adapter)),
      removeIfDrained: dying('remove', (tenant, adapter) => consumers.removeIfDrained(tenant, adapter)),
    },
  })
  const wanted = { by: 'ann', reason: 'maintenance', until: null, missed: 'discard' } as const
  await simulation.during(
    first.pause({ kind: 'schedule', tenant: 'default', name: 'old-and-paused' }, wanted),
  )
  await simulation.clock.advance(EDITED_AT)
  editing = true
  source.set(AFTER)
  await simulation.clock.advance(40)
  editing = false
  const wasWhole = border === null
  if (wasWhole) return { simulation, requests, first }
  expect(dead, `there is a request ${border.request}`).toBe(true)
  await simulation.started('second', new SimulatedSource(AFTER))
  await simulation.clock.advance(9_000)
  return { simulation, requests, first }
}

function liveEntries(simulation: Simulation): ReadonlyMap<string, LiveEntry> {
  const schedules = simulation.live.entries().filter(({ key }) => key.startsWith('Schedule.'))
  return new Map(schedules.map(({ key, value }) => [key.split('.')[2]!, JSON.parse(value) as LiveEntry]))
}

function digests(simulation: Simulation): readonly string[] {
  const documents = simulation.live.entries().filter(({ key }) => /^[A-Z]/.test(key))
  return documents.map(({ value }) => (JSON.parse(value) as LiveEntry).digest).sort()
}

const wantedDigests = (tree: Tree) => tree.documents.map(({ digest }) => digest).sort()

/** Multiples of a step in (after, to], as milliseconds after the epoch. */
const multiples = (stepMs: number, after: number, to: number) => {
  const found: number[] = []
  for (let at = (Math.floor(after / stepMs) + 1) * stepMs; at <= to; at += stepMs) found.push(at)
  return found
}

function check(simulation: Simulation, what: string): void {
  const begun = Date.parse(START)
  const until = simulation.clock.now() - 500
  const live = liveEntries(simulation)
  const fires = (name: string) => simulation.fires(name).map((at) => Date.parse(at))
  const within = (times: readonly number[]) => times.filter((at) => at <= until)
  const edge = (name: string) => live.get(name)!.activeFrom
  const one = (name: string, stepMs: number) => [
    ...multiples(1_000, begun, Math.min(edge(name), until)),
    ...multiples(stepMs, edge(name), until),
  ]
  expect(digests(simulation), `${what}: live state is the tree`).toEqual(wantedDigests(AFTER))
  expect(within(fires('edited')), `${what}: edited`).toEqual(one('edited', 2_000))
  expect(within(fires('moved')), `${what}: moved`).toEqual(multiples(1_000, begun, until))
  expect(within(fires('created')), `${what}: created`).toEqual(multiples(1_000, edge('created'), until))
  // Its calendar may have become live before it: between the first cut and its own edit either may decide.
  const cut = simulation.records('closing').find(({ reason }) => reason === 'superseded')!.nominal
  const closing = multiples(1_000, begun, edge('closing'))
  expect(closing.slice(0, fires('closing').length), `${what}: closing`).toEqual(fires('closing'))
  expect(fires('closing').length, `${what}: closing`).toBeGreaterThanOrEqual(
    multiples(1_000, begun, cut).length,
  )
  const end = simulation.records('deleted').findLast(({ reason }) => reason === 'deleted')!.nominal
  expect(fires('deleted'), `${what}: deleted`).toEqual(multiples(1_000, begun, end))
  expect([...fires('old'), ...within(fires('new'))], `${what}: renamed`).toEqual(
    multiples(1_000, begun, until),
  )
  const both = [...fires('old-and-edited'), ...within(fires('new-and-edited'))]
  expect(both, `${what}: renamed and edited`).toEqual(one('new-and-edited', 2_000))
  expect([...fires('old-and-paused'), ...fires('new-and-paused')], `${what}: renamed and paused`).toEqual([])
  expect(simulation.overrides.entries().map(({ key }) => key)).toEqual(['schedule.default.new-and-paused'])
  for (const name of ['new', 'new-and-edited']) {
    const last = simulation.records(name).findLast(({ kind }) => kind === 'fire')!
    const all = [...fires(name === 'new' ? 'old' : 'old-and-edited'), ...fires(name)].length
    expect(last.count, `${what}: count of ${name}`).toBe(all)
  }
}

describe('an apply that crashes', () => {
  it('at any of its borders is brought to its end by the next leader, which then writes nothing more', async () => {
    const { requests } = await play(null)
    // Every kind of write is among them, so that the borders are those that matter.
    for (const kind of [
      'store create',
      'store update',
      'store remove',
      'store put',
      'log append',
      'consumers ensure',
    ])
      expect(requests.some((request) => request.startsWith(kind))).toBe(true)
    for (let request = 1; request <= requests.length; request++) {
      for (const effect of [false, true]) {
        const { simulation } = await play({ request, effect })
        const what = `${effect ? 'after' : 'before'} request ${request}, ${requests[request - 1]}`
        check(simulation, what)
        const before = simulation.live.lastRevision
        await simulation.started('third', new SimulatedSource(AFTER))
        await simulation.clock.advance(2_000)
        expect(simulation.live.lastRevision, `${what}: written again`).toBe(before)
      }
    }
  }, 120_000)
})
