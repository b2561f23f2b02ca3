import { BelfryProcess } from '../support/belfry-process.ts'
import type { NatsWire } from '../support/nats-wire.ts'

/** What no fault excuses: an error of belfry's own. */
const NEVER_SAID = [
  'a schedule cannot be decided: the others go on',
  'a live schedule cannot be compiled: its last good version stays',
]

export interface InstanceOptions {
  readonly wire: NatsWire
  readonly tree: string
  readonly prefix: string
  /** Called when a process ends although nobody ended it, and for what it must never say. */
  readonly onSurprise: (what: string) => void
  /** Given all that a process has logged, when it has ended. */
  readonly onLog: (lines: readonly string[]) => void
}

/** One belfry process after another under one name, each behind the same wire. */
export class Instance {
  readonly name: string
  readonly wire: NatsWire
  readonly tree: string
  readonly #prefix: string
  readonly #onSurprise: (what: string) => void
  readonly #onLog: (lines: readonly string[]) => void
  #process: BelfryProcess | null = null
  #expected = false

  constructor(name: string, { wire, tree, prefix, onSurprise, onLog }: InstanceOptions) {
    this.name = name
    this.wire = wire
    this.tree = tree
    this.#prefix = prefix
    this.#onSurprise = onSurprise
    this.#onLog = onLog
  }

  get process(): BelfryProcess | null {
    return this.#process
  }

  start(): void {
    if (this.#process !== null) return
    this.#expected = false
    const { name: instance, wire: server, tree } = this
    const started = BelfryProcess.serve({ server, prefix: this.#prefix, instance, tree, clockCanShift: true })
    this.#process = started
    void started.ended.then((code) => {
      if (this.#process === started) this.#process = null
      this.#onLog([...started.lines.items.map((line) => JSON.stringify(line)), `ended with ${code}`])
      for (const line of started.lines.items)
        if (NEVER_SAID.includes(line.message)) this.#onSurprise(`${instance}: ${JSON.stringify(line)}`)
      if (this.#expected) return
      // One that cannot reach NATS while it starts gives up and is started again, by whatever supervises it.
      const isUp = started.lines.items.some(({ message }) => message === 'ready')
      if (isUp)
        this.#onSurprise(
          `${instance} ended by itself with ${code}: ${JSON.stringify(started.lines.items.at(-1))}`,
        )
      this.start()
    })
  }

  /** Whether its process knows that it leads in this term. */
  leads(term: number): boolean {
    const said = this.#process?.lines.items.findLast(({ message }) =>
      /this instance leads|leadership is lost/.test(message),
    )
    return said?.message === 'this instance leads' && said.term === term
  }

  /** What its newest process has logged. */
  get log(): string {
    return (this.#process?.lines.items ?? []).map((line) => JSON.stringify(line)).join('\n')
  }

  /** At once, also in the midst of forwarding one of its messages. */
  killNow(): void {
    this.#expected = true
    this.#process?.signal('SIGKILL')
  }

  /** Asks it to stop; it may be killed meanwhile. */
  terminate(): void {
    this.#expected = true
    this.#process?.signal('SIGTERM')
  }

  async ended(): Promise<void> {
    await this.#process?.ended
  }
}
