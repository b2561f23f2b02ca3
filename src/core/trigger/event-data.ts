/**
 * What a run is told of the message that asked for it. Whoever may publish to the stream writes it, hostile hands among
 * them: nothing of it becomes a subject or a name, and it can neither set the schedule's own data nor ask for a secret.
 * Sources of the rules: docs/spec/schedule.md, "Messages".
 */
import type { Data } from '../kinds.ts'
import { secretPaths } from '../manifest/data.ts'
import { err, ok, type Result } from '../result.ts'
import { shapeProblem } from './one-off-data.ts'

export interface ReceivedMessage {
  readonly stream: string
  readonly subject: string
  readonly sequence: number
  /** When the server stored it, epoch milliseconds. */
  readonly storedAt: number
  readonly payload: Uint8Array
}

export type MessageBody =
  /** `text`: as it was written, where a number in it would come out as another one; else null. */
  | { readonly kind: 'json'; readonly value: unknown; readonly text: string | null }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly payload: Uint8Array }

/** Larger ones are recorded as not fired. */
export const MOST_MESSAGE_BYTES = 256 * 1024

const MOST_DEPTH = 32

/** The body as what it is; an error is why no run can be given it. */
export function bodyOf(payload: Uint8Array): Result<MessageBody, string> {
  if (payload.length > MOST_MESSAGE_BYTES)
    return err(`the message has ${payload.length} bytes, and at most ${MOST_MESSAGE_BYTES} are taken`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload)
  } catch (thrown) {
    if (thrown instanceof TypeError) return ok({ kind: 'bytes', payload })
    throw thrown
  }
  if (depthOf(text) > MOST_DEPTH) return err(`the message is nested more than ${MOST_DEPTH} deep`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return ok({ kind: 'text', text })
    throw thrown
  }
  return ok({ kind: 'json', value, text: hasOnlyExactNumbers(text) ? null : text })
}

/** What the run finds as `event` in its data. */
export function eventDataOf(message: ReceivedMessage, body: MessageBody): Result<Data, string> {
  const { stream, subject, sequence, storedAt } = message
  const facts = { stream, subject, sequence, time: new Date(storedAt).toISOString() }
  switch (body.kind) {
    case 'text':
      return ok({ event: { ...facts, text: body.text } })
    case 'bytes':
      return ok({ event: { ...facts, base64: base64Of(body.payload) } })
    case 'json': {
      if (body.text !== null) return ok({ event: { ...facts, text: body.text } })
      const data = { event: { ...facts, data: body.value } }
      // A worker would look it up, and hand a stranger's job a secret that nobody in the tree has given it.
      if (secretPaths(data).length > 0)
        return err('the message has a `secretRef`, which only manifests may have')
      const shape = shapeProblem(data)
      return shape === null ? ok(data) : err(`the message: ${shape.message}`)
    }
  }
}

const STRING = /"(?:[^"\\]+|\\.)*"/g
const NUMBER = /-?[0-9][0-9.eE+-]*/g
const MOST_EXACT_DIGITS = 15

/** Without recursion, because the text may be made to exhaust it. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let isInString = false
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (isInString) {
      if (character === '\\') index += 1
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    else if (character === ']' || character === '}') depth -= 1
  }
  return deepest
}

function hasOnlyExactNumbers(text: string): boolean {
  const numbers = text.replace(STRING, '""').match(NUMBER) ?? []
  return numbers.every((written) => {
    const value = Number(written)
    if (/^-?[0-9]+$/.test(written)) return Number.isSafeInteger(value)
    const digits = written
      .replace(/[eE].*$/, '')
      .replace(/[-.]/g, '')
      .replace(/^0+/, '')
    return Number.isFinite(value) && digits.length <= MOST_EXACT_DIGITS && (value !== 0 || digits === '')
  })
}

function base64Of(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
