import type { Problem } from '../core/errors.ts'

/**
 * Problems as a SARIF 2.1.0 log (OASIS), which code-scanning services read. One run, one rule per code, in the order of
 * first use; columns count UTF-16 code units, as the run says.
 */
export function problemsSarif(problems: readonly Problem[]): Readonly<Record<string, unknown>> {
  const rules = [...new Set(problems.map(({ code }) => code))]
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        columnKind: 'utf16CodeUnits',
        tool: {
          driver: {
            name: 'belfry',
            rules: rules.map((id) => ({ id })),
          },
        },
        results: problems.map((found) => ({
          ruleId: found.code,
          ruleIndex: rules.indexOf(found.code),
          level: found.severity,
          message: { text: sentences(found) },
          locations: found.position === undefined ? [] : [locationOf(found.position)],
        })),
      },
    ],
  }
}

function sentences({ message, expected, found, suggestion, cure }: Problem): string {
  const parts = [message]
  if (expected !== undefined) parts.push(`expected: ${expected}`)
  if (found !== undefined) parts.push(`found: ${found}`)
  if (suggestion !== undefined) parts.push(`did you mean ${suggestion}?`)
  if (cure !== undefined) parts.push(cure)
  return parts.join('; ')
}

function locationOf({ file, line, column }: NonNullable<Problem['position']>) {
  // A URI, relative to the root of the checkout: names of files may hold anything.
  const uri = file.split('/').map(encodeURIComponent).join('/')
  return {
    physicalLocation: {
      artifactLocation: { uri, uriBaseId: '%SRCROOT%' },
      region: { startLine: line, startColumn: column },
    },
  }
}
