/**
 * Applying a tree once, from a process that is not part of the installation: the leader does it; where nobody leads,
 * this process leads for just as long as it takes.
 */
import { userInfo } from 'node:os'
import { BelfryError } from '../core/errors.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { PruneLimit } from '../core/plan/guard.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { Connection } from '../nats/connection.ts'
import { createControlClient } from '../nats/control-client.ts'
import type { ApplyReply } from '../ports/control.ts'
import type { Logger } from '../ports/telemetry.ts'
import { type NatsAccess, startBelfry } from './belfry.ts'
import { treeHandler } from './tree-handler.ts'

export interface SendTreeOptions {
  readonly nats: NatsAccess
  readonly source: string
  readonly tree: Tree
  readonly pruneLimit: PruneLimit
  /** The limit was given for this apply, and lifts the leader's own. */
  readonly allowPrune: boolean
  readonly instance: string
  readonly replicas?: number
  readonly logBytes?: number
  readonly logger: Logger
  readonly signal: AbortSignal
}

export async function sendTree(options: SendTreeOptions): Promise<ApplyReply> {
  const { nats, source, tree, allowPrune, logger, signal } = options
  const connection = await Connection.open({ ...nats, clock: systemClock, logger, name: 'belfry apply' })
  try {
    const author = userInfo().username
    return await createControlClient({ connection }).apply({ source, tree, allowPrune, author }, signal)
  } catch (error) {
    if (!(error instanceof BelfryError) || error.code !== 'no-leader') throw error
  } finally {
    await connection.close()
  }
  return leadAndApply(options)
}

/** Takes the lease, fires what is due meanwhile, applies, and hands the lease back. */
async function leadAndApply(options: SendTreeOptions): Promise<ApplyReply> {
  const { nats, instance, pruneLimit, logger, source, tree, allowPrune, replicas, logBytes, signal } = options
  let nowLeading: () => void = () => undefined
  const leading = new Promise<void>((resolve) => {
    nowLeading = resolve
  })
  const belfry = await startBelfry({
    nats,
    instance,
    pruneLimit,
    source: null,
    logger,
    onLeading: () => nowLeading(),
    ...(replicas === undefined ? {} : { replicas }),
    ...(logBytes === undefined ? {} : { logBytes }),
  })
  try {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener(
        'abort',
        () => reject(new BelfryError('no-leader', 'stopped before it could lead')),
        { once: true },
      )
    })
    await Promise.race([leading, aborted])
    await belfry.scheduler.settled()
    return await treeHandler(belfry.scheduler, pruneLimit).apply({
      source,
      tree,
      allowPrune,
      author: instance,
    })
  } finally {
    await belfry.stop()
  }
}
