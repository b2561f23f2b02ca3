import picocolors from 'picocolors'

const SHOWN: Readonly<Record<string, string>> = {
  debug: 'debug',
  info: 'info ',
  warn: 'WARN ',
  error: 'ERROR',
}

/**
 * One log record as one line for people: `12:00:00.123 info  message  key=value`. Values with blanks are quoted, what
 * is nested is JSON, and a stack follows on lines of its own.
 */
export function formatLine(record: Readonly<Record<string, unknown>>, color: boolean): string {
  const { time, level, message, ...facts } = record
  const paint = picocolors.createColors(color)
  const name = String(level)
  const shown = SHOWN[name] ?? name
  const painted =
    name === 'error' ? paint.red(shown) : name === 'warn' ? paint.yellow(shown) : paint.dim(shown)
  const stacks: string[] = []
  const pairs = Object.entries(facts).map(
    ([key, value]) => `${paint.dim(`${key}=`)}${formatValue(value, stacks)}`,
  )
  const clock = String(time).slice(11, 23)
  const line = [`${paint.dim(clock)} ${painted} ${message}`, ...pairs].join('  ')
  return `${[line, ...stacks.map((stack) => stack.replace(/^/gm, '    '))].join('\n')}\n`
}

function formatValue(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  if (value !== null && typeof value === 'object' && 'stack' in value && typeof value.stack === 'string') {
    const { stack, ...rest } = value
    stacks.push(stack)
    return JSON.stringify(rest)
  }
  return JSON.stringify(value) ?? 'undefined'
}
