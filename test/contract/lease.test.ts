import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HeldLease, LeaseRecord } from '../../src/ports/lease.ts'
import { type Ports, portsFamilies } from '../support/ports.ts'
import { Recorder } from '../support/recorder.ts'

function record(changes: Partial<LeaseRecord> = {}): LeaseRecord {
  return { holder: 'one', nonce: 'n1', term: 1, renewedAt: 1_769_515_200_000, released: false, ...changes }
}

describe.each(portsFamilies())('a lease $title', (family) => {
  let ports: readonly [Ports, Ports]
  let ending: AbortController

  beforeAll(() => family.start())
  afterAll(() => family.stop())
  beforeEach(async () => {
    ports = await family.open()
    ending = new AbortController()
  })
  afterEach(async () => {
    ending.abort()
    await Promise.all(ports.map((each) => each.close()))
  })

  it("is nobody's before it is first written", async () => {
    expect(await ports[0].lease.read()).toBeNull()
  })

  it('shows to every instance what was written last, with its revision', async () => {
    const [one, two] = ports
    expect(await one.lease.write(record(), null)).toEqual({ kind: 'written', revision: 1 })
    expect(await one.lease.write(record({ renewedAt: 2 }), 1)).toEqual({ kind: 'written', revision: 2 })
    expect(await two.lease.read()).toEqual({ record: record({ renewedAt: 2 }), revision: 2 })
  })

  it('is taken by exactly one of many that saw it free', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (ports[index % 2] as Ports).lease.write(record({ nonce: `n${index}` }), null),
      ),
    )
    expect(answers.filter((answer) => answer.kind === 'written')).toHaveLength(1)
    expect(answers.filter((answer) => answer.kind === 'conflict')).toHaveLength(9)
  })

  it('refuses a holder whose revision is no longer the newest', async () => {
    const [one, two] = ports
    await one.lease.write(record(), null)
    await two.lease.write(record({ holder: 'two', nonce: 'n2', term: 2 }), 1)
    expect(await one.lease.write(record(), 1)).toEqual({ kind: 'conflict' })
  })

  it('tells a standby of every write, a release included', async () => {
    const [one, two] = ports
    await one.lease.write(record(), null)
    const told = new Recorder<HeldLease>()
    two.lease.watch(told.push, ending.signal)
    await told.count(1)
    await one.lease.write(record({ released: true }), 1)
    await told.count(2)
    expect(told.items.map((held) => [held.revision, held.record.released])).toEqual([
      [1, false],
      [2, true],
    ])
  })
})
