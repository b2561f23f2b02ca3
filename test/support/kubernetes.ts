import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { parseAllDocuments } from 'yaml'
import { ROOT } from './markdown.ts'

/** A Kubernetes object as it is written, loosely: tests reach into it. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly data?: Readonly<Record<string, string>>
  // biome-ignore lint/suspicious/noExplicitAny: the type checker below knows the shape, not this file
  readonly spec?: any
}

export const MANIFESTS = join(ROOT, 'deploy/kubernetes')

/** All objects of `deploy/kubernetes`, in the order in which `kubectl apply -f` takes them. */
export function kubernetesObjects(folder = MANIFESTS): readonly KubernetesObject[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => parseObjects(readFileSync(join(folder, file), 'utf8'), file))
}

export function parseObjects(text: string, file = 'manifest'): readonly KubernetesObject[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = [...document.errors, ...document.warnings]
    if (error !== undefined) throw new Error(`${file}: ${error.message}`)
    return document.toJS() as KubernetesObject
  })
}

/**
 * What is wrong with objects by the API's own definitions: unknown fields, missing ones, wrong types and values. The
 * definitions are the types of `kubernetes-types`, made from the OpenAPI document of Kubernetes; the compiler checks.
 */
export function kubernetesProblems(objects: readonly KubernetesObject[]): readonly string[] {
  const lines = objects.map(({ apiVersion, kind, ...rest }, index) => {
    const module = `kubernetes-types/${apiVersion.includes('/') ? apiVersion.replace('.k8s.io', '') : `core/${apiVersion}`}`
    const literal = JSON.stringify({ apiVersion, kind, ...rest })
    return `export const object${index}: import(${JSON.stringify(module)}).${kind} = ${literal}`
  })
  const file = join(ROOT, 'test', 'kubernetes-objects.ts')
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    types: [],
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, target) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), target) : getSourceFile(name, target)
  const program = ts.createProgram([file], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file: at, start }) => {
    const line = at === undefined || start === undefined ? -1 : at.getLineAndCharacterOfPosition(start).line
    const { kind = '', metadata } = objects[line] ?? {}
    return `${kind} ${metadata?.name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}
