/**
 * A command as handler.
 *
 * Job: run the command of the worker's own command line for each run; nothing of a message ever names a program. Invariant:
 * the run ends only when the process has ended. On abort it is asked to end, and killed if it does not.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { isMapping } from '../core/manifest/data.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { PermanentError } from './outcome-errors.ts'
import type { Handler, Run } from './run.ts'

/** Of sysexits.h, usage, data and configuration errors: the same again ends the same. */
const PERMANENT: readonly number[] = [64, 65, 78]
const KILL_AFTER_MS = 4_000

export function commandHandler(
  command: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv,
): Handler {
  const [program, ...parameters] = command
  return (run: Run) =>
    new Promise<void>((resolve, reject) => {
      const child = spawn(program, parameters, {
        env: { ...environment, ...variablesOf(run) },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      const over = new AbortController()
      const onAbort = () => {
        child.kill('SIGTERM')
        void systemClock.sleep(KILL_AFTER_MS, over.signal).then((passed) => passed && child.kill('SIGKILL'))
      }
      run.signal.addEventListener('abort', onAbort, { once: true })
      createInterface({ input: child.stdout }).on('line', (line) => run.log.info(line))
      createInterface({ input: child.stderr }).on('line', (line) => run.log.warn(line))
      // A command that does not read its data closes the pipe.
      child.stdin.on('error', (error) =>
        run.log.debug('the command did not read its data', { error: String(error) }),
      )
      child.stdin.end(JSON.stringify(run.data))
      child.once('error', (error) => {
        over.abort()
        reject(new PermanentError(`${program} cannot be run: ${error.message}`))
      })
      child.once('close', (code, signal) => {
        over.abort()
        run.signal.removeEventListener('abort', onAbort)
        if (code === 0) resolve()
        else if (code !== null && PERMANENT.includes(code)) {
          reject(new PermanentError(`${program} ended with exit code ${code}`))
        } else
          reject(
            new Error(`${program} ended with ${code === null ? `signal ${signal}` : `exit code ${code}`}`),
          )
      })
    })
}

/** `BELFRY_RUN` and its like, and `BELFRY_DATA_<KEY>` for each plain value of the data. */
function variablesOf(run: Run): Readonly<Record<string, string>> {
  const plain = isMapping(run.data)
    ? Object.entries(run.data).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    : []
  return {
    BELFRY_RUN: run.id,
    BELFRY_ATTEMPT: String(run.attempt),
    BELFRY_MAX_ATTEMPTS: String(run.maxAttempts),
    BELFRY_MESSAGE: run.message,
    BELFRY_JOB: run.job,
    BELFRY_TENANT: run.tenant,
    BELFRY_REASON: run.reason,
    BELFRY_FENCE: String(run.fence),
    BELFRY_NOMINAL_TIME: run.nominalTime.toISOString(),
    ...Object.fromEntries(
      plain.map(([key, value]) => [
        `BELFRY_DATA_${key.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`,
        String(value),
      ]),
    ),
  }
}
