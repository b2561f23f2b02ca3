import { Random } from '../../support/random.ts'
import { judge } from './oracle.ts'
import { World } from './world.ts'

/** Something that happens, and how long it is quiet afterwards. */
export interface Step {
  readonly kind: string
  readonly seed: number
  readonly waitMs: number
}

export interface Played {
  readonly wrong: readonly string[]
  /** What happened, in words. */
  readonly told: readonly string[]
  /** Everything that was stored, for comparing two courses of one seed. */
  readonly transcript: string
}

const STEPS = 18
/** What time is given at the end before it is judged: what is newer may be on its way. */
const GRACE_MS = 5_000

export function stepsOf(seed: number): readonly Step[] {
  const random = new Random(seed ^ 0x2545f491)
  const kinds = Object.keys(new World(seed).events)
  return Array.from({ length: STEPS }, () => ({
    kind: random.pick(kinds),
    seed: random.between(0, 0x7fffffff),
    waitMs: random.pick([random.between(0, 60), random.between(50, 1_000), random.between(500, 4_000)]),
  }))
}

export async function play(seed: number, steps: readonly Step[] = stepsOf(seed)): Promise<Played> {
  const world = new World(seed)
  const { clock, stream, live } = world.simulation
  const told: string[] = []
  const tell = (text: string) => told.push(`${new Date(clock.now()).toISOString()} ${text}`)
  const random = new Random(seed ^ 0x9e3779b9)
  tell(await world.start(random))
  if (random.chance(0.7)) tell(await world.start(random))
  await clock.advance(1_500)
  for (const { kind, seed: drawn, waitMs } of steps) {
    tell(await world.happen(kind, new Random(drawn)))
    await clock.advance(waitMs)
  }
  await world.end()
  const wrong = [...judge(world.chronicle, clock.now() - GRACE_MS), ...world.unlike(), ...world.failures()]
  const transcript = JSON.stringify([
    told,
    [...world.chronicle.stored],
    [...world.chronicle.versions],
    stream.stored(clock.now()),
    live.entries(),
  ])
  return { wrong, told, transcript }
}

/** null if the history is as it should be; otherwise how to see it again, in as few events as it takes. */
export async function problemOf(seed: number): Promise<string | null> {
  let steps = stepsOf(seed)
  const whole = await play(seed, steps)
  if (whole.wrong.length === 0) return null
  for (let count = 0; count < steps.length; count++) {
    if ((await play(seed, steps.slice(0, count))).wrong.length > 0) steps = steps.slice(0, count)
  }
  for (let index = steps.length - 1; index >= 0; index--) {
    const without = steps.filter((_, each) => each !== index)
    if ((await play(seed, without)).wrong.length > 0) steps = without
  }
  const { wrong, told } = await play(seed, steps)
  return [
    `seed ${seed}: BELFRY_SEED=${seed} npx vitest run test/engine/histories.test.ts`,
    ...wrong.slice(0, 5).map((text) => `  wrong: ${text}`),
    `what happened, without what it does not take (${steps.length} of ${STEPS} events):`,
    ...told.map((text) => `  ${text}`),
    `steps: ${JSON.stringify(steps)}`,
  ].join('\n')
}

/** The seeds of one of two test files, so that both cores have work. `BELFRY_SEED` asks for one, here. */
export function seedsOf(part: 0 | 1): readonly number[] {
  const { BELFRY_HISTORIES, BELFRY_SEED } = process.env
  if (BELFRY_SEED !== undefined) return part === 1 ? [Number(BELFRY_SEED)] : []
  const count = Number(BELFRY_HISTORIES ?? 1_000)
  return Array.from({ length: count }, (_, index) => index + 1).filter((seed) => seed % 2 === part)
}
