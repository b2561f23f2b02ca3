import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import type { ProblemCode } from '../error-codes.ts'
import { type Problem, type ProblemDetails, problem } from '../errors.ts'
import { LIMITS } from './limits.ts'
import { type LineColumn, POSITION_STRIDE, type PositionTable } from './positions.ts'

/** A JSON value that was read from YAML, and where each of its parts stands. */
export interface YamlValue {
  readonly value: unknown
  readonly positions: PositionTable
}

export interface YamlValueContext {
  readonly place: (offset: number) => LineColumn
  /** Collects what is wrong; `offset` is where. */
  readonly report: (offset: number, found: Problem) => void
}

/** The tags that YAML's core schema resolves by itself. Anything else would be a type that JSON does not have. */
const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

/** Keys that JavaScript orders as numbers, before all others. */
const INDEX_LIKE = /^(0|[1-9][0-9]{0,9})$/

/**
 * Turns a composed YAML node into plain JSON data and its table of positions. Aliases are expanded, within
 * `LIMITS.values`; duplicate keys, tags, merge keys, keys that are no texts and numbers that JSON cannot hold are
 * problems. Every problem is reported once; what it is about is left out of the value or null.
 */
export function yamlValue(root: Node | null, context: YamlValueContext): YamlValue {
  const conversion = new Conversion(context)
  const value = conversion.convert(root, { keyOffset: -1, offset: root?.range?.[0] ?? 0 })
  return { value, positions: Int32Array.from(conversion.rows) }
}

interface Place {
  readonly keyOffset: number
  readonly offset: number
}

/** Thrown to leave the recursion when a limit is passed; caught in `convert` of the root. */
const LIMIT_PASSED = Symbol('limit passed')

class Conversion {
  readonly rows: number[] = []
  readonly #context: YamlValueContext
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()

  constructor(context: YamlValueContext) {
    this.#context = context
  }

  convert(root: Node | null, place: Place): unknown {
    try {
      return this.#node(root, place)
    } catch (thrown) {
      if (thrown !== LIMIT_PASSED) throw thrown
      this.rows.length = 0
      this.#addRow(place)
      this.#closeRow(0)
      return null
    }
  }

  #node(node: Node | null, place: Place): unknown {
    if (node !== null && isAlias(node)) return this.#alias(node, place)
    const row = this.#addRow(place)
    const value = node === null ? null : this.#content(node, place)
    this.#closeRow(row)
    return value
  }

  #content(node: Node, place: Place): unknown {
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      this.#report(place.offset, 'unsupported-yaml', `The tag ${node.tag} is not supported`, {
        expected: 'plain YAML without tags',
        found: node.tag,
      })
      return null
    }
    if (!isMap(node) && !isSeq(node)) {
      this.#remember(node)
      return isScalar(node) ? this.#scalar(node, place) : null
    }
    if (this.#open.size >= LIMITS.depth) {
      this.#passLimit(place.offset, `Mappings and lists are nested deeper than ${LIMITS.depth} levels`)
    }
    this.#open.add(node)
    this.#remember(node)
    const value = isMap(node)
      ? this.#map(node, place)
      : node.items.map((item) => this.#item(item as Node, place))
    this.#open.delete(node)
    return value
  }

  #item(node: Node | null, around: Place): unknown {
    return this.#node(node, { keyOffset: -1, offset: node?.range?.[0] ?? around.offset })
  }

  #alias(alias: Alias, place: Place): unknown {
    const target = this.#anchors.get(alias.source)
    if (target === undefined || this.#open.has(target)) {
      const why = target === undefined ? 'has no anchor before it' : 'contains itself'
      this.#report(place.offset, 'invalid-yaml', `The alias *${alias.source} ${why}`, {
        found: `*${alias.source}`,
      })
      this.#closeRow(this.#addRow(place))
      return null
    }
    return this.#node(target, place)
  }

  #scalar(node: Scalar, place: Place): unknown {
    const { value, source } = node
    if (typeof value === 'number') {
      const whole = /^[-+]?[0-9]+$/.test(source ?? '') || Number.isInteger(value)
      if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
        this.#report(
          place.offset,
          'inexact-number',
          `${source ?? value} is not a number that JSON holds exactly`,
          {
            expected: 'a finite number of at most 15 digits',
            found: source ?? String(value),
            cure: 'Quote it if it is an identifier.',
          },
        )
        return null
      }
    }
    return value
  }

  #map(node: YAMLMap, place: Place): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    const first = this.rows.length
    const starts: { key: string; start: number }[] = []
    for (const pair of node.items as Pair<Node | null, Node | null>[]) {
      const key = this.#key(pair.key, place)
      if (key === undefined) continue
      const keyOffset = pair.key?.range?.[0] ?? place.offset
      if (Object.hasOwn(object, key)) {
        this.#report(keyOffset, 'duplicate-key', `The key \`${key}\` is there twice`, { found: key })
        continue
      }
      starts.push({ key, start: this.rows.length })
      object[key] = this.#node(pair.value, { keyOffset, offset: pair.value?.range?.[0] ?? keyOffset })
    }
    if (starts.some(({ key }) => INDEX_LIKE.test(key))) this.#reorder(first, starts, Object.keys(object))
    return object
  }

  /** Brings the rows of a mapping's members, written from row `first` on, into the order of `Object.keys`. */
  #reorder(first: number, starts: readonly { key: string; start: number }[], keys: readonly string[]): void {
    const slices = new Map<string, number[]>()
    starts.forEach(({ key, start }, index) => {
      slices.set(key, this.rows.slice(start, starts[index + 1]?.start))
    })
    this.rows.length = first
    for (const key of keys) for (const number of slices.get(key) ?? []) this.rows.push(number)
  }

  #key(node: Node | null, place: Place): string | undefined {
    const offset = node?.range?.[0] ?? place.offset
    const resolved = node !== null && isAlias(node) ? this.#anchors.get(node.source) : node
    if (!isScalar(resolved)) {
      this.#report(offset, 'unsupported-yaml', 'A key is a text, not a mapping or a list', {
        expected: 'a text',
      })
      return undefined
    }
    this.#remember(resolved)
    const key =
      typeof resolved.value === 'string' ? resolved.value : (resolved.source ?? String(resolved.value))
    if (key === '<<' && resolved.type === 'PLAIN') {
      this.#report(offset, 'unsupported-yaml', 'Merge keys (`<<`) are not supported', {
        found: '<<',
        cure: 'Write the keys out, or put what is common into the Job or the Tenant.',
      })
      return undefined
    }
    if (key === '__proto__') {
      this.#report(offset, 'unsupported-yaml', 'The key `__proto__` is not allowed', { found: key })
      return undefined
    }
    return key
  }

  #remember(node: Node): void {
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, node)
  }

  #addRow({ keyOffset, offset }: Place): number {
    const row = this.rows.length
    if (row >= LIMITS.values * POSITION_STRIDE) {
      this.#passLimit(offset, `The document has more than ${LIMITS.values} values, with its aliases expanded`)
    }
    const key = keyOffset < 0 ? { line: 0, column: 0 } : this.#context.place(keyOffset)
    const { line, column } = this.#context.place(offset)
    this.rows.push(key.line, key.column, line, column, 1)
    return row
  }

  #closeRow(row: number): void {
    this.rows[row + POSITION_STRIDE - 1] = (this.rows.length - row) / POSITION_STRIDE
  }

  #passLimit(offset: number, message: string): never {
    this.#report(offset, 'limit-exceeded', message, {})
    throw LIMIT_PASSED
  }

  #report(offset: number, code: ProblemCode, message: string, details: ProblemDetails): void {
    this.#context.report(offset, problem(code, message, details))
  }
}
