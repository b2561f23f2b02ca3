import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERROR_CODES, PROBLEM_CODES } from '../../src/core/error-codes.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [code = '', ...lines] = section.split(/^## /m)[0]!.split('\n')
      return [code, lines.filter((line) => line !== '')] as const
    }),
)

it('explains every code that belfry can report, and no other', () => {
  expect([...sections.keys()].sort()).toEqual([...PROBLEM_CODES, ...ERROR_CODES].sort())
})

it('says of every code what it means, what causes it and what cures it', () => {
  const incomplete = [...sections].filter(([, lines]) =>
    ['Meaning', 'Cause', 'Cure'].some((part) => !lines.some((line) => line.startsWith(part))),
  )
  expect(incomplete.map(([code]) => code)).toEqual([])
})

it('uses no code for two things', () => {
  expect(page.match(/^### .+$/gm)).toHaveLength(sections.size)
})
