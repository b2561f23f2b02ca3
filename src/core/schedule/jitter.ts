/**
 * How long after its nominal time a fire's timer goes off: the same on every machine and after every restart, spread
 * evenly over [0, limit) in whole milliseconds.
 */
export function jitterOf(seed: number, nominal: number, limitMs: number): number {
  if (limitMs <= 1) return 0
  // Two rounds of a 32-bit mixer (the constants of MurmurHash3's finaliser, public domain) over both halves of the time.
  let hash = seed ^ Math.floor(nominal / 0x1_0000_0000)
  hash = mix(hash)
  hash = mix(hash ^ (nominal >>> 0))
  return Math.floor((hash / 0x1_0000_0000) * limitMs)
}

/** A seed from an identity (FNV-1a, 32 bits). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
