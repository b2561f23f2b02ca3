import { describe, expect, it } from 'vitest'
import { BelfryError } from '../../src/core/errors.ts'
import { createLogger, type LoggerOptions } from '../../src/telemetry/logger.ts'

function logging(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = []
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => lines.push(line),
    ...options,
  })
  return { lines, logger }
}

describe('the logger', () => {
  it('writes one JSON object a line, with level, time, message and facts', () => {
    const { lines, logger } = logging({ facts: { instance: 'a' } })
    logger.child({ source: 'main' }).info('the tree was applied', { created: 2 })
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] as string)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      instance: 'a',
      source: 'main',
      created: 2,
      message: 'the tree was applied',
    })
  })

  it('leaves out what is below its level', () => {
    const { lines, logger } = logging({ level: 'warn' })
    logger.debug('no')
    logger.info('no')
    logger.warn('yes')
    expect(lines).toHaveLength(1)
  })

  it('describes an expected error by code and cause, and an unexpected one with its stack', () => {
    const { lines, logger } = logging()
    const cause = new TypeError('not a function')
    logger.error('it failed', { error: new BelfryError('timeout', 'too late', { retryable: true, cause }) })
    expect(JSON.parse(lines[0] as string).error).toEqual({
      message: 'too late',
      code: 'timeout',
      retryable: true,
      cause: { message: 'not a function', stack: expect.stringContaining('TypeError') },
    })
  })

  it('writes a line for people when asked to, quoting what has blanks', () => {
    const { lines, logger } = logging({ format: 'pretty' })
    logger.warn('a schedule is late', { schedule: 'a', reason: 'the log is full', facts: { lateMs: 3 } })
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}a schedule is late {2}schedule=a {2}reason="the log is full" {2}facts=\{"lateMs":3\}\n$/,
    )
  })

  it('puts a stack on lines of its own', () => {
    const { lines, logger } = logging({ format: 'pretty' })
    logger.error('it failed', { error: new Error('boom') })
    const [first, second] = (lines[0] as string).split('\n')
    expect(first).toContain('error={"message":"boom"}')
    expect(second).toMatch(/^ {4}Error: boom/)
  })
})
