/**
 * Every code that belfry can report, held equal to docs/errors.md by a test. A code never changes its meaning.
 * Problems are about what people wrote; errors are faults of a running process.
 */
export const PROBLEM_CODES = [
  // time and cron
  'invalid-cron',
  'cron-never-fires',
  'invalid-rrule',
  'unknown-zone',
  'invalid-duration',
  'invalid-instant',
  'invalid-time-of-day',
  'invalid-date',
  // calendars
  'duplicate-rule',
  'rule-cycle',
  'calendar-cycle',
  'chain-cycle',
  'invalid-event',
  'broken-calendar',
  'missing-coverage',
  'outside-coverage',
  'not-a-day-of-rule',
  'invalid-hours',
  'invalid-ics',
  // YAML
  'invalid-yaml',
  'duplicate-key',
  'unsupported-yaml',
  'inexact-number',
  'not-utf-8',
  'limit-exceeded',
  // the shape of a manifest
  'not-a-manifest',
  'unknown-kind',
  'unknown-api-version',
  'missing-key',
  'unknown-key',
  'conflicting-keys',
  'wrong-type',
  'unknown-value',
  'invalid-value',
  'invalid-name',
  // manifests among each other
  'duplicate-identity',
  'unknown-reference',
  'missing-timezone',
  'missing-calendar',
  'contradiction',
  'invalid-secret-reference',
  'invalid-data-schema',
  'invalid-data',
  'tenant-limit',
  // schedules as they fall
  'expectation-failed',
  'one-shot-past',
  'clock-change',
  'coverage-ending',
  'coverage-ended',
  // the tree
  'empty-tree',
  'empty-file',
  'missing-root',
  'unreadable-file',
  'outside-root',
  'load-timeout',
] as const

export const ERROR_CODES = [
  'usage',
  'internal',
  'timeout',
  // NATS
  'nats-unreachable',
  'nats-unauthorized',
  'nats-server-too-old',
  'nats-no-jetstream',
  'nats-unavailable',
  'nats-refused',
  'nats-layout',
  'nats-server-missing',
  'nats-server-failed',
  'nats-server-running',
  // asking the leader
  'no-leader',
  'leader-lost',
  'too-large',
  'invalid-request',
  'unknown-object',
  'ambiguous-target',
  'held-back',
  'data-refused',
  'unknown-run',
  'run-not-ended',
  'run-forgotten',
] as const

export type ProblemCode = (typeof PROBLEM_CODES)[number]
export type ErrorCode = (typeof ERROR_CODES)[number]
