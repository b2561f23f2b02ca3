/**
 * The loader thread: reads, parses and validates a tree away from the thread that fires, and sends back what changed.
 * It keeps what it has read; if it dies, the next one reads everything anew and nothing else is lost.
 */
import { isMainThread, type MessagePort, parentPort } from 'node:worker_threads'
import type { Problem } from '../core/errors.ts'
import type { Tree, TreeDocument } from '../core/manifest/tree.ts'
import { err, ok, type Result } from '../core/result.ts'
import { TreeLoader } from './tree-loader.ts'

export interface LoadRequest {
  readonly id: number
  readonly roots: readonly string[]
  readonly cwd: string
  readonly at: number
}

export interface LoadReply {
  readonly id: number
  /** What failed unexpectedly, if anything did. */
  readonly fault?: { readonly message: string; readonly stack: string | undefined }
  readonly result?: Result<TreeChange, readonly Problem[]>
}

/** A tree as the difference to the last one that was sent: copying ten thousand documents takes longer than reading one. */
export interface TreeChange {
  /** Per document: its index in the tree sent before, or the document itself. */
  readonly documents: readonly (number | TreeDocument)[]
  readonly digest: string
  readonly warnings: readonly Problem[]
}

/** Answers load requests one after the other, each against what was sent before. */
export function loadingService(): (request: LoadRequest, signal: AbortSignal) => Promise<LoadReply> {
  const loader = new TreeLoader()
  let sent = new Map<TreeDocument, number>()
  return async ({ id, roots, cwd, at }, signal) => {
    const loaded = await loader.load(roots, { cwd, at, signal })
    if (!loaded.ok) return { id, result: err(loaded.error) }
    const { documents, digest, warnings } = loaded.value
    const change = {
      documents: documents.map((document) => sent.get(document) ?? document),
      digest,
      warnings,
    }
    sent = new Map(documents.map((document, index) => [document, index]))
    return { id, result: ok(change) }
  }
}

/** The tree that a change makes of the one before. */
export function applyTreeChange(before: readonly TreeDocument[], change: TreeChange): Tree {
  const documents = change.documents.map((entry) =>
    typeof entry === 'number' ? (before[entry] as TreeDocument) : entry,
  )
  return { documents, digest: change.digest, warnings: change.warnings }
}

function serve(port: MessagePort): void {
  const answer = loadingService()
  // Whoever no longer wants an answer ends the thread.
  const never = new AbortController().signal
  let turn: Promise<void> = Promise.resolve()
  port.on('message', (request: LoadRequest) => {
    turn = turn.then(async () => {
      try {
        port.postMessage(await answer(request, never))
      } catch (thrown) {
        const { message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown))
        port.postMessage({ id: request.id, fault: { message, stack } } satisfies LoadReply)
      }
    })
  })
}

if (!isMainThread && parentPort !== null && process.argv.includes('--belfry-loader')) serve(parentPort)
