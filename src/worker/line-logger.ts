import { systemClock } from '../lifecycle/clock.ts'
import type { LogFacts, Logger } from '../ports/telemetry.ts'

/** Warnings and errors as JSON lines: a worker's standard error is for its own words, so that little is said here. */
export function createLineLogger(write: (line: string) => void, facts: LogFacts = {}): Logger {
  const line =
    (level: string) =>
    (message: string, more: LogFacts = {}) => {
      const at = new Date(systemClock.now()).toISOString()
      write(`${JSON.stringify({ at, level, message, ...facts, ...more })}\n`)
    }
  const quiet = (): void => undefined
  return {
    debug: quiet,
    info: quiet,
    warn: line('warn'),
    error: line('error'),
    child: (further) => createLineLogger(write, { ...facts, ...further }),
  }
}
