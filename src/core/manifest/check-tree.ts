import type { Problem } from '../errors.ts'
import { problem } from '../errors.ts'
import type { Identity } from '../names.ts'
import { checkChains } from './check-chains.ts'
import { checkData, dataSchemaOf } from './check-data.ts'
import { checkDocument } from './check-document.ts'
import { checkPartitions } from './check-partitions.ts'
import { checkSchedule } from './check-schedule.ts'
import type { CompiledDataSchema } from './data-schema.ts'
import { effectiveSchedule } from './effective-schedule.ts'
import { Memory } from './memory.ts'
import type { ManifestFile } from './parse-file.ts'
import { checkReferences, type Reference, referencesOf } from './references.ts'
import { checkReplaces } from './replaced-names.ts'
import { spotOf } from './schema-problems.ts'
import { locate, type TreeDocument } from './tree.ts'
import { type DocumentOf, TreeIndex } from './tree-index.ts'

/** What checking a tree remembers from the last time. Problems are kept without places: those may have moved. */
export class CheckMemory {
  readonly references = new Memory<readonly Reference[]>()
  readonly documents = new Memory<readonly Problem[]>()
  readonly schedules = new Memory<readonly Problem[]>()
  readonly schemas = new Memory<CompiledDataSchema | undefined>()
  readonly data = new Memory<readonly Problem[]>()
}

export interface CheckedTree {
  readonly index: TreeIndex
  readonly documents: readonly TreeDocument[]
  /** Documents of the index that have mistakes: of them only what `isCertain` is told. */
  readonly mended: ReadonlySet<TreeDocument>
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
  const mended = new Set(files.flatMap((file) => file.mended))
  const index = new TreeIndex([...documents, ...mended])
  const report = reporter({ index, mended, problems })

  const first = new Map<Identity, TreeDocument>()
  for (const document of [...documents, ...mended]) {
    const other = first.get(document.identity)
    if (other === undefined) first.set(document.identity, document)
    else report(document, [duplicate(document, other)])
  }

  for (const document of first.values()) {
    const references = memory.references.recall(document, [], () => referencesOf(document.manifest))
    report(document, checkReferences(document, references, { index, broken }))
    report(
      document,
      memory.documents.recall(document, [], () => checkDocument(document.manifest)),
    )
  }
  for (const schedule of index.all('Schedule')) {
    const tenant = index.tenant(schedule.tenant)
    const { spec } = schedule.manifest
    const check = () => checkSchedule(spec, effectiveSchedule(spec, tenant?.manifest.spec))
    report(schedule, memory.schedules.recall(schedule, [tenant], check))

    const job = index.find('Job', schedule.tenant, spec.job)
    if (job === undefined) continue
    const schema = memory.schemas.recall(job, [], () => dataSchemaOf(job))
    report(
      schedule,
      memory.data.recall(schedule, [job], () => checkData(schedule, job, schema)),
    )
  }
  for (const job of index.all('Job')) {
    report(job, checkPartitions(job, index.find('Adapter', job.tenant, job.manifest.spec.adapter)))
  }
  for (const { schedule, problems: found } of checkReplaces(index)) report(schedule, found)
  for (const { about, found } of checkChains(index)) report(about, [found])
  for (const tenant of index.all('Tenant')) report(tenant, checkScheduleLimit(tenant, index))
  return { index, documents, mended, problems }
}

/** What is wrong in itself, whatever stood where a document was mended. */
const CERTAIN: ReadonlySet<string> = new Set([
  'unknown-reference',
  'duplicate-identity',
  'unknown-zone',
  'invalid-cron',
  'cron-never-fires',
  'invalid-rrule',
  'invalid-duration',
  'invalid-instant',
  'invalid-time-of-day',
  'invalid-date',
  'invalid-secret-reference',
  'invalid-data-schema',
])

/** Whether a problem of a mended document is one of the document as written, and not of the mending. */
function isCertain({ code }: Problem): boolean {
  return CERTAIN.has(code)
}

/** Adds the problems found while looking at a document, with their places; of a mended one those that are certain. */
export function reporter({
  index,
  mended,
  problems,
}: {
  readonly index: TreeIndex
  readonly mended: ReadonlySet<TreeDocument>
  readonly problems: Problem[]
}): (document: TreeDocument, found: readonly Problem[]) => void {
  return (document, found) => {
    for (const next of found) {
      if (!mended.has(document)) problems.push(placed(index, document, next))
      else if (isCertain(next)) {
        // Mending may have moved items of lists: the place is right, the path might not be.
        const { path: _, ...rest } = placed(index, document, next)
        problems.push(rest)
      }
    }
  }
}

/** A problem found while looking at `document`, with its place: there, or in the document that it says it is about. */
function placed(index: TreeIndex, document: TreeDocument, found: Problem): Problem {
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
