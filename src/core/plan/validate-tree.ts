import type { Problem } from '../errors.ts'
import { type CheckedTree, CheckMemory, checkTree, reporter } from '../manifest/check-tree.ts'
import { isSame, Memory } from '../manifest/memory.ts'
import type { ManifestFile } from '../manifest/parse-file.ts'
import { sortProblems } from '../manifest/sort-problems.ts'
import { type Tree, treeDigest } from '../manifest/tree.ts'
import { err, ok, type Result } from '../result.ts'
import type { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { checkExpectations } from './check-expectations.ts'
import { checkLimits, type ScheduleToCheck } from './check-limits.ts'
import { type CheckedSchedule, compileCalendars, compileChecked, compileInputs } from './compile-checked.ts'
import { foreseeClockChanges, foreseeCoverage, foreseeOneShots } from './foresee.ts'
import type { Survey } from './survey-fires.ts'

const DAY_MS = 86_400_000

/** What validating a tree remembers, so that the next time costs what has changed. */
export class ValidationMemory {
  readonly checks = new CheckMemory()
  readonly schedules = new Memory<CompiledOnce>()
  readonly clockChanges = new Memory<readonly Problem[]>()
  readonly surveys = new Memory<Survey>()
  /** The last tree as a whole: most loads find the same files again. */
  lasting: Lasting | null = null
}

interface CompiledOnce {
  readonly schedule: CheckedSchedule | null
  readonly problems: readonly Problem[]
}

/** All that can be said of some files whatever the time. */
interface Lasting {
  readonly files: readonly ManifestFile[]
  readonly checked: CheckedTree
  readonly shelf: CalendarShelf
  readonly schedules: readonly ScheduleToCheck[]
  readonly problems: readonly Problem[]
  /** null where something is wrong. */
  readonly tree: Omit<Tree, 'warnings'> | null
}

export interface ValidateOptions {
  /** The present moment, epoch milliseconds. Findings that depend on it are warnings, never errors. */
  readonly at: number
  readonly memory?: ValidationMemory
  /** False: what `expect` blocks say is not checked, for those who want to see why it does not hold. */
  readonly expectations?: boolean
}

/**
 * Validates all files of a tree together: documents among each other, then calendars and schedules as compiled. Fails
 * with every error and warning, in the order of files and lines; a valid tree carries its warnings.
 */
export function validateTree(
  files: readonly ManifestFile[],
  { at, memory = new ValidationMemory(), expectations = true }: ValidateOptions,
): Result<Tree, readonly Problem[]> {
  const before = memory.lasting
  const lasting =
    before !== null && isSame(before.files, files) ? before : checkLasting(files, memory, expectations)
  memory.lasting = lasting
  const problems = sortProblems([...lasting.problems, ...checkDaysAhead(lasting, at, memory)])
  const invalid = problems.some(({ severity }) => severity === 'error')
  return lasting.tree === null || invalid ? err(problems) : ok({ ...lasting.tree, warnings: problems })
}

function checkLasting(
  files: readonly ManifestFile[],
  memory: ValidationMemory,
  expectations: boolean,
): Lasting {
  const checked = checkTree(files, memory.checks)
  const { index, documents } = checked
  const problems = [...checked.problems]
  const report = reporter({ ...checked, problems })

  const { shelf, broken } = compileCalendars(index, memory.lasting?.shelf ?? null)
  for (const { document, problems: own } of broken) report(document, own)
  const schedules = index.all('Schedule').flatMap((document) => {
    const inputs = compileInputs(document, index, shelf)
    const { schedule, problems: own } = memory.schedules.recall(document, inputs, () => {
      const compiled = compileChecked(document, index, shelf)
      return compiled.ok
        ? { schedule: compiled.value, problems: checkExpectations(compiled.value) }
        : { schedule: null, problems: compiled.error }
    })
    if (schedule === null || expectations) report(document, own)
    return schedule === null ? [] : [{ document, schedule }]
  })

  const invalid = problems.some(({ severity }) => severity === 'error')
  const ordered = [...documents].sort((a, b) => (a.identity < b.identity ? -1 : 1))
  const tree = invalid ? null : { documents: ordered, digest: treeDigest(ordered) }
  return { files, checked, shelf, schedules, problems, tree }
}

/** What is to come as seen from `at`: limits that will be passed, and warnings. */
function checkDaysAhead(lasting: Lasting, at: number, memory: ValidationMemory): readonly Problem[] {
  const { checked, shelf, schedules } = lasting
  const { index } = checked
  const problems: Problem[] = []
  const report = reporter({ ...checked, problems })
  for (const document of index.all('Calendar')) report(document, foreseeCoverage(document, shelf, at))
  // A window that begins with the day holds until the next one.
  const today = Math.floor(at / DAY_MS) * DAY_MS
  for (const { document, schedule } of schedules) {
    report(document, foreseeOneShots(schedule, at))
    report(
      document,
      memory.clockChanges.recall(schedule, [today], () => foreseeClockChanges(schedule, today)),
    )
  }
  for (const { about, found } of checkLimits({ index, schedules, today, surveys: memory.surveys }))
    report(about, [found])
  return problems
}
