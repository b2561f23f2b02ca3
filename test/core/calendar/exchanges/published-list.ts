import { readFileSync } from 'node:fs'

/** A session held on one day, times `HH:MM` in the zone of the exchange. */
export interface PublishedSession {
  readonly date: string
  readonly open: string
  readonly close: string
  /** The day stays closed beside it. */
  readonly closed?: boolean
}

/** What an exchange announced and public data sets hold, gathered from them and never from this product. */
export interface PublishedList {
  readonly calendar: string
  /** First and last day of the list; days between that are in none of its parts are usual ones. */
  readonly from: string
  readonly to: string
  readonly sources: readonly { readonly title: string; readonly url: string; readonly used: string }[]
  /** Days of the usual week without trading. */
  readonly closed: readonly string[]
  readonly early: Readonly<Record<string, string>>
  readonly late: Readonly<Record<string, string>>
  readonly sessions: readonly PublishedSession[]
  /** Days on which the sources disagree, with how; nothing is promised about them. */
  readonly disputed: Readonly<Record<string, string>>
}

export function publishedList(exchange: string): PublishedList {
  return JSON.parse(readFileSync(new URL(`./${exchange}.expected.json`, import.meta.url), 'utf8'))
}
