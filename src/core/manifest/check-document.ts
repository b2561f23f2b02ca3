import { type Path, type Problem, problem, under } from '../errors.ts'
import type { Manifest, Retry } from '../kinds.ts'
import type { Result } from '../result.ts'
import { parseDuration } from '../time/duration.ts'
import { zoneOf } from '../time/zone.ts'
import { checkConcurrencyKey } from './concurrency-key.ts'
import { checkSecrets } from './data.ts'
import { compileDataSchema } from './data-schema.ts'

/**
 * What is wrong with one document by itself, beyond its schema and beyond what needs its neighbours. Schedules are
 * looked at with their tenant (check-schedule.ts), calendars where they are compiled. Paths begin at the document.
 */
export function checkDocument(manifest: Manifest): readonly Problem[] {
  switch (manifest.kind) {
    case 'Adapter': {
      const { ackWait, retry, rateLimit, circuitBreaker } = manifest.spec
      return [
        ...(ackWait === undefined ? [] : positive(ackWait, ['spec', 'ackWait'])),
        ...checkRetry(retry),
        ...(rateLimit === undefined ? [] : checkRateSpan(rateLimit.per)),
        ...(circuitBreaker === undefined
          ? []
          : positive(circuitBreaker.cooldown, ['spec', 'circuitBreaker', 'cooldown'])),
      ]
    }
    case 'Job': {
      const { data, dataSchema, timeout, startWithin, retry, concurrencyKey } = manifest.spec
      const compiled = dataSchema === undefined ? undefined : compileDataSchema(dataSchema)
      return [
        ...checkSecrets(data),
        ...(compiled?.ok === false ? compiled.problems : []),
        ...(timeout === undefined ? [] : positive(timeout, ['spec', 'timeout'])),
        ...(startWithin === undefined ? [] : positive(startWithin, ['spec', 'startWithin'])),
        ...checkRetry(retry),
        ...checkConcurrencyKey(concurrencyKey),
      ]
    }
    case 'Schedule':
      return checkSecrets(manifest.spec.data)
    case 'Tenant': {
      const { limits, defaults } = manifest.spec
      const problems: Problem[] = []
      const check = (path: Path, result: Result<unknown, Problem>): void => {
        if (!result.ok) problems.push(under(path, result.error))
      }
      if (manifest.metadata.tenant !== undefined && manifest.metadata.tenant !== manifest.metadata.name) {
        problems.push(
          problem('contradiction', 'A Tenant is named after itself; it does not belong to another tenant', {
            path: ['metadata', 'tenant'],
            expected: 'no `tenant` here',
            found: manifest.metadata.tenant,
          }),
        )
      }
      if (limits?.minInterval !== undefined)
        problems.push(...positive(limits.minInterval, ['spec', 'limits', 'minInterval']))
      if (defaults?.timezone !== undefined) check(['spec', 'defaults', 'timezone'], zoneOf(defaults.timezone))
      for (const key of ['after', 'maxLateness'] as const) {
        const text = defaults?.misfire?.[key]
        if (text !== undefined) check(['spec', 'defaults', 'misfire', key], parseDuration(text))
      }
      return problems
    }
    default:
      return []
  }
}

function checkRetry(retry: Retry | undefined): readonly Problem[] {
  const { initial, max } = retry?.backoff ?? {}
  return [
    ...(initial === undefined ? [] : positive(initial, ['spec', 'retry', 'backoff', 'initial'])),
    ...(max === undefined ? [] : positive(max, ['spec', 'retry', 'backoff', 'max'])),
  ]
}

/** A new leader reads the fires of so long a time before it fires. */
const LONGEST_RATE_SPAN_MS = 3_600_000

function checkRateSpan(per: string): readonly Problem[] {
  const path = ['spec', 'rateLimit', 'per']
  const duration = parseDuration(per)
  if (!duration.ok || duration.value <= LONGEST_RATE_SPAN_MS) return positive(per, path)
  return [problem('invalid-duration', '`per` is too long', { path, expected: 'at most 1h', found: per })]
}

function positive(text: string, path: Path): readonly Problem[] {
  const duration = parseDuration(text)
  if (!duration.ok) return [under(path, duration.error)]
  if (duration.value > 0) return []
  return [
    problem('invalid-duration', `\`${path.at(-1)}\` is zero`, { path, expected: 'at least 1s', found: text }),
  ]
}
