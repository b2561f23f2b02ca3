/**
 * All through which an instance writes the log: its positions, its end, the writers, and the time of its server.
 *
 * Invariant: nothing is written while the log is suspected to have lost its end, but what brings that end back.
 */
import type { Fire, LogEntry } from '../core/trigger/log-entry.ts'
import { alarmBell } from './alarm-bell.ts'
import { FireWriter, type Writable } from './fire-writer.ts'
import { LogPositions } from './log-positions.ts'
import { LogTail } from './log-tail.ts'
import { LostTail } from './lost-tail.ts'
import { OneOffWriter } from './one-off-writer.ts'
import type { SchedulerOptions } from './scheduler-options.ts'
import { ServerTime } from './server-time.ts'
import type { Sent } from './tail-entry.ts'

export interface LogParts {
  readonly serverTime: ServerTime
  readonly positions: LogPositions
  readonly lostTail: LostTail
  readonly writer: FireWriter
  readonly oneOffWriter: OneOffWriter
  /** Whether a new entry may be written right now. To be asked immediately before each one. */
  readonly mayWrite: () => boolean
}

export interface LogPartsOptions {
  readonly options: SchedulerOptions
  /** Whether this instance leads and trusts itself right now. */
  readonly mayLead: () => boolean
  /** A fire or one-off of this instance is stored. */
  readonly onFire: (entry: Fire, sequence: number) => void
}

export function assembleLog({ options, mayLead, onFire }: LogPartsOptions): LogParts {
  const { clock, log, logger, events } = options
  const serverTime = new ServerTime({
    log,
    clock,
    logger,
    onSkew: (skewMs) =>
      events.emit({
        type: 'alarm',
        name: 'clock-skew',
        facts: { instance: options.instance, skewMs: Math.round(skewMs) },
      }),
  })
  const tail = new LogTail(clock, () => serverTime.now())
  const positions = new LogPositions(log, tail)
  const mayWrite = (): boolean => mayLead() && !lostTail.isSuspicious
  const alarm = alarmBell(clock, (name, facts) => {
    logger.error('the log does not take entries: fires are late, none is lost', { alarm: name, ...facts })
    events.emit({ type: 'alarm', name, facts })
  })
  // What a crash of the server takes is stored again from the tail.
  const wrote = (entry: LogEntry, sequence: number, sent: Sent): void => {
    tail.wrote(entry, sequence, sent)
    lostTail.acknowledged(sequence, sent)
    if (entry.kind === 'fire') onFire(entry, sequence)
  }
  const onStored = ({ content }: Writable, sequence: number, sent: Sent): void => {
    if ('kind' in content) wrote(content, sequence, sent)
  }
  const reached = (): number => positions.reached
  const onBehind = async (signal: AbortSignal): Promise<boolean> => {
    await lostTail.examine(signal)
    return true
  }
  const writer = new FireWriter({ log, clock, mayWrite, onAlarm: alarm, reached, onStored, onBehind })
  const lostTail = new LostTail({
    log,
    tail,
    positions,
    clock,
    logger,
    writer: new FireWriter({
      log,
      clock,
      mayWrite: mayLead,
      onAlarm: alarm,
      reached,
      onStored: (entry, sequence, sent) => {
        tail.brought(entry, sequence, sent)
        lostTail.acknowledged(sequence, sent)
      },
      // What was just stored again is lost again: it begins anew, from the first that is missing.
      onBehind: () => Promise.resolve(false),
    }),
    answered: async () => {
      await Promise.all([writer.answered(), oneOffWriter.answered()])
    },
    onLoss: (facts) => events.emit({ type: 'alarm', name: 'log-lost', facts }),
  })
  const oneOffWriter = new OneOffWriter({ log, clock, mayWrite, onAlarm: alarm, reached, onStored: wrote })
  return { serverTime, positions, lostTail, writer, oneOffWriter, mayWrite }
}
