import { type Path, type Problem, problem } from '../errors.ts'
import type { Kind, Manifest } from '../kinds.ts'
import { DEFAULT_TENANT, type Identity, identityOf } from '../names.ts'
import { nearest } from '../nearest.ts'
import { isMapping } from './data.ts'
import type { TreeDocument } from './tree.ts'
import type { TreeIndex } from './tree-index.ts'

/** A name in one document that means another one. */
export interface Reference {
  readonly kind: Kind
  readonly name: string
  readonly path: Path
}

/** Where names stand that mean other documents; `*` is every item of a list. A Tenant's defaults are its own references. */
const REFERENCES: Readonly<Record<Kind, readonly (readonly [kind: Kind, place: string])[]>> = {
  Adapter: [],
  Job: [['Adapter', 'spec.adapter']],
  Schedule: [
    ['Job', 'spec.job'],
    ['Calendar', 'spec.calendar'],
    ['Calendar', 'spec.triggers.*.session.calendar'],
    ['Job', 'spec.triggers.*.after.job'],
    ['Schedule', 'spec.triggers.*.after.schedule'],
  ],
  Calendar: [
    ['Calendar', 'spec.anyClosed.*'],
    ['Calendar', 'spec.allClosed.*'],
    ['Calendar', 'spec.difference.base'],
    ['Calendar', 'spec.difference.minus'],
    ['Calendar', 'spec.extends.base'],
    ['Calendar', 'spec.complement'],
  ],
  Tenant: [['Calendar', 'spec.defaults.calendar']],
}

/** The names in a document that mean others, as written. */
export function referencesOf(manifest: Manifest): readonly Reference[] {
  return REFERENCES[manifest.kind].flatMap(([kind, place]) =>
    textsAt(manifest, place.split('.'), []).map(({ text, path }) => ({ kind, name: text, path })),
  )
}

function textsAt(
  value: unknown,
  place: readonly string[],
  path: Path,
): readonly { text: string; path: Path }[] {
  const [step, ...rest] = place
  if (step === undefined) return typeof value === 'string' ? [{ text: value, path }] : []
  if (step === '*') {
    return Array.isArray(value) ? value.flatMap((item, index) => textsAt(item, rest, [...path, index])) : []
  }
  return isMapping(value) && Object.hasOwn(value, step) ? textsAt(value[step], rest, [...path, step]) : []
}

/**
 * The references of one document that lead nowhere. `broken` are documents that are there but have mistakes of their
 * own: they are told of once, not at every reference.
 */
export function checkReferences(
  { tenant }: TreeDocument,
  references: readonly Reference[],
  { index, broken }: { readonly index: TreeIndex; readonly broken: ReadonlySet<Identity> },
): readonly Problem[] {
  return references.flatMap(({ kind, name, path }) => {
    const tenants = kind === 'Calendar' && tenant !== DEFAULT_TENANT ? [tenant, DEFAULT_TENANT] : [tenant]
    const exists = tenants.some(
      (owner) => index.find(kind, owner, name) !== undefined || broken.has(identityOf(kind, owner, name)),
    )
    if (exists) return []
    const all = index.all(kind)
    const suggestion = nearest(
      name,
      all.filter((other) => tenants.includes(other.tenant)).map((other) => other.name),
    )
    const elsewhere = all.find((other) => other.name === name)
    return [
      problem('unknown-reference', `There is no ${kind} \`${name}\` in tenant \`${tenant}\``, {
        path,
        expected: `the name of ${kind === 'Adapter' ? 'an' : 'a'} ${kind} of tenant ${tenants.map((owner) => `\`${owner}\``).join(' or ')}`,
        found: name,
        ...(suggestion === undefined ? {} : { suggestion }),
        ...(elsewhere === undefined
          ? {}
          : { cure: `There is one in tenant \`${elsewhere.tenant}\`; names do not cross tenants.` }),
      }),
    ]
  })
}
