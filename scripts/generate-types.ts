/**
 * Writes what is generated from schemas/: the types of the manifests, and the schemas themselves as a module, because
 * the pure core cannot read files. `--check` writes nothing and fails if a checked-in file is stale.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, type JSONSchema } from 'json-schema-to-typescript'
import ts from 'typescript'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const schemaFolder = join(root, 'schemas')
const TYPES = 'src/core/kinds.generated.ts'
const SCHEMAS = 'src/core/manifest/schemas.generated.ts'
/** The union through which the generator reaches every kind; kinds.ts has the real one. */
const ROOT = 'AnyManifest'
const BANNER = '// Generated from schemas/ by `npm run generate`. Do not edit.\n'

/**
 * Makes every property, index signature, array and tuple `readonly`. A "not empty" tuple (`[T, ...T[]]`) becomes a plain
 * array: emptiness is for the validation to find, and code that builds manifests keeps working with lists.
 */
function readonlyTypes(source: string): string {
  const file = ts.createSourceFile('types.ts', source, ts.ScriptTarget.Latest, true)
  const edits: { from: number; to: number; text: string }[] = []
  const insert = (at: number, text: string) => edits.push({ from: at, to: at, text })
  const visit = (node: ts.Node): void => {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === ROOT) {
      edits.push({ from: node.getStart(file), to: node.getEnd(), text: '' })
      return
    }
    if (ts.isPropertySignature(node) || ts.isIndexSignatureDeclaration(node)) {
      insert(node.getStart(file, false), 'readonly ')
    } else if (ts.isTupleTypeNode(node) && node.elements.at(-1)?.kind === ts.SyntaxKind.RestType) {
      const rest = node.elements.at(-1) as ts.RestTypeNode
      edits.push({ from: node.getStart(file), to: rest.type.getStart(file), text: '' })
      edits.push({ from: rest.type.getEnd(), to: node.getEnd(), text: '' })
      visit(rest.type)
      return
    } else if (ts.isArrayTypeNode(node) || ts.isTupleTypeNode(node)) {
      const nested = ts.isArrayTypeNode(node.parent)
      insert(node.getStart(file, false), nested ? '(readonly ' : 'readonly ')
      if (nested) insert(node.getEnd(), ')')
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  edits.sort((a, b) => b.from - a.from || b.to - a.to)
  let text = source
  for (const edit of edits) text = text.slice(0, edit.from) + edit.text + text.slice(edit.to)
  return text.trimStart()
}

async function generateTypes(kinds: readonly string[]): Promise<string> {
  const everyKind: JSONSchema = {
    title: ROOT,
    oneOf: kinds.map((name) => ({ $ref: name })),
  }
  const source = await compile(everyKind, ROOT, {
    cwd: `${schemaFolder}/`,
    bannerComment: '',
    additionalProperties: false,
    maxItems: 2,
    format: true,
    style: { semi: false, singleQuote: true, printWidth: 110 },
    unknownAny: true,
  })
  return `${BANNER}\n${readonlyTypes(source).replaceAll(/\[k: string\]/g, '[key: string]')}`
}

async function generateSchemas(names: readonly string[]): Promise<string> {
  const entries = await Promise.all(
    names.map(async (name) => {
      const schema: unknown = JSON.parse(await readFile(join(schemaFolder, name), 'utf8'))
      return `  ${JSON.stringify(name)}: ${JSON.stringify(schema, null, 2).replaceAll('\n', '\n  ')},\n`
    }),
  )
  return (
    `${BANNER}import type { JsonSchema } from './json-schema.ts'\n\n` +
    '/** The files of schemas/ by name, which is also how they refer to each other. */\n' +
    `export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {\n${entries.join('')}}\n`
  )
}

const names = (await readdir(schemaFolder)).filter((name) => name.endsWith('.v1.json')).sort()
const kinds = names.filter((name) => name !== 'common.v1.json' && name !== 'manifest.v1.json')
const outputs = new Map([
  [TYPES, await generateTypes(kinds)],
  [SCHEMAS, await generateSchemas(names.filter((name) => name !== 'manifest.v1.json'))],
])
for (const [path, text] of outputs) {
  const present = await readFile(join(root, path), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return ''
    throw cause
  })
  if (present === text) continue
  if (process.argv.includes('--check')) {
    process.exitCode = 1
    process.stderr.write(`${path} is stale: run \`npm run generate\` and commit the result.\n`)
  } else {
    await writeFile(join(root, path), text)
    process.stdout.write(`${path} written\n`)
  }
}
