import { spawn } from 'node:child_process'

/** A failure that a person can cure; `cure` says how. */
export class Unable extends Error {
  constructor(message, cure) {
    super(message)
    this.name = 'Unable'
    this.cure = cure
  }
}

/** Progress goes to stderr, so that stdout stays free for what was asked for. */
export function say(text) {
  process.stderr.write(`bootstrap: ${text}\n`)
}

/**
 * Runs a program and resolves to {code, output}. With `show`, its output also goes to stderr as it comes.
 * A program that does not exist resolves to code 127.
 */
export function run(program, args, { cwd, env, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks = []
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        chunks.push(chunk)
        if (show) process.stderr.write(chunk)
      })
    }
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

/** Seconds since `start` (a `performance.now()`), for messages. */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}
