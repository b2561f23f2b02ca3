import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './say.mjs'

/**
 * Runs `work` while no other bootstrap works on this clone. The lock is a folder, because making one is atomic; it
 * holds the owner's process id, so that a lock whose owner died is taken over.
 */
export async function withLock(root, work) {
  const lock = join(root, '.belfry', 'bootstrap.lock')
  mkdirSync(join(root, '.belfry'), { recursive: true })
  let told = false
  let ownerless = 0
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = ownerOf(lock)
    // Between making the folder and writing the id there is a moment without an owner; a second of it is a crash.
    ownerless = owner === undefined ? ownerless + 1 : 0
    if (ownerless > 10 || (owner !== undefined && !isAlive(owner))) {
      discard(lock)
      continue
    }
    if (!told) say(`waiting for another bootstrap of this folder (process ${owner ?? 'unknown'})`)
    told = true
    await sleep(100)
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function ownerOf(lock) {
  try {
    return Number(readFileSync(join(lock, 'pid'), 'utf8')) || undefined
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Renames first: of two that find the same dead owner only one can rename, and neither removes a fresh lock. */
function discard(lock) {
  const aside = `${lock}.dead-${process.pid}-${Date.now()}`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  rmSync(aside, { recursive: true, force: true })
}
