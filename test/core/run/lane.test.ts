import { describe, expect, it } from 'vitest'
import { laneOf, lanesOf } from '../../../src/core/run/lane.ts'

describe('the lane of a run', () => {
  it('is frozen: the first 32 bits of the SHA-256 of its key, modulo the number of partitions', () => {
    const keys = ['main', 'acme/7', 'Zürich', 'a b']
    expect(keys.map((key) => laneOf(key, 16))).toEqual(['p9-16', 'p4-16', 'p14-16', 'p8-16'])
    expect(keys.map((key) => laneOf(key, 5))).toEqual(['p3-5', 'p1-5', 'p0-5', 'p4-5'])
  })

  it('is the shared one without a key or partitions', () => {
    expect([laneOf(undefined, 16), laneOf('main', undefined)]).toEqual(['0', '0'])
  })

  it('is one of the lanes that have consumers, and every lane has keys', () => {
    const lanes = Array.from({ length: 1_000 }, (_, index) => laneOf(`key-${index}`, 16))
    expect([...new Set(lanes)].sort()).toEqual([...lanesOf(16)].sort())
  })
})
