import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/core/manifest/limits.ts'
import { parseFile } from '../../src/core/manifest/parse-file.ts'
import { SCHEMAS } from '../../src/core/manifest/schemas.generated.ts'

const page = (name: string): string =>
  readFileSync(new URL(`../../docs/spec/${name}.md`, import.meta.url), 'utf8')

interface Schema {
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
}

/** All keys that a document of the kind can have below `spec`, free-form data left out. */
function keysOf(schema: Schema, file: string): readonly string[] {
  const inner = [
    ...(schema.allOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.items === undefined ? [] : [schema.items]),
  ]
  const below = inner.flatMap((part) => keysOf(part, file))
  if (schema.$ref !== undefined) {
    const [other, name = ''] = schema.$ref.split('#/definitions/')
    const owner = other === '' || other === undefined ? file : other
    const definitions = SCHEMAS[owner]?.definitions as Readonly<Record<string, Schema>>
    return keysOf(definitions[name] as Schema, owner)
  }
  return [
    ...below,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, member]) => [key, ...keysOf(member, file)]),
  ]
}

describe.each(['adapter', 'job', 'schedule', 'tenant'])('the page of the kind %s', (kind) => {
  const text = page(kind)

  it('names every field of the schema', () => {
    const file = `${kind}.v1.json`
    const spec = (SCHEMAS[file]?.properties as Readonly<Record<string, Schema>>).spec as Schema
    const keys = [...new Set(keysOf(spec, file))]
    expect(keys.length).toBeGreaterThan(2)
    expect(keys.filter((key) => !new RegExp(`\`[^\`]*\\b${key}\\b[^\`]*\``).test(text))).toEqual([])
  })

  it('shows manifests that are valid', () => {
    const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml as string)
    expect(examples.length).toBeGreaterThan(0)
    expect(examples.flatMap((yaml) => parseFile(yaml, `${kind}.md`).problems)).toEqual([])
  })
})

describe('the page of the tree', () => {
  it('shows a head that is valid', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page('tree')) ?? []
    expect(parseFile(yaml, 'tree.md')).toMatchObject({
      problems: [],
      documents: [{ name: 'zerodha', tenant: 'trading' }],
    })
  })

  it('lists the limits that hold', () => {
    const values = [
      ...page('tree').matchAll(/^\| [a-z][^|]* \| ([\d,]+) ?(MiB|Ki characters|bytes)? \|$/gm),
    ].map(([, number = '', unit]) => {
      const factor = unit === 'MiB' ? 1024 * 1024 : unit === 'Ki characters' ? 1024 : 1
      return Number(number.replaceAll(',', '')) * factor
    })
    const { problemsPerDocument: _, ...limits } = LIMITS
    expect(values.sort()).toEqual(Object.values(limits).sort())
  })
})
