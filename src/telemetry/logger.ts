import { type Logger as Pino, pino } from 'pino'
import type { LogFacts, Logger } from '../ports/telemetry.ts'
import { formatLine } from './pretty.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFormat = 'json' | 'pretty'

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  /** In every line. */
  readonly facts?: LogFacts
  /** Where lines go; each call is one whole line. Left out: stderr, because stdout is for results. */
  readonly write?: (line: string) => void
  readonly color?: boolean
}

export function createLogger(options: LoggerOptions): Logger {
  const { level, format, facts = {}, color = false } = options
  const write = options.write ?? ((line: string) => void process.stderr.write(line))
  const destination =
    format === 'json' ? { write } : { write: (line: string) => write(formatLine(JSON.parse(line), color)) }
  const settings = {
    level,
    base: facts,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describeError, cause: describeError },
  }
  return wrap(pino(settings, destination))
}

function wrap(logger: Pino): Logger {
  return {
    debug: (message, facts = {}) => logger.debug(facts, message),
    info: (message, facts = {}) => logger.info(facts, message),
    warn: (message, facts = {}) => logger.warn(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
    child: (facts) => wrap(logger.child(facts)),
  }
}

/** An error by what helps: its code, message, causes, and the stack only of what nobody foresaw. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code, retryable, cause, message, name, stack } = error as Error & {
    code?: unknown
    retryable?: unknown
  }
  const foreseen = name === 'BelfryError' && code !== 'internal'
  return {
    message,
    ...(code === undefined ? {} : { code }),
    ...(retryable === undefined ? {} : { retryable }),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
    ...(foreseen ? {} : { stack }),
  }
}
