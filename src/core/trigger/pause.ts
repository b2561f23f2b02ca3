/** What becomes of the nominal times that a pause held back, once it ends. */
export type PauseMissed = 'discard' | 'latest' | 'all'

export const PAUSE_MISSED: readonly PauseMissed[] = ['discard', 'latest', 'all']
