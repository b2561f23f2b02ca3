import { MOMENTS, type Moment } from '../support/nats-wire.ts'
import type { Random } from '../support/random.ts'
import type { Instance } from './instance.ts'
import type { Stage } from './stage.ts'

export type Family = 'border' | 'process' | 'clock' | 'wire' | 'NATS' | 'cluster' | 'operator'

/** One kind of thing that goes wrong. Resolves to whether it really happened; recovery is not waited for. */
export interface Fault {
  readonly name: string
  readonly family: Family
  strike(stage: Stage, random: Random): Promise<boolean>
}

/** How long a strike waits for its message, or a fault for what must follow. */
const CHANCE_MS = 25_000
/** What a border needs is provoked again and again, with whoever leads by then: other faults strike meanwhile. */
const BORDER_MS = 25_000
const PROVOKED_MS = 5_000
const OUTAGE_MS = 30_000

/** What a leader writes, and what makes it write it. */
const WRITES: Readonly<
  Record<string, { subject: (stage: Stage) => RegExp; cause?: (stage: Stage, leader: Instance) => void }>
> = {
  'the lease': { subject: ({ connection: { names } }) => exact(`$KV.${names.lease}.leader`) },
  'a fire': {
    subject: ({ connection: { names } }) => new RegExp(`^${names.prefix}\\.fire\\.(\\w|[-.])+\\.0$`),
  },
  'a marker': {
    subject: ({ connection: { names } }) => new RegExp(`^${names.prefix}\\.fire\\..*\\.mark$`),
    cause: (stage, leader) => stage.edit(leader, 'timing'),
  },
  'a live entry': {
    subject: ({ connection: { names } }) => startingWith(`$KV.${names.live}.Schedule.`),
    cause: (stage, leader) => stage.edit(leader, stage.random.pick(['timing', 'data'])),
  },
  'the applied record': {
    subject: ({ connection: { names } }) => startingWith(`$KV.${names.live}.applied.`),
    cause: (stage, leader) => stage.edit(leader, stage.random.pick(['timing', 'data', 'adapter'])),
  },
  'a consumer': {
    subject: ({ connection: { names } }) =>
      new RegExp(`^\\$JS\\.API\\.CONSUMER\\.(CREATE|DELETE)\\.${names.fires}\\.default_extra`),
    cause: (stage, leader) => stage.edit(leader, 'adapter'),
  },
  'a cursor': {
    subject: ({ connection: { names } }) => startingWith(`$KV.${names.cursors}.`),
    // Cursors are stored every half minute, and at a clean stop.
    cause: (_stage, leader) => leader.terminate(),
  },
}

function exact(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[$.]/g, '\\$&')}$`)
}

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[$.]/g, '\\$&')}`)
}

/** Killed at one border between two effects: 7 writes, 4 moments each. */
export const BORDERS: readonly Fault[] = Object.entries(WRITES).flatMap(([what, { subject, cause }]) =>
  MOMENTS.map((moment) => ({
    name: `leader killed at ${what}: ${moment}`,
    family: 'border' as const,
    async strike(stage) {
      const pattern = subject(stage)
      const limit = stage.within(BORDER_MS)
      while (!limit.aborted) {
        const leader = await stage.leader()
        const struck = leader.wire.strike(
          { matches: (each) => pattern.test(each), moment, act: () => leader.killNow() },
          AbortSignal.any([limit, stage.within(PROVOKED_MS)]),
        )
        cause?.(stage, leader)
        const done = await struck
        if (done || what === 'a cursor') await backAgain(stage, leader)
        if (done) return true
      }
      return false
    },
  })),
)

/** One message is lost, and nothing else happens. */
function lost(name: string, moment: Moment): Fault {
  return {
    name,
    family: 'wire',
    async strike(stage) {
      const leader = await stage.leader()
      const pattern = WRITES['a fire']!.subject(stage)
      return leader.wire.strike(
        { matches: (each) => pattern.test(each), moment, act: () => undefined },
        stage.within(CHANCE_MS),
      )
    },
  }
}

/** Those of the processes. */
const PROCESSES: readonly Fault[] = [
  {
    name: 'leader killed',
    family: 'process',
    async strike(stage) {
      const leader = await stage.leader()
      await stage.rest(stage.random.between(0, 500))
      leader.killNow()
      await backAgain(stage, leader)
      return true
    },
  },
  {
    name: 'standby killed',
    family: 'process',
    async strike(stage) {
      const leader = await stage.leader()
      const standby = stage.instances.find((each) => each !== leader && each.process !== null)
      standby?.killNow()
      if (standby !== undefined) await backAgain(stage, standby)
      return standby !== undefined
    },
  },
  {
    name: 'all killed at once',
    family: 'process',
    async strike(stage) {
      for (const instance of stage.instances) instance.killNow()
      await Promise.all(stage.instances.map((instance) => instance.ended()))
      stage.revive()
      return true
    },
  },
  {
    name: 'leader stopped cleanly',
    family: 'process',
    async strike(stage) {
      const leader = await stage.leader()
      leader.terminate()
      await backAgain(stage, leader)
      return true
    },
  },
  {
    name: 'leader frozen until another leads, then thawed',
    family: 'process',
    async strike(stage) {
      const leader = await stage.leader()
      leader.process?.signal('SIGSTOP')
      const successor = await stage.eventually(async () => {
        const now = await stage.leader()
        return now === leader ? undefined : now
      }, OUTAGE_MS)
      await stage.rest(stage.random.between(0, 2_000))
      leader.process?.signal('SIGCONT')
      return successor !== undefined
    },
  },
  {
    name: 'leader frozen for longer than any time-out',
    family: 'process',
    async strike(stage) {
      const leader = await stage.leader()
      leader.process?.signal('SIGSTOP')
      await stage.rest(16_000)
      leader.process?.signal('SIGCONT')
      return true
    },
  },
  {
    name: 'all frozen and thawed',
    family: 'process',
    async strike(stage) {
      for (const { process } of stage.instances) process?.signal('SIGSTOP')
      await stage.rest(stage.random.between(1_000, 3_000))
      for (const { process } of stage.instances) process?.signal('SIGCONT')
      return true
    },
  },
  clock('forward', (random) => random.pick([700, 3_000, 90_000, 7_200_000])),
  clock('back', (random) => -random.pick([700, 3_000, 90_000, 7_200_000])),
  {
    name: 'another checkout leads',
    family: 'process',
    async strike(stage) {
      const leader = await stage.leader()
      stage.edit(leader, 'timing')
      await stage.rest(stage.random.between(0, 400))
      leader.killNow()
      await backAgain(stage, leader)
      return true
    },
  },
]

function clock(direction: string, draw: (random: Random) => number): Fault {
  return {
    name: `leader's wall clock jumps ${direction}, and back again`,
    family: 'clock',
    async strike(stage) {
      const leader = await stage.leader()
      leader.process?.shiftClock(draw(stage.random))
      await stage.rest(stage.random.between(1_000, 3_000))
      leader.process?.shiftClock(0)
      return true
    },
  }
}

/** Those of what lies between the processes and NATS. */
export const WIRES: readonly Fault[] = [
  lost('the answer to one fire lost', 'before its answer'),
  lost('one fire lost', 'before it is sent'),
  swallowed('all answers to the leader lost', 'toClient'),
  swallowed('all that the leader sends lost', 'toServer'),
  {
    name: 'connections of the leader cut',
    family: 'wire',
    async strike(stage) {
      ;(await stage.leader()).wire.cut()
      return true
    },
  },
  {
    name: 'connections of all cut',
    family: 'wire',
    async strike(stage) {
      for (const { wire } of stage.instances) wire.cut()
      return true
    },
  },
]

function swallowed(name: string, direction: 'toServer' | 'toClient'): Fault {
  return {
    name,
    family: 'wire',
    async strike(stage, random) {
      const { wire } = await stage.leader()
      wire.swallow(direction)
      await stage.rest(random.between(300, 4_000))
      wire.mend()
      return true
    },
  }
}

/** The log is full for a while. */
const FULL: Fault = {
  name: 'log full, then given room again',
  family: 'NATS',
  async strike(stage) {
    await stage.setLogRoom('none')
    const refused = 'the log does not take entries: fires are late, none is lost'
    const told = stage.instances.flatMap(({ process }) =>
      process === null ? [] : [process.said(refused, process.lines.items.length)],
    )
    const noticed = await Promise.race([
      Promise.race(told).then(() => true),
      stage.rest(CHANCE_MS).then(() => false),
    ])
    await stage.setLogRoom('plenty')
    return noticed
  },
}

/** Those of a single server. */
const SERVER: readonly Fault[] = [
  server('NATS killed and restarted', 'SIGKILL'),
  server('NATS stopped in order and restarted', 'SIGTERM'),
  {
    name: 'NATS frozen and thawed',
    family: 'NATS',
    async strike(stage) {
      await stage.single!.kill('SIGSTOP')
      await stage.rest(stage.random.between(500, 5_000))
      await stage.single!.kill('SIGCONT')
      return true
    },
  },
]

function server(name: string, signal: NodeJS.Signals): Fault {
  return {
    name,
    family: 'NATS',
    async strike(stage) {
      await stage.single!.kill(signal)
      await stage.rest(stage.random.between(0, 2_000))
      await stage.single!.restart()
      return true
    },
  }
}

export const ALONE: readonly Fault[] = [...PROCESSES, ...WIRES, ...SERVER, FULL]

/** Those of three servers; the streams whose leader is meant are drawn. */
const CLUSTER: readonly Fault[] = [
  node('NATS node that leads a stream killed and restarted', async (stage, leading) => {
    await leading.kill('SIGKILL')
    await stage.rest(stage.random.between(0, 3_000))
    await leading.start()
  }),
  node('NATS node that leads a stream frozen and thawed', async (stage, leading) => {
    leading.pause()
    await stage.rest(stage.random.between(1_000, 5_000))
    leading.resume()
  }),
  node('NATS node that leads a stream cut off', async (stage, leading) => {
    await stage.cluster!.cutOff(leading)
    await stage.rest(stage.random.between(1_000, 6_000))
    stage.cluster!.mend()
  }),
  {
    name: 'leader of a stream stepped down',
    family: 'cluster',
    async strike(stage) {
      await stage.cluster!.stepDown(drawStream(stage))
      return true
    },
  },
]

function node(
  name: string,
  act: (
    stage: Stage,
    leading: Awaited<ReturnType<NonNullable<Stage['cluster']>['leaderOf']>>,
  ) => Promise<void>,
): Fault {
  return {
    name,
    family: 'cluster',
    async strike(stage) {
      const cluster = stage.cluster!
      await act(stage, await cluster.leaderOf(drawStream(stage)))
      // A second node must not go before the first is whole again: two of three is no cluster.
      await cluster.untilReady(streamsOf(stage))
      return true
    },
  }
}

function streamsOf({ connection: { names } }: Stage): readonly string[] {
  return [names.fires, `KV_${names.lease}`, `KV_${names.live}`]
}

function drawStream(stage: Stage): string {
  return stage.random.pick(streamsOf(stage).slice(0, 2))
}

export const TOGETHER: readonly Fault[] = [
  ...CLUSTER,
  ...CLUSTER,
  ...PROCESSES.filter(({ name }) => /killed|until another/.test(name)),
  ...WIRES,
]

/** Fires and renewals are struck on three replicas too, where each answer takes a quorum. */
export const BORDERS_OF_THE_LOG = BORDERS.filter(({ name }) => /at (a fire|the lease):/.test(name))

/** Those that destroy what was stored. */
export const DESTRUCTIONS: readonly Fault[] = [
  {
    name: 'log deleted and created anew',
    family: 'operator',
    async strike(stage) {
      await stage.deleteLog()
      return true
    },
  },
  {
    name: 'log deleted and created anew while the leader stands still',
    family: 'operator',
    async strike(stage) {
      const leader = await stage.leader()
      leader.process?.signal('SIGSTOP')
      await stage.deleteLog()
      await stage.rest(stage.random.between(0, 3_000))
      leader.process?.signal('SIGCONT')
      return true
    },
  },
  {
    name: 'old store restored',
    family: 'operator',
    async strike(stage) {
      const restore = await stage.backUp()
      await stage.current()
      await stage.rest(stage.random.between(500, 4_000))
      await restore()
      return true
    },
  },
  ...PROCESSES.filter(({ name }) => name === 'leader killed'),
]

async function backAgain(stage: Stage, instance: Instance): Promise<void> {
  await Promise.race([instance.ended(), stage.rest(CHANCE_MS)])
  // One that was asked to stop and does not must not hold everything up.
  if (instance.process !== null) instance.killNow()
  await instance.ended()
  stage.revive()
}
