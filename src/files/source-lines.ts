import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { LIMITS } from '../core/manifest/limits.ts'

/** A line of a file, from 1, for showing it beside a problem; undefined if it cannot be had any more. */
export type SourceLine = (file: string, line: number) => string | undefined

/** Reads each file once. Files are named as problems name them, relative to `cwd`. */
export function sourceLines(cwd: string): SourceLine {
  const known = new Map<string, readonly string[]>()
  return (file, line) => {
    let lines = known.get(file)
    if (lines === undefined) {
      lines = readLines(resolve(cwd, file))
      known.set(file, lines)
    }
    return lines[line - 1]
  }
}

/** The frame is a courtesy: a file that went away or is no text has no lines. */
function readLines(path: string): readonly string[] {
  try {
    const bytes = readFileSync(path)
    return bytes.length > LIMITS.fileBytes ? [] : new TextDecoder('utf-8').decode(bytes).split(/\r?\n/)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    return []
  }
}
