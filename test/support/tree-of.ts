import { parseFile } from '../../src/core/manifest/parse-file.ts'
import { type Tree, treeDigest } from '../../src/core/manifest/tree.ts'

/** A tree from YAML texts, for tests that need no files. Throws on what is not valid by its schema. */
export function treeOf(...texts: readonly string[]): Tree {
  const files = texts.map((text, index) => parseFile(text, `file-${index}.yaml`))
  const problems = files.flatMap((file) => file.problems)
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
  const documents = files
    .flatMap((file) => file.documents)
    .sort((a, b) => (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0))
  return { documents, digest: treeDigest(documents), warnings: [] }
}

const head = (kind: string, name: string): string =>
  `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`

/** An adapter and a job that schedules may name. */
export const ADAPTER_AND_JOB = `${head('Adapter', 'market')}spec: {}\n---\n${head('Job', 'import')}spec: {adapter: market, message: Import}\n`

/** A schedule of that job; `spec` is YAML in flow style without braces. */
export function scheduleText(name: string, spec: string): string {
  return `---\n${head('Schedule', name)}spec: {job: import, ${spec}}\n`
}

export function calendarText(name: string, spec: string): string {
  return `---\n${head('Calendar', name)}spec: {${spec}}\n`
}
