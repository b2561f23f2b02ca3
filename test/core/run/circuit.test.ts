import { describe, expect, it } from 'vitest'
import type { FireId } from '../../../src/core/names.ts'
import { type Circuit, CLOSED, circuitAfter } from '../../../src/core/run/circuit.ts'
import type { RunEvent } from '../../../src/core/run/run-event.ts'

const FACTS = {
  run: 'default/nightly@2026-01-27T12:00:00Z' as FireId,
  attempt: 1,
  at: '',
  instance: 'a',
  sequence: 1,
  delivery: 1,
  startedAt: null,
}
const error = { name: 'Error', message: 'refused' }
const SIGNS: Readonly<Record<string, RunEvent>> = {
  ok: { type: 'succeeded', ...FACTS },
  same: { type: 'succeeded', ...FACTS, duplicateOf: FACTS.run },
  fail: { type: 'failed', ...FACTS, error, retryAt: '', retryBy: 'server' },
  lost: { type: 'lost', ...FACTS },
  dead: { type: 'dead', ...FACTS, reason: 'attempts', error },
  permanent: { type: 'dead', ...FACTS, reason: 'permanent', error },
  cancelled: { type: 'cancelled', ...FACTS, by: 'ops', reason: '' },
  back: { type: 'handed-back', ...FACTS, reason: 'stopping' },
}
const settings = { failures: 3, cooldownMs: 10_000 }

/** Folds `name@milliseconds` one after the other. */
function folded(...signs: readonly string[]): Circuit {
  return signs.reduce((circuit, sign) => {
    const [name = '', at] = sign.split('@')
    return circuitAfter(circuit, SIGNS[name]!, { at: Number(at), settings })
  }, CLOSED)
}

describe('a circuit', () => {
  it.each([
    [['fail@1', 'fail@2'], { state: 'closed', failures: 2 }],
    [['fail@1', 'fail@2', 'fail@3'], { state: 'open', since: 3, until: 10_003, because: 'refused' }],
    [['fail@1', 'lost@2', 'dead@3'], { state: 'open' }],
    [['fail@1', 'fail@2', 'ok@3', 'fail@4', 'fail@5'], { state: 'closed', failures: 2 }],
    [['fail@1', 'fail@2', 'same@3', 'fail@4'], { state: 'open' }],
    [['fail@1', 'permanent@2', 'cancelled@3', 'back@4', 'fail@5'], { state: 'closed', failures: 2 }],
  ])('after %o is %o', (signs, expected) => {
    expect(folded(...signs)).toMatchObject(expected)
  })

  const open = ['fail@1', 'fail@2', 'fail@3']
  it('that is open heeds nothing that ends before its time is over', () => {
    expect(folded(...open, 'ok@9000', 'fail@10002')).toMatchObject({ state: 'open', until: 10_003 })
  })

  it('closes with the first success after that, and opens anew with the first failure', () => {
    expect(folded(...open, 'ok@10003')).toMatchObject({ state: 'closed', failures: 0, since: 10_003 })
    expect(folded(...open, 'fail@10003')).toMatchObject({ state: 'open', until: 20_003 })
    expect(folded(...open, 'permanent@10003')).toMatchObject({ state: 'open', until: 10_003 })
  })

  it('is not moved by what was told before it last changed', () => {
    const closed = folded(...open, 'ok@10003')
    const again = circuitAfter(closed, SIGNS.fail!, { at: 3, settings: { ...settings, failures: 1 } })
    expect(again).toBe(closed)
  })
})
