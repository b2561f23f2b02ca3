import type { Msg, MsgHdrs } from '@nats-io/nats-core'

const SAFE = /^[\x21\x23\x24\x26-\x7e]*$/
// Also after a percent sign of its own: `%` itself is encoded, so decoding never guesses.
const UNSAFE = /[^\x21\x23\x24\x26-\x7e]/gu

/**
 * Percent-encodes what a CloudEvents header may not hold as it is: blanks, double quotes, percent signs and everything
 * outside printable ASCII, as UTF-8 (CloudEvents HTTP binding 1.0.2, 3.1.3.2, to which the NATS binding refers).
 */
export function encodeHeaderValue(value: string): string {
  if (SAFE.test(value)) return value
  return value.replace(UNSAFE, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
}

/** The reverse. Text that is not validly encoded is returned as it is, because a foreign producer may not encode. */
export function decodeHeaderValue(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch (error) {
    if (error instanceof URIError) return value
    throw error
  }
}

/**
 * Headers that are bytes already. The client asks its headers for nothing but their bytes when it publishes; building
 * its own kind costs more than the rest of a publish.
 */
export class RawHeaders {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** `lines` are `Name: value`, each ended by CRLF. Names and values are ASCII. */
  static of(lines: string): RawHeaders {
    return new RawHeaders(Buffer.from(`NATS/1.0\r\n${lines}\r\n`, 'latin1'))
  }

  encode(): Uint8Array {
    return this.#bytes
  }

  /** As the client's type wants it. */
  forClient(): MsgHdrs {
    return this as unknown as MsgHdrs
  }
}

/** Reads one header; undefined if there is none of that name. Names are compared as they are written. */
export type HeaderReader = (name: string) => string | undefined

/**
 * A reader for a few headers of a message. The client parses all headers of a message, at ten times the cost of
 * finding the four that the log needs; where its messages are not as this version knows them, its own parser is used.
 */
export function headerReader(message: Msg): HeaderReader {
  const block = headerBlock(message)
  if (block === null) return (name) => message.headers?.get(name) || undefined
  return (name) => {
    const start = block.indexOf(`\r\n${name}:`)
    if (start === -1) return undefined
    const from = start + name.length + 3
    return block.slice(from, block.indexOf('\r\n', from)).trim()
  }
}

/** All header lines of a message as it was stored, each ended by CRLF, without the first line. */
export function headerLines(message: Msg): string {
  const block = headerBlock(message)
  if (block !== null) return block.slice(block.indexOf('\r\n') + 2).replace(/(\r\n)+$/, '\r\n')
  const lines: string[] = []
  for (const [name, values] of message.headers ?? [])
    for (const value of values) lines.push(`${name}: ${value}\r\n`)
  return lines.join('')
}

function headerBlock(message: Msg): string | null {
  const { _rdata: bytes, _msg: parts } = message as { _rdata?: unknown; _msg?: { hdr?: unknown } }
  const length = parts?.hdr
  if (!(bytes instanceof Uint8Array) || typeof length !== 'number' || length < 0) return null
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8')
}
