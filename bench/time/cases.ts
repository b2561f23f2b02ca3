/** What is asked: eight fixed expressions, all of which every engine here reads alike, in three zones. */
export const EXPRESSIONS = [
  '*/10 * * * * *',
  '* * * * *',
  '*/15 9-17 * * MON-FRI',
  '30 2 * * *',
  '0 20 * * MON',
  '0 18 L * *',
  '0 12 * * 5#3',
  '0 0 29 2 *',
] as const

export const ZONES = ['Asia/Kolkata', 'America/New_York', 'Europe/London'] as const

/** Walks start here, and ours starts over before the year 2100 so that it stays in the times that people schedule. */
export const START = Date.UTC(2026, 0, 1)
export const END = Date.UTC(2100, 0, 1)
