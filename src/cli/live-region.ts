import type { CommandIo } from './io.ts'

const UP = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A`)
const CLEAR_BELOW = '\u001b[0J'

/** Lines at the bottom of a terminal that are drawn anew, below lines that stay. Without a terminal only those that stay. */
export class LiveRegion {
  readonly #io: CommandIo
  #shown = 0

  constructor(io: CommandIo) {
    this.#io = io
  }

  /** A line that stays, above the region. */
  print(line: string): void {
    this.#clear()
    this.#io.stdout(`${line}\n`)
  }

  /** What the region shows from now on. */
  draw(lines: readonly string[]): void {
    if (!this.#io.interactive) return
    this.#clear()
    const fitting = lines.map((line) => cut(line, this.#io.columns - 1))
    this.#io.stdout(fitting.map((line) => `${line}\n`).join(''))
    this.#shown = fitting.length
  }

  #clear(): void {
    if (this.#shown === 0) return
    this.#io.stdout(`${UP(this.#shown)}${CLEAR_BELOW}`)
    this.#shown = 0
  }
}

/** A wrapped line would upset the count of lines to go up. Colour codes take no room. */
function cut(line: string, columns: number): string {
  let shown = 0
  let text = ''
  for (let index = 0; index < line.length; index++) {
    if (line[index] === '\u001b') {
      const end = line.indexOf('m', index)
      text += line.slice(index, end + 1)
      index = end
    } else {
      if (shown >= columns) continue
      text += line[index]
      shown += 1
    }
  }
  return text
}
