/**
 * Creates and keeps the objects that belfry needs on the server.
 *
 * Job: make what is missing, apply safe changes to what belfry made, and report everything else. Invariant: nothing is
 * changed that belfry did not make (its mark is in the stream's metadata), and nothing that the server could only do by
 * losing data. On failure: what may pass, as nodes that have not joined their cluster yet, is tried again for half a
 * minute; then objects before the failing one are in place, and the same again goes on from there.
 */
import type { StreamConfig } from '@nats-io/jetstream'
import { BelfryError } from '../core/errors.ts'
import { API, errorFromApi, lacksRoom } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { type LayoutObject, type LayoutOptions, layoutObjects } from './layout-objects.ts'
import { type StreamState, streamState } from './streams.ts'

export type { LayoutOptions } from './layout-objects.ts'

export interface LayoutReport {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly unchanged: readonly string[]
  readonly differences: readonly LayoutDifference[]
}

/** One field of an existing object that is not as it must be, and was left as it is. */
export interface LayoutDifference {
  readonly object: string
  readonly field: string
  readonly expected: unknown
  readonly found: unknown
  readonly reason: 'cannot be changed' | 'made by somebody else'
}

/** Who made a stream, and by which version of this layout. */
const MARK = 'belfry.layout'
const MARK_VERSION = '1'

/** The server changes these only by creating the stream anew, or their change would reinterpret what is stored. */
const UNCHANGEABLE: readonly (keyof StreamConfig)[] = ['subjects', 'retention', 'storage']

const PATIENCE_MS = 30_000
const TRY_AGAIN_MS = 250

/**
 * Makes the layout right as far as that is safe. Throws only if the server does not answer for long, or refuses; `signal`
 * ends the patience, not what is asked already.
 */
export async function ensureLayout(
  connection: Connection,
  options: LayoutOptions = {},
  signal: AbortSignal = connection.closed,
): Promise<LayoutReport> {
  const report = { created: [] as string[], updated: [] as string[], unchanged: [] as string[] }
  const differences: LayoutDifference[] = []
  const patience = {
    deadline: connection.clock.monotonic() + PATIENCE_MS,
    signal: AbortSignal.any([connection.closed, signal]),
  }
  for (const object of layoutObjects(connection.names, options)) {
    const { outcome, found } = await patiently(connection, patience, () => ensureObject(connection, object))
    report[outcome].push(object.title)
    differences.push(...found)
  }
  return { ...report, differences }
}

/** The differences as one error that names every field, or null if there are none. */
export function layoutError(report: LayoutReport): BelfryError | null {
  const { differences } = report
  if (differences.length === 0) return null
  const lines = differences.map(
    ({ object, field, expected, found, reason }) =>
      `${object}: ${field} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)} (${reason})`,
  )
  return new BelfryError(
    'nats-layout',
    `objects on the NATS server are not as belfry needs them:\n${lines.join('\n')}`,
    {
      details: { differences },
    },
  )
}

/** What a stream of the layout is now, and which of its fields are not as they must be. */
export interface LayoutFinding {
  readonly object: string
  /** null: it is not there. */
  readonly state: StreamState | null
  readonly wrong: readonly string[]
}

/** Looks at the layout and changes nothing. */
export async function surveyLayout(connection: Connection): Promise<readonly LayoutFinding[]> {
  return Promise.all(
    layoutObjects(connection.names, {}).map(async (object) => {
      const state = await streamState(connection, object.stream)
      return { object: object.title, state, wrong: state === null ? [] : wrongFields(object, state) }
    }),
  )
}

interface Patience {
  readonly deadline: number
  readonly signal: AbortSignal
}

/** Tries again what may pass by itself. */
async function patiently<T>(
  { clock, logger }: Connection,
  { deadline, signal }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  let reported = ''
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const mayPass = error instanceof BelfryError && error.retryable
      if (!mayPass || clock.monotonic() >= deadline || signal.aborted) throw error
      if (error.message !== reported)
        logger.warn('the NATS server is not ready; trying again', { error: error.message })
      reported = error.message
    }
    await clock.sleep(TRY_AGAIN_MS, signal)
  }
}

export interface Ensured {
  readonly outcome: 'created' | 'updated' | 'unchanged'
  readonly found: readonly LayoutDifference[]
}

/** Makes one object right as far as that is safe. */
export async function ensureObject(connection: Connection, object: LayoutObject): Promise<Ensured> {
  const state = await streamState(connection, object.stream)
  if (state === null) return create(connection, object)
  const current = state.config
  const wanted = { ...object.fixed, ...object.chosen }
  const wrong = wrongFields(object, state)
  const mine = current.metadata?.[MARK] !== undefined
  const stuck = wrong.filter((field) => !mine || UNCHANGEABLE.includes(field))
  const found = stuck.map((field) => ({
    object: object.title,
    field,
    expected: wanted[field],
    found: current[field] ?? null,
    reason: mine ? ('cannot be changed' as const) : ('made by somebody else' as const),
  }))
  if (wrong.length === stuck.length || stuck.length > 0) return { outcome: 'unchanged', found }

  const config = { ...current, ...wanted, metadata: { ...current.metadata, [MARK]: MARK_VERSION } }
  await connection.ask(`$JS.API.STREAM.UPDATE.${object.stream}`, config, `changing the ${object.title}`)
  return { outcome: 'updated', found: [] }
}

function wrongFields(object: LayoutObject, { config }: StreamState): readonly (keyof StreamConfig)[] {
  const wanted = { ...object.fixed, ...object.chosen }
  return (Object.keys(wanted) as (keyof StreamConfig)[]).filter(
    (field) => !isEqual(wanted[field], config[field]),
  )
}

async function create(connection: Connection, object: LayoutObject): Promise<Ensured> {
  const config = {
    name: object.stream,
    ...object.defaults,
    ...object.fixed,
    ...object.chosen,
    metadata: { [MARK]: MARK_VERSION },
  }
  const doing = `creating the ${object.title}`
  const answer = await connection.request(`$JS.API.STREAM.CREATE.${object.stream}`, config, doing)
  if (answer.ok) return { outcome: 'created', found: [] }
  // Two instances that start together both see nothing; the second then finds the first one's.
  if (answer.error.code === API.streamNameInUse) return ensureObject(connection, object)
  if (lacksRoom(answer.error) && config.max_bytes !== undefined) {
    const room = `${Math.ceil(config.max_bytes / 1024 ** 2)} MB`
    throw new BelfryError(
      'nats-refused',
      `${doing}: the server has not the ${room} left that its limit reserves; choose a smaller limit for the log, or give the server more room (its jetstream max_file_store)`,
      { details: { ...answer.error } },
    )
  }
  throw errorFromApi(doing, answer.error)
}

/** The server leaves out fields that are false, zero or empty. */
function isEqual(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      wanted.length === found.length &&
      wanted.every((item, index) => item === found[index])
    )
  }
  if (found === undefined) return wanted === false || wanted === 0 || wanted === -1
  return wanted === found
}
