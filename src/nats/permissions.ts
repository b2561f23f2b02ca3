/**
 * The rights that each user of an installation needs on the NATS server, and none beyond.
 *
 * Invariants: no two users share an inbox, so that none reads another's answers; only the scheduler may publish a fire,
 * an event or live state; a worker names its own consumer in everything that it sends. A test holds the rights to a real server.
 */
import { lanesOf } from '../core/run/lane.ts'
import { layoutObjects } from './layout-objects.ts'
import { adapterFilter, bucketStream, consumerName, createNames, keySubject, type Names } from './names.ts'
import { cancelSubjects, workerKey } from './run-subjects.ts'

export interface NatsUser {
  readonly user: string
  readonly about: string
  /** To be given to the client: `--nats-inbox`, or `inboxPrefix` of a NATS client. */
  readonly inboxPrefix: string
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
  /** Whether it may answer whoever asks it. */
  readonly answers: boolean
}

export interface AdapterName {
  readonly tenant: string
  readonly adapter: string
  /** Each of its lanes has a consumer of its own. */
  readonly partitions?: number
}

/**
 * The scheduler, whoever operates it, and the workers of each adapter. `eventStreams`: those of users on which schedules
 * wait. Throws `usage` for a prefix that is no name.
 */
export function natsUsers(
  prefix: string,
  adapters: readonly AdapterName[],
  eventStreams: readonly string[] = [],
): readonly NatsUser[] {
  const names = createNames(prefix)
  return [
    schedulerUser(names, eventStreams),
    operatorUser(names),
    ...adapters.map((each) => workerUser(names, each)),
  ]
}

function schedulerUser(names: Names, eventStreams: readonly string[]): NatsUser {
  const streams = streamsOf(names)
  const buckets = streams.filter((stream) => stream.startsWith('KV_'))
  return {
    user: names.prefix,
    about: 'belfry serve, and belfry apply where nobody leads',
    inboxPrefix: `_INBOX_${names.prefix}`,
    publish: [
      names.fireSubjects,
      names.eventSubjects,
      names.runSubjects,
      names.deadSubjects,
      `${names.prefix}.cancel.>`,
      ...buckets.map((stream) => `$KV.${stream.slice('KV_'.length)}.>`),
      `${names.prefix}.control.>`,
      ...readingSubjects(streams),
      ...streams.flatMap((stream) => [`$JS.API.STREAM.CREATE.${stream}`, `$JS.API.STREAM.UPDATE.${stream}`]),
      `$JS.API.CONSUMER.INFO.${names.fires}.*`,
      `$JS.API.CONSUMER.PAUSE.${names.fires}.*`,
      ...eventStreams.flatMap(eventStreamSubjects),
      // Ends the deliveries of what a worker without the SDK gives back again and again.
      `$JS.ACK.${names.fires}.>`,
    ],
    subscribe: [`_INBOX_${names.prefix}.>`, `${names.prefix}.control.>`, '$SRV.>'],
    answers: true,
  }
}

function operatorUser(names: Names): NatsUser {
  const user = `${names.prefix}-operator`
  return {
    user,
    about: 'belfry status, plan and apply: reads everything, asks the leader, writes nothing itself',
    inboxPrefix: `_INBOX_${user}`,
    publish: [`${names.prefix}.control.>`, ...readingSubjects(streamsOf(names))],
    subscribe: [`_INBOX_${user}.>`],
    answers: false,
  }
}

function workerUser(names: Names, { tenant, adapter, partitions = 0 }: AdapterName): NatsUser {
  const consumer = consumerName(tenant, adapter)
  const lanes = partitions === 0 ? [] : lanesOf(partitions).map((lane) => consumerName(tenant, adapter, lane))
  const user = `${names.prefix}-worker-${consumer}`
  const runs = `${names.prefix}.run.${tenant}.*.*.${adapter}.*`
  const health = keySubject(names.workers, workerKey(tenant, adapter, '*'))
  const locks = keySubject(names.locks, `${tenant}.${adapter}.*.*`)
  return {
    user,
    about: `workers of the adapter ${tenant}/${adapter}: take what ${adapterFilter(names, tenant, adapter)} matches`,
    inboxPrefix: `_INBOX_${user}`,
    publish: [
      `$JS.API.CONSUMER.INFO.${names.fires}.${consumer}`,
      ...[consumer, ...lanes].flatMap((each) => [
        `$JS.API.CONSUMER.MSG.NEXT.${names.fires}.${each}`,
        `$JS.ACK.${names.fires}.${each}.>`,
      ]),
      // What follows is for the SDK: the history of its runs, its health, its locks.
      runs,
      `${names.prefix}.log.${tenant}.${adapter}.*`,
      health,
      locks,
      `$JS.API.DIRECT.GET.${names.runs}.${runs}`,
      `$JS.API.DIRECT.GET.${bucketStream(names.locks)}.${locks}`,
    ],
    subscribe: [`_INBOX_${user}.>`, cancelSubjects(names, tenant, adapter), health, locks],
    // A request to cancel a run is answered.
    answers: true,
  }
}

function streamsOf(names: Names): readonly string[] {
  return layoutObjects(names, {}).map(({ stream }) => stream)
}

/** What having durable consumers on a stream of somebody else takes: nothing that reads or changes the stream itself. */
function eventStreamSubjects(stream: string): readonly string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    ...['INFO', 'CREATE', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.*`),
    `$JS.ACK.${stream}.>`,
  ]
}

/** Reading a stream takes a consumer for a moment. */
function readingSubjects(streams: readonly string[]): readonly string[] {
  return [
    '$JS.API.INFO',
    ...streams.flatMap((stream) => [
      `$JS.API.STREAM.INFO.${stream}`,
      `$JS.API.STREAM.MSG.GET.${stream}`,
      `$JS.API.CONSUMER.CREATE.${stream}.>`,
      `$JS.API.CONSUMER.DELETE.${stream}.>`,
      `$JS.API.CONSUMER.LIST.${stream}`,
      `$JS.FC.${stream}.>`,
    ]),
  ]
}
