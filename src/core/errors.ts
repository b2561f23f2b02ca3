import type { ErrorCode, ProblemCode } from './error-codes.ts'

/** A place in a manifest file. Lines and columns count from 1, columns in UTF-16 code units. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Where inside one document a value stands: keys and indexes from the document's root. */
export type Path = readonly (string | number)[]

/**
 * One thing wrong with what people wrote. Layers below the manifests know only `path`; the manifest layer turns it
 * into `position`. Every code is explained in docs/errors.md.
 */
export interface Problem {
  readonly code: ProblemCode
  readonly severity: 'error' | 'warning'
  /** One sentence: what is wrong, naming what was found. */
  readonly message: string
  readonly expected?: string
  readonly found?: string
  /** The nearest valid name, key or zone, for "did you mean". */
  readonly suggestion?: string
  /** What to do about it, where it is not plain from `expected`. */
  readonly cure?: string
  readonly path?: Path
  readonly position?: Position
  /** `Kind/tenant/name` of the document, once known. */
  readonly identity?: string
}

export type ProblemDetails = Omit<Problem, 'code' | 'severity' | 'message'>

export function problem(code: ProblemCode, message: string, details: ProblemDetails = {}): Problem {
  return { code, severity: 'error', message, ...details }
}

export function warning(code: ProblemCode, message: string, details: ProblemDetails = {}): Problem {
  return { code, severity: 'warning', message, ...details }
}

/** The same problem, seen from further out: `prefix` is put before its path. */
export function under(prefix: Path, found: Problem): Problem {
  return { ...found, path: [...prefix, ...(found.path ?? [])] }
}

export interface BelfryErrorOptions {
  readonly retryable?: boolean
  readonly cause?: unknown
  /** Facts for logs; never secrets or payloads. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** An unexpected fault. Whether trying again can help is decided here, where the error is born. */
export class BelfryError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: BelfryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'BelfryError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.details = options.details ?? {}
  }
}
