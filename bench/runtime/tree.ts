import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const JOBS = 20
const PER_FOLDER = 500

/** Adapter and jobs; the schedules are written beside them, a file each. */
export function writeTree(folder: string, schedules: readonly string[], cron: string): void {
  mkdirSync(folder, { recursive: true })
  const head = (kind: string, name: string) =>
    `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`
  writeFileSync(
    join(folder, 'adapter.yaml'),
    `${head('Adapter', 'bench')}spec: { concurrency: 100, ackWait: 30s }\n`,
  )
  for (let job = 0; job < JOBS; job += 1) {
    writeFileSync(
      join(folder, `job-${job}.yaml`),
      `${head('Job', `job-${job}`)}spec: { adapter: bench, message: Run${job}, version: 1, data: { portfolio: main } }\n`,
    )
  }
  for (const [index, name] of schedules.entries()) {
    const part = join(folder, `part-${Math.floor(index / PER_FOLDER)}`)
    if (index % PER_FOLDER === 0) mkdirSync(part, { recursive: true })
    writeFileSync(join(part, `${name}.yaml`), scheduleText(name, index, cron))
  }
}

export function scheduleFile(folder: string, name: string, index: number): string {
  return join(folder, `part-${Math.floor(index / PER_FOLDER)}`, `${name}.yaml`)
}

export function scheduleText(name: string, index: number, cron: string): string {
  return `apiVersion: belfry/v1
kind: Schedule
metadata: { name: ${name} }
spec:
  job: job-${index % JOBS}
  timezone: ${['Asia/Kolkata', 'Europe/London', 'America/New_York'][index % 3]}
  triggers: [{ cron: '${cron}' }]
`
}
