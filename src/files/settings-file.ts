import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import { BelfryError } from '../core/errors.ts'

const NAME = 'belfry.yaml'

/** The content of `belfry.yaml` in a folder; null if there is none. Throws `usage` if it cannot be read. */
export async function readSettingsFile(folder: string): Promise<unknown> {
  try {
    return parse(await readFile(resolve(folder, NAME), 'utf8'), { maxAliasCount: 0 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new BelfryError('usage', `${NAME} cannot be read: ${String(error)}`, { cause: error })
  }
}

/** A text file that a setting names. Throws `usage` if it cannot be read. */
export async function readText(path: string, folder: string): Promise<string> {
  try {
    return await readFile(resolve(folder, path), 'utf8')
  } catch (error) {
    throw new BelfryError('usage', `${path} cannot be read: ${String(error)}`, { cause: error })
  }
}
