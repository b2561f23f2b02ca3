import { type Path, type Problem, problem } from '../errors.ts'
import type { CalendarSpec, Kind, Manifest } from '../kinds.ts'
import { DEFAULT_TENANT, type Identity, identityOf } from '../names.ts'
import { nearest } from '../nearest.ts'
import type { TreeDocument } from './tree.ts'
import type { TreeIndex } from './tree-index.ts'

/** A name in one document that means another one. */
export interface Reference {
  readonly kind: Kind
  readonly name: string
  readonly path: Path
}

/** The names in a document that mean others, as written: a tenant's defaults are references of the Tenant. */
export function referencesOf(manifest: Manifest): readonly Reference[] {
  switch (manifest.kind) {
    case 'Job':
      return [{ kind: 'Adapter', name: manifest.spec.adapter, path: ['spec', 'adapter'] }]
    case 'Tenant': {
      const name = manifest.spec.defaults?.calendar
      return name === undefined ? [] : [{ kind: 'Calendar', name, path: ['spec', 'defaults', 'calendar'] }]
    }
    case 'Calendar':
      return calendarReferences(manifest.spec)
    case 'Schedule': {
      const { job, calendar, triggers } = manifest.spec
      const references: Reference[] = [{ kind: 'Job', name: job, path: ['spec', 'job'] }]
      if (calendar !== undefined)
        references.push({ kind: 'Calendar', name: calendar, path: ['spec', 'calendar'] })
      triggers.forEach((trigger, index) => {
        if (!('session' in trigger) || trigger.session.calendar === undefined) return
        const path = ['spec', 'triggers', index, 'session', 'calendar']
        references.push({ kind: 'Calendar', name: trigger.session.calendar, path })
      })
      return references
    }
    default:
      return []
  }
}

function calendarReferences(spec: CalendarSpec): readonly Reference[] {
  const calendar = (name: string | undefined, ...path: (string | number)[]): readonly Reference[] =>
    name === undefined ? [] : [{ kind: 'Calendar', name, path: ['spec', ...path] }]
  const list = (key: 'anyClosed' | 'allClosed') =>
    (spec[key] ?? []).flatMap((name, index) => calendar(name, key, index))
  return [
    ...list('anyClosed'),
    ...list('allClosed'),
    ...calendar(spec.difference?.base, 'difference', 'base'),
    ...calendar(spec.difference?.minus, 'difference', 'minus'),
    ...calendar(spec.extends?.base, 'extends', 'base'),
    ...calendar(spec.complement, 'complement'),
  ]
}

/**
 * The references of one document that lead nowhere. `broken` are documents that are there but have mistakes of their
 * own: they are told of once, not at every reference.
 */
export function checkReferences(
  document: TreeDocument,
  index: TreeIndex,
  broken: ReadonlySet<Identity>,
): readonly Problem[] {
  const { tenant } = document
  return referencesOf(document.manifest).flatMap(({ kind, name, path }) => {
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
        expected: `the name of a ${kind} of tenant ${tenants.map((owner) => `\`${owner}\``).join(' or ')}`,
        found: name,
        ...(suggestion === undefined ? {} : { suggestion }),
        ...(elsewhere === undefined
          ? {}
          : { cure: `There is one in tenant \`${elsewhere.tenant}\`; names do not cross tenants.` }),
      }),
    ]
  })
}
