/**
 * What belfry writes to live state ends with a digest of itself, so that everybody can tell it from what another hand
 * has written there, without asking who wrote it. A seal finds changes; it keeps nobody from making them.
 */
import { digestOfText } from '../digest.ts'
import { DEFAULT_TENANT, type Identity, identityOf } from '../names.ts'
import type { AppliedRecord, LiveEntry } from './live-entry.ts'

const FORMAT_WITHOUT_SEALS = 1
const HEXADECIMALS = 32
const BEFORE = ',"seal":"'
const AFTER = '"}'

/** The text of a value with its seal as the last member. */
export function sealed(value: LiveEntry | AppliedRecord): string {
  const text = JSON.stringify(value)
  return `${text.slice(0, -1)}${BEFORE}${sealOf(text)}${AFTER}`
}

/** The seal that this entry has in the store: it names one version of one object. */
export function sealOfEntry(entry: LiveEntry): string {
  return sealOf(JSON.stringify(entry))
}

/** The entry behind a key of live state; null unless belfry wrote just this text for just this object. */
export function readLiveEntry(identity: Identity, text: string): LiveEntry | null {
  const entry = unsealed<LiveEntry>(text)
  return entry !== null && identityOfManifest(entry) === identity ? entry : null
}

function identityOfManifest({ manifest: { kind, metadata } }: LiveEntry): Identity {
  return identityOf(kind, metadata.tenant ?? DEFAULT_TENANT, metadata.name)
}

export function readApplied(text: string): AppliedRecord | null {
  return unsealed<AppliedRecord>(text)
}

/**
 * An entry as a belfry without seals (format 1) wrote it for just this object; null if it is none, or was sealed once.
 */
export function readUnsealedEntry(identity: Identity, text: string): LiveEntry | null {
  const entry = objectFrom(text)
  const manifest = entry?.manifest
  if (entry === null || !isObject(manifest) || !isObject(manifest.metadata)) return null
  const { digest, source, revision, appliedAt, activeFrom, generation } = entry
  const isWhole =
    [digest, source, revision, manifest.kind, manifest.metadata.name].every(isText) &&
    [appliedAt, activeFrom, generation].every((value) => typeof value === 'number')
  return isWhole && identityOfManifest(entry as unknown as LiveEntry) === identity
    ? (entry as unknown as LiveEntry)
    : null
}

/** The same for the record of what was applied. */
export function readUnsealedApplied(text: string): AppliedRecord | null {
  const record = objectFrom(text)
  if (record === null || record.format !== FORMAT_WITHOUT_SEALS) return null
  const { revision, digest, digests, counts, appliedAt } = record
  const isWhole =
    isText(revision) &&
    isText(digest) &&
    Array.isArray(digests) &&
    isObject(counts) &&
    typeof appliedAt === 'number'
  if (!isWhole) return null
  return { ...record, counts: { renamed: 0, ...counts } } as unknown as AppliedRecord
}

function objectFrom(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const found: unknown = JSON.parse(text)
    return isObject(found) && !('seal' in found) ? found : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function unsealed<T>(text: string): T | null {
  const end = text.length - AFTER.length
  const begin = end - HEXADECIMALS - BEFORE.length
  if (begin < 1 || !text.endsWith(AFTER) || !text.startsWith(BEFORE, begin)) return null
  const body = `${text.slice(0, begin)}}`
  return sealOf(body) === text.slice(begin + BEFORE.length, end) ? (JSON.parse(body) as T) : null
}

function sealOf(text: string): string {
  return digestOfText(text).slice(0, HEXADECIMALS)
}
