/**
 * A number from 0 to 2^32 - 1 that is the same on every machine and in every release: schedules keep their hashed
 * times. FNV-1a over the UTF-16 code units, with Murmur3's finish so that near-equal names land far apart.
 */
export function hashOf(seed: string, salt: string): number {
  let hash = 0x811c9dc5
  const text = `${salt} ${seed}`
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
