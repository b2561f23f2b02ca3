import type { Problem } from '../errors.ts'
import { problem } from '../errors.ts'
import type { Identity } from '../names.ts'
import { checkData, dataSchemaOf } from './check-data.ts'
import { checkDocument } from './check-document.ts'
import { checkSchedule } from './check-schedule.ts'
import type { CompiledDataSchema } from './data-schema.ts'
import { effectiveSchedule } from './effective-schedule.ts'
import { Memory } from './memory.ts'
import type { ManifestFile } from './parse-file.ts'
import { checkReferences } from './references.ts'
import { spotOf } from './schema-problems.ts'
import { locate, type TreeDocument } from './tree.ts'
import { type DocumentOf, TreeIndex } from './tree-index.ts'

/** What checking a tree remembers from the last time, by the digests of what each result was computed from. */
export class CheckMemory {
  readonly documents = new Memory<readonly Problem[]>()
  readonly schedules = new Memory<readonly Problem[]>()
  readonly schemas = new Memory<CompiledDataSchema>()
  /** Like all problems kept here without places: the same documents may stand elsewhere the next time. */
  readonly data = new Memory<readonly Problem[]>()

  turn(): void {
    for (const memory of [this.documents, this.schedules, this.schemas, this.data]) memory.turn()
  }
}

export interface CheckedTree {
  readonly index: TreeIndex
  readonly documents: readonly TreeDocument[]
  /** All problems, those of single files included. */
  readonly problems: readonly Problem[]
}

/**
 * Checks the documents of a tree among each other, as far as that needs no compiled schedule or calendar: identities,
 * references, each document's values, tenants' defaults and limits, data.
 */
export function checkTree(files: readonly ManifestFile[], memory: CheckMemory): CheckedTree {
  const problems: Problem[] = files.flatMap((file) => file.problems)
  const broken = new Set<Identity>(files.flatMap((file) => file.broken))
  const documents = files.flatMap((file) => file.documents)
  const index = new TreeIndex(documents)
  const report = (document: TreeDocument, found: readonly Problem[]): void => {
    for (const next of found) problems.push(placed(index, document, next))
  }

  const first = new Map<Identity, TreeDocument>()
  for (const document of documents) {
    const other = first.get(document.identity)
    if (other === undefined) first.set(document.identity, document)
    else report(document, [duplicate(document, other)])
  }

  for (const document of first.values()) {
    report(document, checkReferences(document, index, broken))
    report(
      document,
      memory.documents.recall(document.digest, () => checkDocument(document.manifest)),
    )
  }
  for (const schedule of index.all('Schedule')) {
    const tenant = index.tenant(schedule.tenant)
    const key = `${schedule.digest} ${tenant?.digest}`
    const { spec } = schedule.manifest
    const check = () => checkSchedule(spec, effectiveSchedule(spec, tenant?.manifest.spec))
    report(schedule, memory.schedules.recall(key, check))

    const job = index.find('Job', schedule.tenant, spec.job)
    if (job === undefined) continue
    const schemaOf = (owner: DocumentOf<'Job'>): CompiledDataSchema | undefined =>
      owner.manifest.spec.dataSchema === undefined
        ? undefined
        : memory.schemas.recall(owner.digest, () => dataSchemaOf(owner) as CompiledDataSchema)
    report(
      schedule,
      memory.data.recall(`${schedule.digest} ${job.digest}`, () => checkData(schedule, job, schemaOf)),
    )
  }
  for (const tenant of index.all('Tenant')) report(tenant, checkScheduleLimit(tenant, index))
  return { index, documents, problems }
}

/** A problem found while looking at `document`, with its place: there, or in the document that it says it is about. */
export function placed(index: TreeIndex, document: TreeDocument, found: Problem): Problem {
  if (found.position !== undefined) return found
  const other = found.identity === undefined ? undefined : index.get(found.identity as Identity)
  const blamed = other ?? document
  return { ...found, identity: blamed.identity, position: locate(blamed, found.path ?? [], spotOf(found)) }
}

function duplicate({ identity, kind }: TreeDocument, first: TreeDocument): Problem {
  const place = `${first.file}:${first.line}:${first.column}`
  return problem('duplicate-identity', `${identity} is already defined at ${place}`, {
    path: ['metadata', 'name'],
    expected: `a name that no other ${kind} of the tenant has`,
    found: place,
  })
}

function checkScheduleLimit(tenant: DocumentOf<'Tenant'>, index: TreeIndex): readonly Problem[] {
  const limit = tenant.manifest.spec.limits?.schedules
  if (limit === undefined) return []
  const count = index.all('Schedule').filter((schedule) => schedule.tenant === tenant.name).length
  if (count <= limit) return []
  return [
    problem('tenant-limit', `The tenant \`${tenant.name}\` has ${count} schedules`, {
      path: ['spec', 'limits', 'schedules'],
      expected: `at most ${limit}`,
      found: String(count),
    }),
  ]
}
