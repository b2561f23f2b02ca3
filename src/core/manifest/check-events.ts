import { type Path, type Problem, problem } from '../errors.ts'
import type { ScheduleSpec } from '../kinds.ts'
import { compileDataSchema } from './data-schema.ts'

/** Names of streams that an installation has, with the prefix that it has by default; the buckets among them. */
const OWN_STREAM = /^(?:BELFRY_(?:FIRES|EVENTS|RUNS|LOGS|DEAD|ADVISORIES)|KV_belfry-[a-z]+)$/

/** What the server takes as the name of a stream. */
const STREAM = /^[^\s.*>/\\\p{Cc}]+$/u

/** What is wrong with the streams that a schedule waits on, as far as no server has to be asked. */
export function checkEvents({ triggers }: ScheduleSpec): readonly Problem[] {
  return triggers.flatMap((trigger, index) => {
    if (!('event' in trigger)) return []
    const { stream, subject, filter } = trigger.event
    const path: Path = ['spec', 'triggers', index, 'event']
    const problems: Problem[] = []
    const wrong = (key: string, message: string, expected: string, found: string): void => {
      problems.push(problem('invalid-event', message, { path: [...path, key], expected, found }))
    }
    if (!STREAM.test(stream))
      wrong(
        'stream',
        'This is no name of a stream',
        'a name without white space, `.`, `*`, `>`, `/`, `\\`',
        stream,
      )
    else if (OWN_STREAM.test(stream))
      wrong(
        'stream',
        'What belfry stores itself cannot start runs: each run would start the next, without end',
        'a stream of your own; to follow on runs use `after`',
        stream,
      )
    const fault = subjectFault(subject)
    if (fault !== null)
      wrong('subject', fault, 'tokens joined by `.`, such as orders.created or orders.>', subject)
    const compiled = filter === undefined ? null : compileDataSchema(filter)
    if (compiled?.ok === false) problems.push(...compiled.problems.map((found) => ofFilter(found, path)))
    return problems
  })
}

/** Why this is no subject that a consumer can have; null: it is one. */
export function subjectFault(subject: string): string | null {
  if (/[\s\p{Cc}]/u.test(subject)) return 'A subject has no white space'
  const tokens = subject.split('.')
  if (tokens.includes('')) return 'A subject has no empty token'
  if (tokens.some((token) => token.length > 1 && /[*>]/.test(token)))
    return 'A wildcard is a token of its own'
  if (tokens.indexOf('>') >= 0 && tokens.indexOf('>') < tokens.length - 1) return '`>` is the last token'
  if (tokens[0] === 'belfry') return 'What belfry itself publishes starts no runs'
  if (tokens[0] === '$JS' || tokens[0] === '$SYS') return 'What the server says to itself starts no runs'
  return null
}

function ofFilter(found: Problem, path: Path): Problem {
  const inner = (found.path ?? []).slice(2)
  const message = found.message.replace('`dataSchema`', '`filter`')
  return { ...found, message, path: [...path, 'filter', ...inner] }
}
