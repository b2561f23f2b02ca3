import type { Clock } from '../ports/clock.ts'

/** setTimeout holds at most this; longer sleeps are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock and timers: the only place that reads them. */
export const systemClock: Clock = {
  now: () => Date.now(),

  // CLOCK_MONOTONIC and its like: unmoved by changes of the wall clock, running on while the process is stopped.
  monotonic: () => performance.now(),

  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(false)
        return
      }
      const end = performance.now() + ms
      let timer: NodeJS.Timeout
      const onAbort = () => {
        clearTimeout(timer)
        resolve(false)
      }
      const wait = () => {
        const left = end - performance.now()
        if (left <= 0) {
          signal.removeEventListener('abort', onAbort)
          resolve(true)
          return
        }
        timer = setTimeout(wait, Math.min(Math.ceil(left), LONGEST_TIMER_MS))
      }
      signal.addEventListener('abort', onAbort, { once: true })
      timer = setTimeout(wait, Math.min(Math.max(0, Math.ceil(ms)), LONGEST_TIMER_MS))
    })
  },
}
