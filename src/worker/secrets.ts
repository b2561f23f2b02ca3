import { isMapping } from '../core/manifest/data.ts'

/** Finds a secret by the name that manifests call it; undefined: there is none. */
export type Secrets = (name: string) => string | undefined | Promise<string | undefined>

/** Reads `BELFRY_SECRET_<NAME>`, where a name's dots and hyphens may be underscores. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  return (name) =>
    environment[`BELFRY_SECRET_${name}`] ?? environment[`BELFRY_SECRET_${name.replace(/[.-]/g, '_')}`]
}

/** The data with every `{secretRef: NAME}` replaced. Throws for a secret that is not to be found. */
export async function withSecrets(data: unknown, secrets: Secrets): Promise<unknown> {
  if (Array.isArray(data)) return Promise.all(data.map((item) => withSecrets(item, secrets)))
  if (!isMapping(data)) return data
  if (typeof data.secretRef === 'string' && Object.keys(data).length === 1) {
    const secret = await secrets(data.secretRef)
    if (secret === undefined) throw new Error(`the worker has no secret ${data.secretRef}`)
    return secret
  }
  const entries = Object.entries(data).map(async ([key, value]) => [key, await withSecrets(value, secrets)])
  return Object.fromEntries(await Promise.all(entries))
}
