/**
 * Every code that belfry can report, held equal to docs/errors.md by a test. A code never changes its meaning.
 * Problems are about what people wrote; errors are faults of a running process.
 */
export const PROBLEM_CODES = [
  // time and cron
  'invalid-cron',
  'cron-never-fires',
  'unknown-zone',
  'invalid-duration',
  'invalid-instant',
  'invalid-time-of-day',
  'invalid-date',
] as const

export const ERROR_CODES = [
  'usage',
  'internal',
] as const

export type ProblemCode = (typeof PROBLEM_CODES)[number]
export type ErrorCode = (typeof ERROR_CODES)[number]
