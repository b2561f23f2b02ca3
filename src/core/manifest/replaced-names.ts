import { type Problem, problem } from '../errors.ts'
import type { ScheduleSpec } from '../kinds.ts'
import type { DocumentOf, TreeIndex } from './tree-index.ts'

/** The names that a schedule says it had before, the newest first. */
export function replacedNames({ replaces }: Pick<ScheduleSpec, 'replaces'>): readonly string[] {
  return replaces === undefined ? [] : typeof replaces === 'string' ? [replaces] : replaces
}

/** A schedule cannot replace what is still there, nor two schedules the same one. */
export function checkReplaces(index: TreeIndex): readonly {
  readonly schedule: DocumentOf<'Schedule'>
  readonly problems: readonly Problem[]
}[] {
  const replacedBy = new Map<string, DocumentOf<'Schedule'>>()
  return index.all('Schedule').map((schedule) => ({
    schedule,
    problems: replacedNames(schedule.manifest.spec).flatMap((name) => {
      const refuse = (message: string, expected: string): readonly Problem[] => [
        problem('contradiction', message, { path: ['spec', 'replaces'], expected, found: name }),
      ]
      if (name === schedule.name)
        return refuse('The schedule replaces itself', 'the name that it had before, or no `replaces`')
      if (index.find('Schedule', schedule.tenant, name) !== undefined)
        return refuse(
          `The schedule replaces "${name}", which is still there`,
          'the document of the old name removed, or no `replaces`',
        )
      const id = `${schedule.tenant}/${name}`
      const other = replacedBy.get(id)
      replacedBy.set(id, other ?? schedule)
      return other === undefined
        ? []
        : refuse(`"${name}" is already replaced by "${other.name}"`, 'one schedule that goes on for it')
    }),
  }))
}
