import type { Problem } from '../core/errors.ts'

/** A problem as `--format json` prints it: the names and their meaning stay. */
export function problemJson(found: Problem): Readonly<Record<string, unknown>> {
  const { position, code, severity, message, expected, found: got, suggestion, cure, identity, path } = found
  return {
    code,
    severity,
    message,
    file: position?.file ?? null,
    line: position?.line ?? null,
    column: position?.column ?? null,
    identity: identity ?? null,
    path: path ?? null,
    expected: expected ?? null,
    found: got ?? null,
    suggestion: suggestion ?? null,
    cure: cure ?? null,
  }
}

/** A problem as a GitHub workflow command, which shows as an annotation of the line in the pull request. */
export function problemGithub(found: Problem): string {
  const { severity, code, position } = found
  const properties = [
    ...(position === undefined
      ? []
      : [`file=${property(position.file)}`, `line=${position.line}`, `col=${position.column}`]),
    `title=${property(code)}`,
  ]
  const lines = [
    found.message,
    ...(found.expected === undefined ? [] : [`expected ${found.expected}`]),
    ...(found.found === undefined ? [] : [`found ${found.found}`]),
    ...(found.suggestion === undefined ? [] : [`Did you mean \`${found.suggestion}\`?`]),
    ...(found.cure === undefined ? [] : [found.cure]),
  ]
  return `::${severity} ${properties.join(',')}::${data(lines.join('\n'))}\n`
}

/** What a workflow command's text must not hold, or it would end the command or begin another. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
