/**
 * What belfry writes to live state ends with a digest of itself, so that everybody can tell it from what another hand
 * has written there, without asking who wrote it. A seal finds changes; it keeps nobody from making them.
 */
import { digestOfText } from '../digest.ts'
import { DEFAULT_TENANT, type Identity, identityOf } from '../names.ts'
import type { AppliedRecord, LiveEntry } from './live-entry.ts'

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
  if (entry === null) return null
  const { kind, metadata } = entry.manifest
  return identityOf(kind, metadata.tenant ?? DEFAULT_TENANT, metadata.name) === identity ? entry : null
}

export function readApplied(text: string): AppliedRecord | null {
  return unsealed<AppliedRecord>(text)
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
