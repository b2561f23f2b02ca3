import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BelfryProcess } from '../support/belfry-process.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'

const tick = (name: string, every = '1s') =>
  scheduleText(name, `timezone: UTC, triggers: [{every: ${every}}]`)

let installation: Installation
let serve: BelfryProcess

beforeAll(async () => {
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`many/${index}.yaml`, tick(`many-${index}`, '1h')]),
  )
  installation = await startInstallation({ 'base.yaml': ADAPTER_AND_JOB, 'tick.yaml': tick('tick'), ...many })
  serve = installation.serve('only')
  await serve.said('the tree is applied')
})
afterAll(() => installation.stop())

/** Runs `belfry ARGS` against the installation to its end. */
async function belfry(...args: readonly string[]) {
  const { server, prefix, tree } = installation
  const run = BelfryProcess.run([...args, '--nats', server.url, '--prefix', prefix], tree)
  const code = await run.ended
  return { code, output: run.output, errors: run.lines.items.map(({ message }) => message).join('\n') }
}

async function status() {
  const { output } = await belfry('status', '--format', 'json', '--limit', '100')
  return JSON.parse(output)
}

/** Changes the tree and waits until serve has said `message` about it. */
async function when(change: () => void, message: string): Promise<Readonly<Record<string, unknown>>> {
  const from = serve.lines.items.length
  change()
  return serve.said(message, from)
}

describe('while belfry serve runs', () => {
  it('an edited file changes the live trigger', async () => {
    await when(() => installation.write('tick.yaml', tick('tick', '2s')), 'the tree is applied')
    const found = (await status()).schedules.find(
      (each: { schedule: string }) => each.schedule === 'default/tick',
    )
    expect(found).toMatchObject({ condition: 'Ready', generation: 2 })
    expect(Date.parse(found.next) % 2_000).toBe(0)
  })

  it('a new file adds a schedule and a deleted one takes it away', async () => {
    await when(() => installation.write('more/new.yaml', tick('added')), 'the tree is applied')
    expect(await installation.entry('added')).not.toBeNull()
    const stored = await installation.records.until((items) =>
      items.some(({ key }) => key.schedule === 'added'),
    )
    expect(stored.at(-1)).toBeDefined()
    await when(() => installation.remove('more/new.yaml'), 'the tree is applied')
    expect(await installation.entry('added')).toBeNull()
    const markers = await installation.records.until((items) =>
      items.some(({ key, reason }) => key.schedule === 'added' && reason === 'deleted'),
    )
    expect(markers.filter(({ key }) => key.schedule === 'added').at(-1)).toMatchObject({
      kind: 'marker',
      reason: 'deleted',
    })
  })

  it('a file broken on purpose is reported with its line, and everything goes on firing', async () => {
    const line = await when(
      () =>
        installation.write(
          'broken.yaml',
          `${ADAPTER_AND_JOB}---\napiVersion: belfry/v1\nkind: Schedule\nmetadata: {name: wrong}\nspec: {job: nothing, triggers: [{cron: "61 * * * *"}]}\n`,
        ),
      'the tree is not valid: the last good one keeps firing',
    )
    expect(line.first).toMatch(/broken\.yaml:\d+:\d+/)
    const before = installation.fires().length
    await installation.untilFires(before + 3)
    const report = await status()
    expect(report.sources[0].attempted).toMatchObject({ outcome: 'invalid' })
    expect(report.sources[0].attempted.problems[0]).toMatchObject({ file: 'broken.yaml' })
    await when(
      () => installation.remove('broken.yaml'),
      'the tree is good again, and live state is equal to it',
    )
  })

  it('emptying the folder deletes nothing', async () => {
    const objects = (await status()).objects
    await when(() => {
      installation.remove('many')
      installation.remove('tick.yaml')
      installation.remove('base.yaml')
    }, 'the tree is not valid: the last good one keeps firing')
    expect((await status()).objects).toBe(objects)
  })

  it('a deletion of much is refused, names the flag that allows it, and that flag allows it', async () => {
    const refused = await when(() => {
      installation.write('base.yaml', ADAPTER_AND_JOB)
      installation.write('tick.yaml', tick('tick', '2s'))
    }, 'the tree is refused')
    expect(refused.message).toBe('the tree is refused')
    const flag = /--max-prune (\S+)/.exec(String(refused.reason))?.[1]
    expect(flag).toBe('20,87%')
    const without = await belfry('apply', '.')
    expect(without).toMatchObject({ code: 1 })
    expect(without.errors).toContain('--max-prune 20,87%')
    const allowed = await belfry('apply', '.', '--max-prune', '20,87%')
    expect(allowed).toMatchObject({ code: 0 })
    expect(allowed.output).toContain('20 deleted')
  })

  it('ends with exit code 0 when it is asked to stop, and never wrote anything but log lines', async () => {
    expect(await serve.stop()).toBe(0)
    expect(serve.lines.items.filter(({ level }) => level === 'text')).toEqual([])
  })
})
