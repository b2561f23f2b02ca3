import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './markdown.ts'

export interface Instruction {
  readonly name: string
  /** As written, continued lines joined. */
  readonly text: string
  /** The words, for instructions in JSON form and in shell form alike. */
  readonly words: readonly string[]
}

export interface Stage {
  readonly image: string
  readonly alias: string | null
  readonly instructions: readonly Instruction[]
}

const KNOWN =
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  )

/** Reads a Dockerfile. Throws for an instruction that does not exist, and for anything before the first FROM. */
export function readDockerfile(path: string): readonly Stage[] {
  const text = readFileSync(join(ROOT, path), 'utf8').replace(/\\\n\s*/g, ' ')
  const stages: { image: string; alias: string | null; instructions: Instruction[] }[] = []
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const [name = ''] = line.split(' ')
    const rest = line.slice(name.length).trim()
    if (!KNOWN.includes(name)) throw new Error(`${path}: there is no instruction ${name}`)
    if (name === 'FROM') {
      const [image = '', as, alias = null] = rest.split(' ')
      if (as !== undefined && as !== 'AS') throw new Error(`${path}: FROM ${rest}`)
      stages.push({ image, alias, instructions: [] })
    } else {
      const stage = stages.at(-1)
      if (stage === undefined) throw new Error(`${path}: ${name} before FROM`)
      const words = rest.startsWith('[') ? (JSON.parse(rest) as string[]) : rest.split(/\s+/)
      stage.instructions.push({ name, text: rest, words })
    }
  }
  return stages
}

/** The instructions of one name, in order. */
export function instructionsOf(stage: Stage, name: string): readonly Instruction[] {
  return stage.instructions.filter((instruction) => instruction.name === name)
}

/** Sources and target of a COPY, without its flags. */
export function copyOf({ words }: Instruction): {
  readonly from: string | null
  readonly sources: readonly string[]
  readonly target: string
} {
  const flags = words.filter((word) => word.startsWith('--'))
  const places = words.filter((word) => !word.startsWith('--'))
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length) ?? null
  return { from, sources: places.slice(0, -1), target: places.at(-1)! }
}
