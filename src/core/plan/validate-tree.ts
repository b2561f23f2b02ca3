import type { Problem } from '../errors.ts'
import { CheckMemory, checkTree, placed } from '../manifest/check-tree.ts'
import { Memory } from '../manifest/memory.ts'
import type { ManifestFile } from '../manifest/parse-file.ts'
import { sortProblems } from '../manifest/sort-problems.ts'
import { type Tree, type TreeDocument, treeDigest } from '../manifest/tree.ts'
import { err, ok, type Result } from '../result.ts'
import type { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { checkExpectations } from './check-expectations.ts'
import { type CheckedSchedule, compileCalendars, compileChecked, scheduleDigest } from './compile-checked.ts'
import { foreseeClockChanges, foreseeCoverage, foreseeOneShots } from './foresee.ts'

const DAY_MS = 86_400_000

/** What validating a tree remembers, so that the next time costs what has changed. */
export class ValidationMemory {
  readonly checks = new CheckMemory()
  readonly schedules = new Memory<CompiledOnce>()
  readonly clockChanges = new Memory<readonly Problem[]>()
  shelf: CalendarShelf | null = null

  turn(): void {
    this.checks.turn()
    this.schedules.turn()
    this.clockChanges.turn()
  }
}

interface CompiledOnce {
  readonly schedule: CheckedSchedule | null
  readonly problems: readonly Problem[]
}

export interface ValidateOptions {
  /** The present moment, epoch milliseconds. Findings that depend on it are warnings, never errors. */
  readonly at: number
  readonly memory?: ValidationMemory
}

/**
 * Validates all files of a tree together: documents among each other, then calendars and schedules as compiled. Fails
 * with every error and warning, in the order of files and lines; a valid tree carries its warnings.
 */
export function validateTree(
  files: readonly ManifestFile[],
  { at, memory = new ValidationMemory() }: ValidateOptions,
): Result<Tree, readonly Problem[]> {
  memory.turn()
  const { index, documents, problems: found } = checkTree(files, memory.checks)
  const problems = [...found]
  const report = (document: TreeDocument, about: readonly Problem[]): void => {
    for (const next of about) problems.push(placed(index, document, next))
  }

  const calendars = compileCalendars(index, memory.shelf)
  memory.shelf = calendars.shelf
  for (const { document, problems: own } of calendars.problems) report(document, own)
  for (const document of index.all('Calendar'))
    report(document, foreseeCoverage(document, calendars.shelf, at))

  // Windows begin at the start of a day, so that what was foreseen holds until the next one.
  const today = Math.floor(at / DAY_MS) * DAY_MS
  for (const document of index.all('Schedule')) {
    const digest = scheduleDigest(document, index, calendars.shelf)
    const { schedule, problems: own } = memory.schedules.recall(digest, () => {
      const checked = compileChecked(document, index, calendars.shelf)
      return checked.ok
        ? { schedule: checked.value, problems: checkExpectations(checked.value) }
        : { schedule: null, problems: checked.error }
    })
    report(document, own)
    if (schedule === null) continue
    report(document, foreseeOneShots(schedule, at))
    report(
      document,
      memory.clockChanges.recall(`${digest} ${today}`, () => foreseeClockChanges(schedule, today)),
    )
  }

  const sorted = sortProblems(problems)
  if (sorted.some(({ severity }) => severity === 'error')) return err(sorted)
  const ordered = [...documents].sort((a, b) => (a.identity < b.identity ? -1 : 1))
  return ok({ documents: ordered, digest: treeDigest(ordered), warnings: sorted })
}
