import { describe, expect, it } from 'vitest'
import { err } from '../../src/core/result.ts'
import { compileSchedule } from '../../src/core/schedule/compile.ts'
import type { CompiledTrigger } from '../../src/core/trigger/compiled-trigger.ts'
import { DEFAULT_MISFIRE } from '../../src/core/trigger/policy.ts'
import { foresee } from '../../src/engine/foresight.ts'
import { ScheduleSlots, type Slot } from '../../src/engine/schedule-slots.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'

const START = Date.parse('2026-01-05T00:00:00Z')

function triggerOf(name: string, triggers: readonly object[], timingDigest = 'one'): CompiledTrigger {
  const spec = { job: 'import', timezone: 'UTC', triggers } as Parameters<typeof compileSchedule>[0]
  const compiled = compileSchedule(spec, { identity: `default/${name}`, calendar: () => err([]) })
  if (!compiled.ok) throw new Error('the schedule cannot be compiled')
  return {
    key: { tenant: 'default', schedule: name },
    compiled: compiled.value,
    misfire: DEFAULT_MISFIRE,
    maxFires: null,
    suspension: null,
    timingDigest,
    job: 'import',
    adapter: 'market',
    lane: '0',
    message: 'Import',
    jobVersion: 1,
    payload: '{}',
    priority: 0,
    calendars: [],
    generation: 1,
    revision: 'r1',
    activeFrom: START,
  }
}

const SECOND = [{ every: '1s' }]
const YEARLY = [{ cron: '0 0 1 1 *' }]

async function standby() {
  const clock = new VirtualClock(START)
  const slots = new ScheduleSlots(() => undefined)
  for (let index = 0; index < 100; index++) slots.install(triggerOf(`quiet-${index}`, YEARLY))
  slots.install(triggerOf('tick', SECOND))
  const following = new AbortController()
  const foreseeing = foresee({ clock, slots, cursorOf: (slot) => slot.trigger.activeFrom }, following.signal)
  await clock.advance(5_000)
  following.abort()
  await foreseeing
  return { clock, slots }
}

const namesOf = (slots: readonly Slot[]) => slots.map(({ key }) => key.schedule)

function takeAllLater(slots: ScheduleSlots): readonly Slot[] {
  const taken: Slot[] = []
  for (let slot = slots.takeLater(); slot !== undefined; slot = slots.takeLater()) {
    slots.paid(slot)
    taken.push(slot)
  }
  return taken
}

describe('a term of a standby that was warm', () => {
  it('begins with what may be due; everything else is decided too, after it', async () => {
    const { clock, slots } = await standby()
    slots.beginTerm()
    expect(namesOf(slots.takeDue(clock.now()))).toEqual(['tick'])
    expect(slots.owesNothing).toBe(false)
    expect(takeAllLater(slots)).toHaveLength(101)
    expect(slots.owesNothing).toBe(true)
  })

  it('counts as due what was edited since it was foreseen', async () => {
    const { clock, slots } = await standby()
    slots.install(triggerOf('quiet-7', SECOND, 'two'))
    slots.beginTerm()
    expect(namesOf(slots.takeDue(clock.now())).sort()).toEqual(['quiet-7', 'tick'])
  })

  it('wakes for what was foreseen, also before the rest was decided', async () => {
    const { clock, slots } = await standby()
    slots.beginTerm()
    slots.takeDue(clock.now())
    expect(slots.nextDue).toBe(Date.parse('2027-01-01T00:00:00Z'))
  })
})
