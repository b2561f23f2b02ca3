import type { Command } from 'commander'
import pc from 'picocolors'
import { explainDay, explainInstant } from '../core/plan/explain-day.ts'
import { asksForTimes, followedTexts } from '../core/schedule/trigger-text.ts'
import { parseDate } from '../core/time/civil.ts'
import { explanationJson, explanationText } from './explain-text.ts'
import { instantOf, presentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { localText, weekdayText } from './local-text.ts'
import { formatOption, found, openPreview, type TreeFlags, withTreeOptions } from './open-preview.ts'

interface ExplainFlags extends TreeFlags {
  readonly format: 'text' | 'json'
}

export function explainCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withTreeOptions(
    program
      .command('explain')
      .description('Why a schedule fires or not on a day or at an instant, with file and line of every rule.')
      .argument('<schedule>', 'NAME or TENANT/NAME')
      .argument('<when>', 'YYYY-MM-DD, or an instant; local times are those of the schedule'),
  )
    .addOption(formatOption(['text', 'json']))
    .action(async (name: string, when: string, flags: ExplainFlags) => {
      finish(await runExplain(name, when, flags, io))
    })
}

async function runExplain(name: string, when: string, flags: ExplainFlags, io: CommandIo): Promise<number> {
  const preview = await openPreview(io, { tree: flags.tree, at: presentOf(flags.at) })
  if (preview === null) return EXIT_PROBLEMS
  const schedule = found(preview.schedule(name))
  const { zone, id, spec } = schedule
  const follows = followedTexts(spec)
  const day = parseDate(when)
  const at = day === null ? instantOf('WHEN', when, zone) : null
  const explanation = at === null ? explainDay(schedule, day!) : explainInstant(schedule, at)
  if (flags.format === 'json') {
    const facts = { zone, schedule: id, asked: when, follows }
    io.stdout(`${JSON.stringify(explanationJson(explanation, facts), null, 2)}\n`)
    return EXIT_OK
  }
  const colors = pc.createColors(io.color)
  const moment = at === null ? `on ${weekdayText(day!)} ${when}` : `at ${localText(at, zone)}`
  io.stdout(`${id} ${moment}  ${zone.name}\n\n`)
  const lines = explanationText(explanation, { zone, when: moment, colors, asksForTimes: asksForTimes(spec) })
  for (const line of lines) io.stdout(`${line}\n`)
  for (const text of follows) io.stdout(`It fires ${text}, whenever that is: the time is not asked for.\n`)
  return EXIT_OK
}
