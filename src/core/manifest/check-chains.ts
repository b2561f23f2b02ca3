import { type Path, type Problem, problem } from '../errors.ts'
import type { Trigger, Upstream } from '../kinds.ts'
import type { DocumentOf, TreeIndex } from './tree-index.ts'

/** One step of a chain: a schedule, and one that it follows on. */
interface Step {
  readonly schedule: DocumentOf<'Schedule'>
  readonly upstream: DocumentOf<'Schedule'>
  /** Of the trigger that says so. */
  readonly path: Path
}

export interface ChainProblem {
  readonly about: DocumentOf<'Schedule'>
  readonly found: Problem
}

/** Schedules that follow on themselves, over however many others: such a chain would never end. Each circle is told once. */
export function checkChains(index: TreeIndex): readonly ChainProblem[] {
  const schedules = index.all('Schedule').filter(({ manifest }) => manifest.spec.triggers.some(follows))
  if (schedules.length === 0) return []
  const byJob = new Map<string, DocumentOf<'Schedule'>[]>()
  for (const schedule of index.all('Schedule')) {
    const id = `${schedule.tenant}/${schedule.manifest.spec.job}`
    const same = byJob.get(id)
    if (same === undefined) byJob.set(id, [schedule])
    else same.push(schedule)
  }
  const stepsOf = (schedule: DocumentOf<'Schedule'>): readonly Step[] =>
    schedule.manifest.spec.triggers.flatMap((trigger, at) => {
      if (!('after' in trigger)) return []
      const path = ['spec', 'triggers', at, 'after']
      return upstreamsOf(schedule.tenant, trigger.after, { index, byJob }).map((upstream) => ({
        schedule,
        upstream,
        path,
      }))
    })

  const problems: ChainProblem[] = []
  const done = new Set<DocumentOf<'Schedule'>>()
  for (const first of schedules) {
    if (done.has(first)) continue
    // Depth first without recursion: a chain may be as long as the tree.
    const way: { readonly steps: readonly Step[]; next: number }[] = [{ steps: stepsOf(first), next: 0 }]
    const onWay: DocumentOf<'Schedule'>[] = [first]
    while (way.length > 0) {
      const top = way.at(-1)!
      const step = top.steps[top.next++]
      if (step === undefined) {
        way.pop()
        done.add(onWay.pop()!)
        continue
      }
      const { upstream } = step
      const start = onWay.indexOf(upstream)
      if (start >= 0) problems.push(circle(step, onWay.slice(start)))
      else if (!done.has(upstream)) {
        way.push({ steps: stepsOf(upstream), next: 0 })
        onWay.push(upstream)
      }
    }
  }
  return problems
}

function follows(trigger: Trigger): boolean {
  return 'after' in trigger
}

function upstreamsOf(
  tenant: string,
  after: Upstream,
  {
    index,
    byJob,
  }: { readonly index: TreeIndex; readonly byJob: ReadonlyMap<string, DocumentOf<'Schedule'>[]> },
): readonly DocumentOf<'Schedule'>[] {
  if ('job' in after) return byJob.get(`${tenant}/${after.job}`) ?? []
  const found = index.find('Schedule', tenant, after.schedule)
  return found === undefined ? [] : [found]
}

/** `onWay`: from the one that is followed on again down to the one that follows it, each following the next. */
function circle({ schedule, path }: Step, onWay: readonly DocumentOf<'Schedule'>[]): ChainProblem {
  const names = [...onWay, onWay[0]!].map(({ name }) => `\`${name}\``)
  const found = problem('chain-cycle', `The schedule follows on itself: ${names.join(' after ')}`, {
    path,
    expected: 'a chain that ends',
    found: names.join(' after '),
  })
  return { about: schedule, found }
}
