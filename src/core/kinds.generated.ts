// Generated from schemas/ by `npm run generate`. Do not edit.

/**
 * The version of the manifest format.
 */
export type ApiVersion = 'belfry/v1'
/**
 * A name: lower-case letters, digits and hyphens, at most 63 characters, beginning and ending with a letter or digit.
 */
export type Name = string
/**
 * A length of time in days (of 24 hours), hours, minutes and seconds, in that order.
 */
export type Duration = string
/**
 * The name of a time zone in the IANA database.
 */
export type TimeZone = string
/**
 * A day of the week.
 */
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'
/**
 * 0 to 9, higher first: the order among fires due in the same tick and among the runs that a worker holds; nothing else.
 */
export type Priority = number
/**
 * One rule for times, by exactly one of `cron`, `every`, `at`, `rrule`, `businessDay`, `session`.
 */
export type Trigger =
  CronTrigger | EveryTrigger | AtTrigger | RruleTrigger | BusinessDayTrigger | SessionTrigger
/**
 * `unix` (the default): weekdays 0-7 from Sunday, restricted days of month and week are either-or. `quartz`: seconds first, weekdays 1-7 from Sunday, one of the day fields is `?`.
 */
export type CronDialect = 'unix' | 'quartz'
/**
 * A date and time: with `Z` or an offset it is that instant, without it is read in the schedule's zone, a bare date is 00:00 there.
 */
export type InstantText = string
/**
 * Only between these two times of day, both included; each window counts from its own start.
 *
 * @minItems 2
 * @maxItems 2
 */
export type BetweenTimes = readonly [TimeOfDay, TimeOfDay]
/**
 * A quoted time of day, "HH:MM" or "HH:MM:SS", from "00:00" to "23:59:59".
 */
export type TimeOfDay = string
/**
 * Dates and times.
 *
 * @minItems 1
 * @maxItems 10000
 */
export type InstantList = readonly InstantText[]
/**
 * The period; weeks are ISO weeks.
 */
export type BusinessPeriod = 'week' | 'month' | 'quarter' | 'year'
/**
 * Which edge of the session.
 */
export type SessionEdge = 'open' | 'close'
/**
 * A length of time, with a minus sign for earlier.
 */
export type SignedDuration = string
/**
 * What a fire on a closed day does: `skip` leaves it out, `following` and `preceding` move it to the next or last open day, the `modified` ones turn back at the end of the month, `nearest` takes the closer day, `unadjusted` fires all the same.
 */
export type Roll =
  | 'skip'
  | 'following'
  | 'modified-following'
  | 'preceding'
  | 'modified-preceding'
  | 'half-month-modified-following'
  | 'nearest'
  | 'unadjusted'
/**
 * Which days of the calendar fire: open days (the default), closed ones, those with a special session, or those that close early.
 */
export type RunOn = 'business-days' | 'holidays' | 'sessions' | 'early-closes'
/**
 * In whose zone a fire's instant becomes the date that the calendar is asked for.
 */
export type CalendarDate = 'schedule' | 'calendar'
/**
 * A local time that does not exist: the first instant after the gap (`next-valid`), later by the gap's length (`shift`), or not at all (`skip`).
 */
export type GapPolicy = 'next-valid' | 'shift' | 'skip'
/**
 * A local time that happens twice: its first pass, its last, or both.
 */
export type OverlapPolicy = 'first' | 'last' | 'both'
/**
 * `fire-once`: the newest missed time; `fire-all`: up to `maxCount` of them, oldest first; `skip`: none. What is not fired is recorded.
 */
export type MisfirePolicy = 'fire-once' | 'fire-all' | 'skip'
/**
 * What a missed fire does when calendar or blackouts are closed now: wait for the first instant that they admit (`hold`), be left out (`skip`), or fire all the same (`fire`).
 */
export type MisfireWhenClosed = 'hold' | 'skip' | 'fire'
/**
 * Stops the schedule: `true`, or with a reason and an end.
 */
export type Suspend = boolean | Suspension

/**
 * WHERE jobs run: one group of interchangeable workers, in any language.
 */
export interface AdapterManifest {
  readonly apiVersion: ApiVersion
  /**
   * The kind of document.
   */
  readonly kind: 'Adapter'
  readonly metadata: Metadata
  readonly spec: AdapterSpec
}
/**
 * What the document is called and whose it is. Kind, tenant and name together are its identity; file and folder are free.
 */
export interface Metadata {
  /**
   * Unique among the documents of this kind and tenant.
   */
  readonly name: Name
  /**
   * The tenant that the document belongs to; `default` if left out. Names refer to documents of the same tenant, a Calendar also to the tenant `default`.
   */
  readonly tenant?: Name
  /**
   * Free texts by key, for people and filters. They change nothing about when or where a job runs.
   */
  readonly labels?: {
    readonly [key: string]: string
  }
  /**
   * What this is for, in a sentence or a few.
   */
  readonly description?: string
  /**
   * Who answers for it: a person, a team or an address.
   */
  readonly owner?: string
}
/**
 * How the workers of this adapter get their work.
 */
export interface AdapterSpec {
  /**
   * Runs in flight at once, over all instances of the worker.
   */
  readonly concurrency?: number
  /**
   * A worker that is silent for this long loses the run to another; heartbeats extend it.
   */
  readonly ackWait?: Duration
  /**
   * Stops the delivery of every job of this adapter. Fires go on being stored, and are delivered when it ends.
   */
  readonly suspend?: boolean
}
/**
 * Which days are open: an exchange's or a company's calendar.
 */
export interface CalendarManifest {
  readonly apiVersion: ApiVersion
  /**
   * The kind of document.
   */
  readonly kind: 'Calendar'
  readonly metadata: Metadata
  readonly spec: CalendarSpec
}
/**
 * The days that are not like the others.
 */
export interface CalendarSpec {
  readonly timezone: TimeZone
  /**
   * Days of the week that are closed.
   */
  readonly weekend?: readonly Weekday[]
}
/**
 * WHAT runs: a message type for an adapter, with its data.
 */
export interface JobManifest {
  readonly apiVersion: ApiVersion
  /**
   * The kind of document.
   */
  readonly kind: 'Job'
  readonly metadata: Metadata
  readonly spec: JobSpec
}
/**
 * What the worker is told to do.
 */
export interface JobSpec {
  /**
   * The Adapter, of the same tenant, whose workers run this job.
   */
  readonly adapter: Name
  /**
   * The type of the message; the worker registers a handler for it.
   */
  readonly message: string
  /**
   * The version of the job, a whole number that travels with every message.
   */
  readonly version?: number
  readonly priority?: Priority
  /**
   * Stops the firing of all schedules of this job.
   */
  readonly suspend?: boolean
  readonly data?: Data
  readonly dataSchema?: DataSchema
}
/**
 * The job's data, any JSON object. A secret never stands here: write {secretRef: NAME} and the worker resolves it.
 */
export interface Data {
  readonly [key: string]: unknown
}
/**
 * A JSON Schema (draft-07) of the data after each schedule's is merged over the job's. `$ref` reaches only inside this schema.
 */
export interface DataSchema {
  readonly [key: string]: unknown
}
/**
 * WHEN a job runs. A job may have many schedules.
 */
export interface ScheduleManifest {
  readonly apiVersion: ApiVersion
  /**
   * The kind of document.
   */
  readonly kind: 'Schedule'
  readonly metadata: Metadata
  readonly spec: ScheduleSpec
}
/**
 * When the job runs, and what happens on closed days, at clock changes and after an outage.
 */
export interface ScheduleSpec {
  /**
   * The Job, of the same tenant, that runs.
   */
  readonly job: Name
  /**
   * The zone in which the triggers' times are read. Needed unless the tenant has a default.
   */
  readonly timezone?: TimeZone
  /**
   * The times, as a union: what several triggers ask for at one instant is one fire.
   *
   * @minItems 1
   * @maxItems 100
   */
  readonly triggers: readonly Trigger[]
  /**
   * The Calendar that says which days are open, of the same tenant or of the tenant `default`. Without one every day is open.
   */
  readonly calendar?: Name
  readonly roll?: Roll
  /**
   * Moves each date by so many business days of the calendar, after `roll`; negative is earlier.
   */
  readonly offset?: number
  readonly runOn?: RunOn
  readonly calendarDate?: CalendarDate
  /**
   * Nothing fires before this; the instant itself is included.
   */
  readonly startsAt?: InstantText
  /**
   * Nothing fires from this on; the instant itself is excluded.
   */
  readonly endsAt?: InstantText
  /**
   * How many fires the schedule has in its life, counted from its creation; edits keep the count.
   */
  readonly maxFires?: number
  /**
   * Spreads the start over up to this long, by a hash of identity and nominal time: the same fire always has the same delay. The nominal time does not move.
   */
  readonly jitter?: Duration
  readonly dst?: DaylightSaving
  readonly misfire?: Misfire
  readonly suspend?: Suspend
  /**
   * This version of the schedule holds from then on; earlier than its application counts as applied.
   */
  readonly activeFrom?: InstantText
  /**
   * Never pruned: the schedule stays live when its document is gone.
   */
  readonly protect?: boolean
  /**
   * Overrides the job's priority, 0 to 9.
   */
  readonly priority?: Priority
  /**
   * Merged over the job's data: objects key by key, everything else replaced.
   */
  readonly data?: Data
  /**
   * Tests that live beside the schedule and run in `belfry validate`.
   *
   * @maxItems 1000
   */
  readonly expect?: readonly Expectation[]
}
/**
 * A cron expression.
 */
export interface CronTrigger {
  /**
   * 5 or 6 fields (seconds first), or Quartz's 6 or 7 with `dialect: quartz`.
   */
  readonly cron: string
  readonly dialect?: CronDialect
}
/**
 * A fixed interval of elapsed time.
 */
export interface EveryTrigger {
  /**
   * The interval, at least 1s. `1d` is 24 hours of elapsed time.
   */
  readonly every: Duration
  /**
   * The instant from which the interval is counted; 1970-01-01T00:00 in the schedule's zone if left out.
   */
  readonly anchor?: InstantText
  readonly between?: BetweenTimes
  /**
   * Only on these days of the week.
   *
   * @minItems 1
   */
  readonly days?: readonly Weekday[]
  /**
   * How many times in all, counted from the anchor (a Quartz repeat count plus 1).
   */
  readonly count?: number
}
/**
 * One date and time, or a list of them.
 */
export interface AtTrigger {
  /**
   * When, in the schedule's zone unless it carries an offset.
   */
  readonly at: InstantText | InstantList
}
/**
 * A recurrence rule of RFC 5545.
 */
export interface RruleTrigger {
  /**
   * The rule without the `RRULE:` prefix. INTERVAL over 1, COUNT and UNTIL need the schedule's `startsAt`, which is their DTSTART.
   */
  readonly rrule: string
  /**
   * The time of day, in the schedule's zone; without it that of `startsAt`.
   */
  readonly time?: TimeOfDay
}
/**
 * A business day counted within a period, by the schedule's calendar.
 */
export interface BusinessDayTrigger {
  readonly businessDay: BusinessDay
}
/**
 * The nth business day of each period, optionally moved by business days.
 */
export interface BusinessDay {
  readonly of: BusinessPeriod
  /**
   * 1 is the first, -1 the last. Beyond the period it is a recorded non-fire.
   */
  readonly nth: number
  /**
   * The time of day, in the schedule's zone.
   */
  readonly time: TimeOfDay
  /**
   * Moves the day by so many business days; it may leave the period.
   */
  readonly offset?: number
}
/**
 * Once in each session of a calendar with `hours`.
 */
export interface SessionTrigger {
  readonly session: SessionAnchor
}
/**
 * The open or close of each session, special ones and early closes included, in the calendar's zone.
 */
export interface SessionAnchor {
  readonly anchor: SessionEdge
  /**
   * Before (negative) or after that edge.
   */
  readonly offset?: SignedDuration
  /**
   * The Calendar whose sessions are meant; the schedule's if left out.
   */
  readonly calendar?: Name
}
/**
 * What a local time does when the clocks change. Left out, cron expressions with a wildcard hour, minute or second follow elapsed time, and every other time fires exactly once.
 */
export interface DaylightSaving {
  readonly gap?: GapPolicy
  readonly overlap?: OverlapPolicy
}
/**
 * What happens to nominal times that nobody could fire in time.
 */
export interface Misfire {
  readonly policy?: MisfirePolicy
  /**
   * How late a nominal time may be and still count as on time.
   */
  readonly after?: Duration
  /**
   * Missed times older than this are never fired.
   */
  readonly maxLateness?: Duration
  /**
   * How many missed times `fire-all` fires at most.
   */
  readonly maxCount?: number
  readonly whenClosed?: MisfireWhenClosed
}
/**
 * Why the schedule is stopped, and until when.
 */
export interface Suspension {
  /**
   * Why, for the people who wonder.
   */
  readonly reason: string
  /**
   * When it goes on by itself; without it, when the field is removed.
   */
  readonly until?: InstantText
}
/**
 * A statement about one time that validation checks.
 */
export interface Expectation {
  /**
   * The nominal time, in the schedule's zone unless it carries an offset.
   */
  readonly at: InstantText
  /**
   * Whether the schedule fires then.
   */
  readonly fires: boolean
  /**
   * A text that the reason for not firing must contain, such as a holiday's name.
   */
  readonly because?: string
}
/**
 * Limits and defaults for one tenant: the one that the document is named after.
 */
export interface TenantManifest {
  readonly apiVersion: ApiVersion
  /**
   * The kind of document.
   */
  readonly kind: 'Tenant'
  readonly metadata: Metadata
  readonly spec: TenantSpec
}
/**
 * What holds for all documents of the tenant.
 */
export interface TenantSpec {
  readonly limits?: TenantLimits
  readonly defaults?: TenantDefaults
}
/**
 * What a tree may ask for; more is a problem found by validation.
 */
export interface TenantLimits {
  /**
   * How many Schedules the tenant may have.
   */
  readonly schedules?: number
  /**
   * The shortest time allowed between two fires of one schedule.
   */
  readonly minInterval?: Duration
  /**
   * How many fires all schedules of the tenant together may have on any one day.
   */
  readonly firesPerDay?: number
}
/**
 * Values for fields that a Schedule of the tenant leaves out. `misfire` is merged field by field.
 */
export interface TenantDefaults {
  readonly timezone?: TimeZone
  /**
   * The Calendar of Schedules that name none.
   */
  readonly calendar?: Name
  readonly roll?: Roll
  readonly misfire?: Misfire
}
