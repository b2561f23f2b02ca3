/** A user's stream that a schedule waits on: which of its messages start runs. */
export interface EventWatch {
  readonly tenant: string
  readonly schedule: string
  readonly stream: string
  /** Of the messages; wildcards allowed. */
  readonly subject: string
}

/** Where a consumer begins if it must be made. */
export type EventStart =
  /** With the first message stored after this instant, epoch milliseconds. */
  | { readonly after: number }
  /** With this sequence of the stream that was made then; with the first of one that was made again since. */
  | { readonly sequence: number; readonly of: string }

export type EventSourceState =
  /** `created`: which stream of this name it is. Sequences begin anew when a stream is made again. */
  | { readonly kind: 'ready'; readonly created: string }
  /** Not now; it may be later. */
  | { readonly kind: 'waits'; readonly because: string }

/** One delivery of one message. It comes again until it is acknowledged. */
export interface EventMessage {
  readonly sequence: number
  readonly subject: string
  /** When the server stored it, epoch milliseconds. */
  readonly storedAt: number
  readonly payload: Uint8Array
  ack(): void
  /** Gives it back at once: whoever leads next shall not wait for it. */
  giveBack(): void
  /** Asks for more time. */
  working(): void
}

export interface EventFeed {
  /** Asks for what there is room for. Called when something has left, and now and then. */
  refill(): void
  /** Resolves when nothing arrives any more. */
  stop(): Promise<void>
}

export interface EventFeedOptions {
  /** How many messages may be here, those that were asked for included. */
  readonly room: () => number
  readonly onMessage: (message: EventMessage) => void
}

/** The durable consumers that belfry has on streams of its users, one for each event trigger. */
export interface EventSources {
  /** Makes the consumer if it is not there; never changes where one stands. */
  ensure(watch: EventWatch, start: EventStart): Promise<EventSourceState>
  /** Up to which sequence everything was acknowledged; null: there is no such consumer. */
  floor(watch: EventWatch, created: string): Promise<number | null>
  /** Removes it; also if it, or its stream, is gone already. */
  remove(watch: EventWatch, created: string): Promise<void>
  open(watch: EventWatch, created: string, options: EventFeedOptions): EventFeed
}
