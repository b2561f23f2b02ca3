/** What a command may touch of the process it runs in. Tests hand in their own. */
export interface CommandIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Whether colours may be written to stdout. */
  readonly color: boolean
  /** Whether stdout is a terminal whose lines may be rewritten. */
  readonly interactive: boolean
  readonly columns: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts when the user or the system asks the command to end. */
  readonly signal: AbortSignal
}

/** Exit codes, the same for every command that has no others documented. */
export const EXIT_OK = 0
export const EXIT_PROBLEMS = 1
export const EXIT_USAGE = 2
