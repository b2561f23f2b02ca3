import { canonicalJson, digestOfText } from '../digest.ts'
import type { ProblemCode } from '../error-codes.ts'
import { type Path, type Problem, type ProblemDetails, problem } from '../errors.ts'
import { API_VERSION, KINDS, type Kind, type Manifest } from '../kinds.ts'
import { DEFAULT_TENANT, type Identity, identityOf, isName } from '../names.ts'
import { nearest } from '../nearest.ts'
import { LIMITS } from './limits.ts'
import { mend } from './mend.ts'
import { positionAt } from './positions.ts'
import { checkSchema } from './schema.ts'
import { spotOf } from './schema-problems.ts'
import type { TreeDocument } from './tree.ts'
import { oneOf, shown } from './wording.ts'
import { type YamlDocument, yamlDocuments } from './yaml-documents.ts'

/** What one file holds, looked at on its own. */
export interface ManifestFile {
  readonly file: string
  /** The documents that fit their schema. */
  readonly documents: readonly TreeDocument[]
  /** Documents with mistakes, as they would be without them: good for finding further mistakes, never part of a tree. */
  readonly mended: readonly TreeDocument[]
  /** Identities of all documents with mistakes: others may refer to them without being told that they do not exist. */
  readonly broken: readonly Identity[]
  readonly problems: readonly Problem[]
}

/** Reads the manifests of one file's text: YAML, then the schema of each document's kind. */
export function parseFile(text: string, file: string): ManifestFile {
  const yaml = yamlDocuments(text, file)
  const documents: TreeDocument[] = []
  const mended: TreeDocument[] = []
  const broken: Identity[] = []
  const problems: Problem[] = [...yaml.problems]
  for (const document of yaml.documents) {
    const read = readManifest(document, file)
    problems.push(...read.problems)
    if (read.document !== undefined) documents.push(read.document)
    else {
      if (read.identity !== undefined) broken.push(read.identity)
      if (read.mended !== undefined) mended.push(read.mended)
    }
  }
  return { file, documents, mended, broken, problems }
}

/** The same file under another name. */
export function renamed(parsed: ManifestFile, file: string): ManifestFile {
  if (parsed.file === file) return parsed
  return {
    file,
    broken: parsed.broken,
    documents: parsed.documents.map((document) => ({ ...document, file })),
    mended: parsed.mended.map((document) => ({ ...document, file })),
    problems: parsed.problems.map((found) =>
      found.position === undefined ? found : { ...found, position: { ...found.position, file } },
    ),
  }
}

interface ReadManifest {
  readonly document?: TreeDocument
  readonly mended?: TreeDocument | undefined
  readonly identity?: Identity | undefined
  readonly problems: readonly Problem[]
}

function readManifest(yaml: YamlDocument, file: string): ReadManifest {
  const { value } = yaml
  const kind = kindOf(value)
  const identity = kind === undefined ? undefined : nameOf(kind, value)
  const place = (found: Problem): Problem => ({
    ...found,
    ...(identity === undefined ? {} : { identity }),
    position: found.position ?? {
      file,
      ...positionAt(yaml.positions, value, found.path ?? [], spotOf(found)),
    },
  })
  const refuse = (found: readonly Problem[]): ReadManifest => ({
    identity,
    problems: limited(found.map(place), (hidden) =>
      place(problem('limit-exceeded', `${hidden} more problems in this document are not shown`)),
    ),
  })

  if (yaml.problems.length > 0) return refuse(yaml.problems)
  const head = checkHead(value)
  if (head !== undefined || kind === undefined) return refuse(head === undefined ? [] : [head])
  const shape = checkSchema(kind, value)
  if (shape.length > 0) {
    const mended = mend(yaml, shape)
    const sound = checkSchema(kind, mended.value).length === 0
    return { ...refuse(shape), mended: sound ? documentOf({ ...yaml, ...mended }, file) : undefined }
  }
  const document = documentOf(yaml, file)
  if (document !== undefined) return { document, problems: [] }
  const expected = `at most ${LIMITS.documentCharacters} characters as JSON`
  return refuse([problem('limit-exceeded', 'The document is too large', { expected })])
}

/** A document that fits its schema; undefined if it is too large. */
function documentOf({ value, positions, start }: YamlDocument, file: string): TreeDocument | undefined {
  const canonical = canonicalJson(value)
  if (canonical.length > LIMITS.documentCharacters) return undefined
  const manifest = value as Manifest
  const { kind } = manifest
  const { name } = manifest.metadata
  const tenant = tenantOf(manifest)
  const identity = identityOf(kind, tenant, name)
  return {
    identity,
    kind,
    tenant,
    name,
    manifest,
    digest: digestOfText(canonical),
    file,
    ...start,
    positions,
  }
}

/** A Tenant is named after itself: the tenant that it is about is its name. */
function tenantOf({ kind, metadata }: Manifest): string {
  return kind === 'Tenant' ? metadata.name : (metadata.tenant ?? DEFAULT_TENANT)
}

/** Whether this is a manifest at all, before any kind's schema has a say: otherwise one mistake would give many. */
function checkHead(value: unknown): Problem | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return about([], 'not-a-manifest', `The document is ${shown(value)}`, {
      expected: 'a mapping with apiVersion, kind, metadata and spec',
    })
  }
  const { apiVersion, kind } = value as Record<string, unknown>
  if (apiVersion === undefined && kind === undefined) {
    return about([], 'not-a-manifest', 'The document has neither `apiVersion` nor `kind`', {
      expected: `apiVersion: ${API_VERSION} and a kind`,
      cure: 'Keep files that are not manifests out of the tree, or in a folder whose name begins with a dot.',
    })
  }
  if (kind === undefined) {
    return about([], 'missing-key', 'The document has no `kind`', { expected: oneOf(KINDS) })
  }
  if (!KINDS.includes(kind as Kind)) {
    const suggestion = typeof kind === 'string' ? nearest(kind, KINDS) : undefined
    return about(['kind'], 'unknown-kind', `The kind ${shown(kind)} is unknown`, {
      expected: oneOf(KINDS),
      found: shown(kind),
      ...(suggestion === undefined ? {} : { suggestion }),
    })
  }
  if (apiVersion !== undefined && apiVersion !== API_VERSION) {
    return about(['apiVersion'], 'unknown-api-version', `\`apiVersion\` is ${shown(apiVersion)}`, {
      expected: API_VERSION,
      found: shown(apiVersion),
    })
  }
  return undefined
}

function about(path: Path, code: ProblemCode, message: string, details: ProblemDetails): Problem {
  return problem(code, message, { path, ...details })
}

function kindOf(value: unknown): Kind | undefined {
  const kind = member(value, 'kind')
  return KINDS.find((known) => known === kind)
}

function nameOf(kind: Kind, value: unknown): Identity | undefined {
  const name = member(member(value, 'metadata'), 'name')
  const tenant = kind === 'Tenant' ? name : (member(member(value, 'metadata'), 'tenant') ?? DEFAULT_TENANT)
  if (typeof name !== 'string' || typeof tenant !== 'string' || !isName(name) || !isName(tenant))
    return undefined
  return identityOf(kind, tenant, name)
}

function member(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined
}

function limited(problems: readonly Problem[], more: (hidden: number) => Problem): readonly Problem[] {
  const hidden = problems.length - LIMITS.problemsPerDocument
  return hidden <= 0 ? problems : [...problems.slice(0, LIMITS.problemsPerDocument), more(hidden)]
}
