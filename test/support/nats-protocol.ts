/** One piece of the NATS protocol: a control line with its payload. Only the four that carry messages have a subject. */
export interface Frame {
  readonly verb: string
  readonly subject: string
  /** Where an answer is wanted; empty for none. */
  readonly reply: string
  /** All of its bytes. */
  readonly bytes: Buffer
}

const WITH_PAYLOAD = new Set(['PUB', 'HPUB', 'MSG', 'HMSG'])
const EMPTY = Buffer.alloc(0)

/** Cuts a stream of bytes, in either direction, into frames. */
export class FrameReader {
  #rest: Buffer = EMPTY

  read(bytes: Buffer): readonly Frame[] {
    const frames: Frame[] = []
    let buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    for (;;) {
      const lineEnd = buffer.indexOf('\r\n')
      if (lineEnd < 0) break
      const tokens = buffer.toString('latin1', 0, lineEnd).split(/\s+/)
      const verb = tokens[0]!.toUpperCase()
      const size = WITH_PAYLOAD.has(verb) ? Number(tokens.at(-1)) + 2 : 0
      const end = lineEnd + 2 + size
      if (buffer.length < end) break
      frames.push({ verb, ...addressOf(verb, tokens), bytes: buffer.subarray(0, end) })
      buffer = buffer.subarray(end)
    }
    this.#rest = buffer
    return frames
  }
}

/** `PUB subject [reply] size`, `HPUB subject [reply] headers size`; messages to clients have `sid` after the subject. */
function addressOf(verb: string, tokens: readonly string[]): { subject: string; reply: string } {
  if (!WITH_PAYLOAD.has(verb)) return { subject: '', reply: '' }
  const sizes = verb.startsWith('H') ? 2 : 1
  const before = verb.endsWith('MSG') ? 3 : 2
  const hasReply = tokens.length - sizes > before
  return { subject: tokens[1] ?? '', reply: hasReply ? tokens[before]! : '' }
}
