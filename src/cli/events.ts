import type { Command } from 'commander'
import pc from 'picocolors'
import type { EventQuery } from '../client/event-reading.ts'
import type { StoredEvent } from '../client/index.ts'
import { BelfryError } from '../core/errors.ts'
import { EVENT_TYPES } from '../core/events.ts'
import { nearest } from '../core/nearest.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { formatOption, withClient } from './client-options.ts'
import { countOf, momentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK } from './io.ts'
import { plain } from './problem-text.ts'
import { type ServerFlags, withServerOptions } from './settings.ts'

interface EventFlags extends ServerFlags {
  readonly type?: readonly string[]
  readonly tenant?: string
  readonly schedule?: string
  readonly source?: string
  readonly since: string
  readonly until?: string
  readonly limit: string
  readonly follow?: boolean
  readonly format: 'text' | 'json'
}

export function eventsCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('events')
      .description('The audit trail: what belfry did, and what people had it do. The newest come last.'),
  )
    .option('--type <type...>', 'only of these types, such as missed, alarm, applied, paused')
    .option('--tenant <name>', 'only about this tenant')
    .option('--schedule <name>', 'only about this schedule, or this job where it was asked to run by itself')
    .option('--source <id>', 'only about this source')
    .option('--since <moment>', 'told since then: an instant, or how long ago', '1d')
    .option('--until <moment>', 'told before then: an instant, or how long ago')
    .option('--limit <number>', 'the newest so many', '50')
    .option('--follow', 'then those that come, until it is interrupted; with json one a line')
    .addOption(formatOption())
    .action(async (flags: EventFlags) => finish(await runEvents(flags, io)))
}

async function runEvents(flags: EventFlags, io: CommandIo): Promise<number> {
  const { type, tenant, schedule, source, follow = false, format } = flags
  const present = systemClock.now()
  const until = flags.until === undefined ? undefined : momentOf('--until', flags.until, present)
  if (follow && until !== undefined) throw new BelfryError('usage', '--follow has no end: leave out --until')
  if (schedule !== undefined && source !== undefined)
    throw new BelfryError('usage', 'no event is about a schedule and a source: leave out one of the two')
  for (const each of type ?? []) requireType(each)
  const about = {
    ...(type === undefined ? {} : { types: type }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(source === undefined ? {} : { source }),
  }
  const query: EventQuery = {
    ...about,
    since: momentOf('--since', flags.since, present),
    limit: countOf('--limit', flags.limit),
    ...(until === undefined ? {} : { until }),
  }
  const colors = pc.createColors(io.color)
  const print = (event: StoredEvent): void =>
    io.stdout(format === 'json' ? `${JSON.stringify(event)}\n` : `${eventText(event, colors)}\n`)
  return withClient(flags, io, async (client) => {
    const { events, reaches, next } = await client.events(query)
    if (format === 'json' && !follow) io.stdout(`${JSON.stringify({ events, reaches }, null, 2)}\n`)
    else for (const event of events) print(event)
    if (events.length === 0 && !follow) io.stderr(`no such event since ${reaches.toISOString()}\n`)
    if (follow) await client.followEvents({ ...about, from: next, onEvent: print }, io.signal)
    return EXIT_OK
  })
}

function requireType(type: string): void {
  if ((EVENT_TYPES as readonly string[]).includes(type)) return
  const meant = nearest(type, EVENT_TYPES)
  const hint = meant === undefined ? `expected one of ${EVENT_TYPES.join(', ')}` : `did you mean ${meant}?`
  throw new BelfryError('usage', `--type ${plain(type)} is not a type of event; ${hint}`)
}

function eventText(event: StoredEvent, colors: ReturnType<typeof pc.createColors>): string {
  const { at, type, instance, facts } = event
  const time = `${at.slice(0, 19)}Z`
  const line = `${time}  ${type.padEnd(15)}  ${aboutText(event).padEnd(32)}  ${factsText(facts)}`.trimEnd()
  const told =
    typeof instance === 'string' && type !== 'leader-changed' ? colors.dim(`  [${plain(instance)}]`) : ''
  const text = plain(line)
  return `${type === 'alarm' ? colors.red(text) : text}${told}`
}

function aboutText({ tenant, schedule, source, target, name, instance, term }: StoredEvent): string {
  if (schedule !== undefined) return `${String(tenant)}/${String(schedule)}`
  if (term !== undefined) return `${String(instance)}, term ${String(term)}`
  return String(source ?? target ?? name ?? '')
}

function factsText(facts: unknown): string {
  if (facts === null || typeof facts !== 'object') return ''
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join('; ') : String(value)}`)
    .join(', ')
}
