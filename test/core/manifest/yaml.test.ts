import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/core/manifest/limits.ts'
import { positionAt } from '../../../src/core/manifest/positions.ts'
import { yamlDocuments } from '../../../src/core/manifest/yaml-documents.ts'

function only(text: string) {
  const file = yamlDocuments(text, 'a.yaml')
  expect(file.problems).toEqual([])
  expect(file.documents).toHaveLength(1)
  return file.documents[0]!
}

function problemsOf(text: string) {
  const file = yamlDocuments(text, 'a.yaml')
  return [...file.problems, ...file.documents.flatMap(({ problems }) => problems)].map(
    ({ code, message, position }) => ({ code, message, at: `${position?.line}:${position?.column}` }),
  )
}

describe('reading YAML', () => {
  it('reads values as YAML 1.2 does: on, yes and times are texts', () => {
    const { value } = only('on: yes\ntime: 18:00\ndate: 2026-01-26\nday: 01-26\noctal: 010\nempty:\n')
    expect(value).toEqual({
      on: 'yes',
      time: '18:00',
      date: '2026-01-26',
      day: '01-26',
      octal: 10,
      empty: null,
    })
  })

  it('reads several documents and leaves out empty ones', () => {
    const { documents } = yamlDocuments(
      '# only a comment\n---\na: 1\n---\n---\n# nothing\n---\nb: 2\n',
      'a.yaml',
    )
    expect(documents.map(({ value, start }) => [value, start.line])).toEqual([
      [{ a: 1 }, 3],
      [{ b: 2 }, 8],
    ])
  })

  it('finds the same places with Windows line ends', () => {
    const { value, positions } = only('a: 1\r\nb:\r\n  - x\r\n  - y\r\n')
    expect(value).toEqual({ a: 1, b: ['x', 'y'] })
    expect(positionAt(positions, value, ['b', 1], 'value')).toEqual({ line: 4, column: 5 })
  })

  it('knows the place of every key and value, also where keys look like numbers', () => {
    const { value, positions } = only('a: 1\n10: {x: 1}\n2: [1,\n 2]\n')
    const places = [['a'], ['10'], ['10', 'x'], ['2'], ['2', 1]].map((path) => [
      positionAt(positions, value, path, 'key'),
      positionAt(positions, value, path, 'value'),
    ])
    expect(places).toEqual([
      [
        { line: 1, column: 1 },
        { line: 1, column: 4 },
      ],
      [
        { line: 2, column: 1 },
        { line: 2, column: 5 },
      ],
      [
        { line: 2, column: 6 },
        { line: 2, column: 9 },
      ],
      [
        { line: 3, column: 1 },
        { line: 3, column: 4 },
      ],
      [
        { line: 4, column: 2 },
        { line: 4, column: 2 },
      ],
    ])
  })

  it('gives the nearest written place for what is not there', () => {
    const { value, positions } = only('a:\n  b: 1\n')
    expect(positionAt(positions, value, ['a', 'c', 0], 'value')).toEqual({ line: 2, column: 3 })
  })

  it('expands aliases and points at where they are used', () => {
    const { value, positions } = only('base: &base {k: [1, 2]}\nuse: *base\n')
    expect(value).toEqual({ base: { k: [1, 2] }, use: { k: [1, 2] } })
    expect(positionAt(positions, value, ['use'], 'value')).toEqual({ line: 2, column: 6 })
    expect(positionAt(positions, value, ['use', 'k', 1], 'value')).toEqual({ line: 1, column: 21 })
  })

  it('reads the other documents of a file in which one is broken', () => {
    const { documents } = yamlDocuments('a: b: c\n---\nok: 1\n', 'a.yaml')
    expect(documents.map(({ problems }) => problems.length)).toEqual([1, 0])
    expect(documents[1]!.value).toEqual({ ok: 1 })
  })
})

describe('YAML that is refused', () => {
  it.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', 'duplicate-key', '3:1'],
    ['a tab as indentation', 'a:\n\t- b\n', 'invalid-yaml', '2:1'],
    ['a quote that is never closed, where it opens', 'a: 1\nb: "x\nc: 2\n', 'invalid-yaml', '2:4'],
    ['an unknown alias', 'a: *nope\n', 'invalid-yaml', '1:4'],
    ['an alias inside its own anchor', 'a: &a [*a]\n', 'invalid-yaml', '1:8'],
    ['a merge key', 'x: &x {k: 1}\ny:\n  <<: *x\n', 'unsupported-yaml', '3:3'],
    ['a tag of its own', 'a: !secret x\n', 'unsupported-yaml', '1:12'],
    ['a binary value', 'a: !!binary aGk=\n', 'unsupported-yaml', '1:13'],
    ['the key __proto__', 'a: 1\n__proto__: {polluted: true}\n', 'unsupported-yaml', '2:1'],
    ['a mapping as a key', '? {a: 1}\n: b\n', 'unsupported-yaml', '1:3'],
    ['YAML 1.1', '%YAML 1.1\n---\na: yes\n', 'unsupported-yaml', '2:1'],
    ['a number that JSON would change', 'account: 12345678901234567890\n', 'inexact-number', '1:10'],
    ['infinity', 'a: .inf\n', 'inexact-number', '1:4'],
    ['a NUL byte', 'a: x\nb: \u0000\n', 'invalid-yaml', '2:4'],
    ['an escape sequence for terminals', 'a: \u001b[31mred\n', 'invalid-yaml', '1:4'],
  ])('%s', (_, text, code, at) => {
    expect(problemsOf(text)).toEqual([{ code, message: expect.any(String), at }])
  })

  it('changes no prototype', () => {
    only('constructor: {prototype: {a: 1}}\ntoString: x\n')
    problemsOf('__proto__: {polluted: true}\n')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('input that means harm', () => {
  it('refuses an alias bomb at its first level beyond the limit', () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(`*${of}`).join(', ')}]`
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x, x]',
      ...'bcdefghijk'.split('').map((name, index) => level(name, 'abcdefghij'[index]!)),
    ]
    expect(problemsOf(bomb.join('\n'))).toEqual([
      {
        code: 'limit-exceeded',
        message: expect.stringContaining(`${LIMITS.values} values`),
        at: expect.any(String),
      },
    ])
  })

  it.each([
    ['flow lists', '['.repeat(500_000)],
    ['flow mappings', '{a: '.repeat(300_000)],
    ['block lists', '- '.repeat(500_000)],
    ['block mappings', Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('refuses %s nested beyond the limit without running out of stack', (_, text) => {
    expect(problemsOf(text)).toEqual([
      { code: 'limit-exceeded', message: expect.stringContaining('nested'), at: expect.any(String) },
    ])
  })

  it('refuses nesting that aliases build up', () => {
    const chain = Array.from(
      { length: LIMITS.depth + 2 },
      (_, index) => `a${index}: &a${index} [${index === 0 ? 'x' : `*a${index - 1}`}]`,
    )
    expect(problemsOf(chain.join('\n')).map(({ code }) => code)).toEqual(['limit-exceeded'])
  })

  it('reads as many levels as the limit allows', () => {
    const depth = LIMITS.depth
    expect(problemsOf(`${'['.repeat(depth)}${']'.repeat(depth)}`)).toEqual([])
    expect(problemsOf(`${'['.repeat(depth + 1)}${']'.repeat(depth + 1)}`)).toHaveLength(1)
  })

  it('refuses a file of more documents than the limit', () => {
    expect(problemsOf('---\na\n'.repeat(LIMITS.documents + 1)).map(({ code }) => code)).toEqual([
      'limit-exceeded',
    ])
  })

  it('finds a duplicate among very many keys', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`)
    expect(problemsOf([...keys, 'k7: 1'].join('\n'))).toEqual([
      { code: 'duplicate-key', message: expect.stringContaining('k7'), at: '20001:1' },
    ])
  })
})
