import { BelfryError } from '../core/errors.ts'
import { isName } from '../core/names.ts'

/** Reads the fields of a request that anybody may have written. Throws `invalid-request` that says which is wrong. */
export class RequestFields {
  readonly #body: Readonly<Record<string, unknown>>
  readonly #read = new Set<string>()

  constructor(body: unknown) {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw wrong('the request', 'an object')
    this.#body = body as Readonly<Record<string, unknown>>
  }

  /** Not blank, one line, and at most `most` characters. */
  text(name: string, most: number): string {
    const value = this.#take(name)
    const isGood = typeof value === 'string' && value.trim() !== '' && value.length <= most
    if (!isGood || /\p{Cc}/u.test(value)) throw wrong(name, `a text of 1 to ${most} characters on one line`)
    return value
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const found = values.find((each) => each === this.#take(name))
    if (found === undefined) throw wrong(name, `one of ${values.join(', ')}`)
    return found
  }

  /** Epoch milliseconds; null where it is null or left out. */
  optionalInstant(name: string): number | null {
    const value = this.#take(name)
    if (value === null || value === undefined) return null
    if (Number.isInteger(value) && Math.abs(value as number) <= LAST_INSTANT) return value as number
    throw wrong(name, 'an instant in epoch milliseconds, or null')
  }

  /** Epoch milliseconds. */
  instant(name: string): number {
    const instant = this.optionalInstant(name)
    if (instant === null) throw wrong(name, 'an instant in epoch milliseconds')
    return instant
  }

  /** The name of a manifest or tenant. */
  name(name: string): string {
    const value = this.#take(name)
    if (typeof value === 'string' && isName(value)) return value
    throw wrong(name, 'a name of lower-case letters, digits and hyphens')
  }

  flag(name: string): boolean {
    const value = this.#take(name)
    if (typeof value === 'boolean') return value
    throw wrong(name, 'true or false')
  }

  /** Null where it is null or left out. */
  optionalMapping(name: string): Readonly<Record<string, unknown>> | null {
    const value = this.#take(name)
    if (value === null || value === undefined) return null
    if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
    throw wrong(name, 'a JSON object, or null')
  }

  isAbsent(name: string): boolean {
    const value = this.#take(name)
    return value === null || value === undefined
  }

  /** A field that nobody reads may be a misspelt one that matters. */
  end(): void {
    const unknown = Object.keys(this.#body).find((name) => !this.#read.has(name))
    if (unknown !== undefined) {
      throw new BelfryError(
        'invalid-request',
        `the request has no field ${JSON.stringify(unknown).slice(0, 60)}`,
      )
    }
  }

  #take(name: string): unknown {
    this.#read.add(name)
    return Object.hasOwn(this.#body, name) ? this.#body[name] : undefined
  }
}

/** The last that a Date can hold. */
const LAST_INSTANT = 8.64e15

function wrong(name: string, expected: string): BelfryError {
  return new BelfryError('invalid-request', `${name} must be ${expected}`)
}
