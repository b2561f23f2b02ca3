/**
 * Folders (or single files) as the source of a tree.
 * Watching only ever says "look again": what is there is read by the next load, so a lost or doubled event costs at
 * most a wait until the next resync. A root that vanishes keeps being looked for; until it is back loads fail, and a
 * failed load changes nothing.
 */
import type { Problem } from '../core/errors.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { Result } from '../core/result.ts'
import type { Clock } from '../ports/clock.ts'
import type { TreeSource } from '../ports/source.ts'
import type { Logger } from '../ports/telemetry.ts'
import { ThreadedLoader } from './loader-thread-host.ts'
import { watchRoots } from './watch-roots.ts'

export interface FolderSourceOptions {
  readonly id: string
  /** Folders or files, relative to `cwd`. */
  readonly roots: readonly string[]
  readonly cwd: string
  readonly clock: Clock
  readonly logger: Logger
}

export class FolderSource implements TreeSource {
  readonly id: string
  readonly #options: FolderSourceOptions
  readonly #loader = new ThreadedLoader()
  #watching: Promise<void> | undefined

  constructor(options: FolderSourceOptions) {
    this.id = options.id
    this.#options = options
  }

  describe(): string {
    return this.#options.roots.join(', ')
  }

  load(signal: AbortSignal): Promise<Result<Tree, readonly Problem[]>> {
    const { roots, cwd, clock } = this.#options
    return this.#loader.load(roots, { cwd, at: clock.now(), signal })
  }

  /** Once per source. When `signal` aborts, the loader thread ends too. */
  watch(onChange: () => void, signal: AbortSignal): void {
    const { logger } = this.#options
    this.#watching = watchRoots({ ...this.#options, onChange, signal })
      .catch((cause: unknown) => {
        if (!signal.aborted)
          logger.error('watching the tree failed; changes are seen at each resync', {
            source: this.id,
            cause,
          })
      })
      .finally(() => this.#loader.close())
  }

  /** Resolves when watching has ended, after the signal of `watch` has aborted, and the loader thread is gone. */
  async closed(): Promise<void> {
    await this.#watching
    await this.#loader.close()
  }
}
