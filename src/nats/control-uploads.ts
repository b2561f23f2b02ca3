/**
 * Trees that are being sent to the leader, in chunks.
 *
 * Job: take chunks until a tree is whole. Invariants: never more is held than was announced, by at most a few clients at
 * once; a tree is handed out only whole, and as what its digest says. On failure of a client half-way, what it sent is
 * forgotten after a while.
 */
import { type Msg, nuid } from '@nats-io/nats-core'
import { BelfryError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { ApplyRequest } from '../ports/control.ts'
import { decodeTree, MOST_COMPRESSED_BYTES } from './control-tree.ts'
import { type BeginAnswer, type BeginRequest, versioned } from './control-wire.ts'

interface Upload {
  readonly request: BeginRequest
  readonly chunks: Map<number, Buffer>
  bytes: number
  touchedAt: number
}

const FORGOTTEN_MS = 60_000
const MOST_UPLOADS = 4

export class ControlUploads {
  readonly #clock: Clock
  readonly #uploads = new Map<string, Upload>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(message: Msg): BeginAnswer {
    const request = parseBegin(message)
    const now = this.#clock.monotonic()
    for (const [id, upload] of this.#uploads) {
      if (now - upload.touchedAt > FORGOTTEN_MS) this.#uploads.delete(id)
    }
    if (this.#uploads.size >= MOST_UPLOADS) {
      throw new BelfryError(
        'nats-unavailable',
        `${MOST_UPLOADS} applies are under way already: try again in a moment`,
      )
    }
    const upload = nuid.next()
    this.#uploads.set(upload, { request, chunks: new Map(), bytes: 0, touchedAt: now })
    return { upload }
  }

  receive(message: Msg): void {
    const [id = '', index = ''] = message.subject.split('.').slice(-2)
    const upload = this.#find(id)
    const bytes = Buffer.from(message.data)
    const number = Number(index)
    if (!Number.isInteger(number) || number < 0 || number >= upload.request.chunks) {
      throw new BelfryError('invalid-request', `there is no chunk ${index}`)
    }
    upload.bytes += bytes.length - (upload.chunks.get(number)?.length ?? 0)
    if (upload.bytes > upload.request.bytes)
      throw new BelfryError('invalid-request', 'more was sent than was announced')
    upload.chunks.set(number, bytes)
  }

  /** The request whose tree is now whole; nothing of it stays here. */
  async take(id: string): Promise<ApplyRequest> {
    const { request, chunks, bytes } = this.#find(id)
    this.#uploads.delete(id)
    if (chunks.size !== request.chunks || bytes !== request.bytes) {
      throw new BelfryError('invalid-request', `only ${chunks.size} of ${request.chunks} chunks have come`)
    }
    const { source, allowPrune, author } = request
    const whole = Buffer.concat([...chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk))
    return { source, allowPrune, author, tree: await decodeTree(whole) }
  }

  #find(id: string): Upload {
    const upload = this.#uploads.get(id)
    if (upload === undefined)
      throw new BelfryError('invalid-request', 'this upload is not known here (any more)')
    upload.touchedAt = this.#clock.monotonic()
    return upload
  }
}

function parseBegin(message: Msg): BeginRequest {
  const request = versioned(message)
  const { source, allowPrune, author, chunks, bytes } = request
  const valid =
    typeof source === 'string' &&
    typeof allowPrune === 'boolean' &&
    typeof author === 'string' &&
    Number.isInteger(chunks) &&
    Number.isInteger(bytes)
  if (!valid) throw new BelfryError('invalid-request', 'the request lacks a field')
  if ((bytes as number) > MOST_COMPRESSED_BYTES) {
    throw new BelfryError(
      'too-large',
      `the tree is ${bytes} bytes compressed; at most ${MOST_COMPRESSED_BYTES} can be applied at once`,
    )
  }
  return request as unknown as BeginRequest
}
