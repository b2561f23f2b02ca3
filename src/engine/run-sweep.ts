/**
 * Finds what no message tells of: runs whose notice was lost, and runs that nobody works on any more.
 *
 * Job: now and then compare the open runs with what the consumers say. Invariants: a run at or below its consumer's ack
 * floor is not delivered any more, and has ended or waits for the leader; a run that began and gave no sign for its
 * timeout and two acknowledgement waits is lost, which is told and keeps nobody waiting. On failure: the next sweep finds
 * the same.
 */
import type { OpenRun, RunPlace } from '../core/run/open-run.ts'
import type { AdapterConsumers, KnownConsumer } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type { RunJournal } from '../ports/run-journal.ts'
import type { OpenRuns } from './open-runs.ts'
import type { RunLimits } from './run-limits.ts'
import type { RunNotices } from './run-notices.ts'

export interface RunSweepOptions {
  readonly consumers: Pick<AdapterConsumers, 'list'>
  readonly journal: RunJournal
  readonly clock: Clock
  readonly instance: string
  readonly limitsOf: (place: RunPlace) => RunLimits
  readonly onLost: (run: OpenRun) => void
}

export const SWEEP_MS = 30_000
/** A notice may still be on its way. */
const GRACE_MS = 10_000
/** Of a job that sets no timeout. */
const LONGEST_RUN_MS = 24 * 3_600_000

export async function sweepRuns(
  open: OpenRuns,
  notices: RunNotices,
  { consumers, journal, clock, instance, limitsOf, onLost }: RunSweepOptions,
): Promise<void> {
  const now = clock.now()
  const floors = new Map((await consumers.list()).map((consumer) => [nameOf(consumer), consumer.ackFloor]))
  for (const run of [...open.all()]) {
    const waitsForLeader = run.state === 'failed' && run.retry?.by === 'leader'
    const floor = floors.get(nameOf(run)) ?? 0
    if (!waitsForLeader && run.sequence > 0 && run.sequence <= floor && now - run.signAt > GRACE_MS) {
      notices.addMissing(run)
      continue
    }
    const { timeoutMs, ackWaitMs } = limitsOf(run)
    if (run.state !== 'running' || now - run.signAt <= (timeoutMs ?? LONGEST_RUN_MS) + 2 * ackWaitMs) continue
    const { run: id, attempt, sequence, eventSequence } = run
    const facts = { run: id, attempt, at: new Date(now).toISOString(), instance, sequence, delivery: 0 }
    const told = await journal.append(run, { type: 'lost', ...facts }, eventSequence)
    if (told !== 'conflict') onLost(run)
  }
}

function nameOf({ tenant, adapter }: Pick<KnownConsumer, 'tenant' | 'adapter'>): string {
  return `${tenant}/${adapter}`
}
