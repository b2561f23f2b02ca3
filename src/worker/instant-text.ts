let lastInstant = Number.NaN
let lastText = ''

/** ISO 8601 with milliseconds. Runs that are told of in one go are told of in one millisecond, and making the text costs. */
export function instantText(epochMs: number): string {
  if (epochMs !== lastInstant) {
    lastText = new Date(epochMs).toISOString()
    lastInstant = epochMs
  }
  return lastText
}
