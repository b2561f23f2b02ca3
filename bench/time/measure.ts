import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { END } from './cases.ts'
import type { Walker } from './engines.ts'

/** Calls of next() per second, over at least `leastMs` and at least eight calls. */
export function nextPerSecond(walker: Walker, leastMs: number): number {
  run(walker, leastMs / 5)
  walker.back()
  return run(walker, leastMs)
}

function run(walker: Walker, leastMs: number): number {
  const begin = performance.now()
  let batch = 8
  let calls = 0
  for (;;) {
    for (let index = 0; index < batch; index++) {
      const at = walker.next()
      if (at === null || at >= END) walker.back()
    }
    calls += batch
    const spent = performance.now() - begin
    if (spent >= leastMs) return (calls / spent) * 1000
    if (spent < leastMs / 16) batch *= 2
  }
}

export function microsecondsEach(times: number, work: (index: number) => void): number {
  const begin = performance.now()
  for (let index = 0; index < times; index++) work(index)
  return ((performance.now() - begin) * 1000) / times
}

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

/** Heap bytes that one of `count` made things keeps. */
export function bytesEach(count: number, make: (index: number) => unknown): number {
  const kept = new Array<unknown>(count).fill(null)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < count; index++) kept[index] = make(index)
  collect()
  const bytes = (process.memoryUsage().heapUsed - before) / count
  return kept.length === count ? bytes : 0
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
