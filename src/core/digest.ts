import { hash } from 'node:crypto'

/**
 * JSON with keys sorted by code unit and no white space, so that equal values have equal text on every machine.
 * Values that JSON cannot hold (undefined, functions) are left out as `JSON.stringify` leaves them out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const record = value as Record<string, unknown>
    const members = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** SHA-256 over the canonical JSON, as 64 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return digestOfText(canonicalJson(value))
}

/** SHA-256 over the text's UTF-8 bytes, as 64 hexadecimal digits. */
export function digestOfText(text: string): string {
  return hash('sha256', text)
}

/** The first 32 bits of the SHA-256 over the text's UTF-8 bytes, from 0 to 4294967295. */
export function hash32Of(text: string): number {
  return Number.parseInt(hash('sha256', text).slice(0, 8), 16)
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * A token for an id that must be a KV key or a subject token: the first 26 characters (130 bits) of the lower-case
 * RFC 4648 base32 of its SHA-256.
 */
export function tokenOf(id: string): string {
  const digest = hash('sha256', id, 'buffer')
  let bits = 0
  let held = 0
  let text = ''
  for (const byte of digest) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      text += BASE32[(held >>> (bits - 5)) & 31]
      bits -= 5
      held &= (1 << bits) - 1
    }
    if (text.length >= 26) return text.slice(0, 26)
  }
  return text
}
