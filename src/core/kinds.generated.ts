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
 * Who may have the next attempt: `any` instance, or an `other-instance` while a healthy one is there.
 */
export type RetryTarget = 'any' | 'other-instance'
/**
 * The name of a time zone in the IANA database.
 */
export type TimeZone = string
/**
 * The weekdays that are closed every week, as a list, or as periods where it changed over time. `[sat, sun]` if left out; `[]` for none.
 */
export type CalendarWeekend = WeekdayList | readonly WeekendPeriod[]
/**
 * A day of the week.
 */
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'
/**
 * Days of the week.
 *
 * @maxItems 7
 */
export type WeekdayList = readonly Weekday[]
/**
 * A year, or a date YYYY-MM-DD. A year stands for its first day in `from` and its last day in `to`.
 */
export type YearOrDate = number | CivilDate
/**
 * A date, YYYY-MM-DD.
 */
export type CivilDate = string
/**
 * A quoted time of day, "HH:MM" or "HH:MM:SS", from "00:00" to "23:59:59".
 */
export type TimeOfDay = string
/**
 * A quoted time of day at which something ends, "HH:MM" or "HH:MM:SS", up to "24:00".
 */
export type EndOfDayTime = string
/**
 * Pauses within the session, such as lunch, in order. They divide it into intervals; it opens once and closes once.
 *
 * @maxItems 24
 */
export type CalendarBreaks = readonly CalendarBreak[]
/**
 * What days after `to` are: undecided until coverage is extended (`hold`), all open, all closed, or by the rules, with `dates` taken as complete (`rules-only`).
 */
export type CalendarAfterEnd = 'hold' | 'open' | 'closed' | 'rules-only'
/**
 * A day of the year, MM-DD.
 */
export type MonthDay = string
/**
 * With `weekday` and `nth`: the month, or a list of months.
 */
export type CalendarMonths = Month | readonly Month[]
/**
 * A month of the year.
 */
export type Month =
  'jan' | 'feb' | 'mar' | 'apr' | 'may' | 'jun' | 'jul' | 'aug' | 'sep' | 'oct' | 'nov' | 'dec'
/**
 * A number of days, negative for earlier.
 */
export type DayOffset = number
/**
 * The day of the equinox in the calendar's zone.
 */
export type CalendarEquinox = 'march' | 'september'
/**
 * These dates: a list, or a map from date to name. A calendar that uses it needs `coverage.to`.
 */
export type CalendarDates = readonly CivilDate[] | DatesByName
/**
 * Where the day goes when it falls on a day off: a map from weekday to weekday (the nearest one) or to a number of days; a weekday missing in the map stays where it is, which on a weekend means that it is not observed. Or `next-business-day`, `previous-business-day`: away from a weekend to the next or last day that is neither weekend nor closed by another rule, each rule to a day of its own; with `close` or `open` also away from a closed day.
 */
export type CalendarObserved = ObservedByWeekday | ('next-business-day' | 'previous-business-day')
/**
 * The weekday that the day moves to, or the number of days it moves by.
 */
export type ObservedTarget = Weekday | number
/**
 * `next-day`: the day after, unless that is a holiday itself. `next-free-day`: the first day after that is no holiday itself.
 */
export type CalendarSubstituteGives = 'next-day' | 'next-free-day'
/**
 * `open` (the default): the day counts as open, for the filter and for business days. `closed`: the session is held, the day stays what it is.
 */
export type CalendarSessionDay = 'open' | 'closed'
/**
 * Names of other calendars.
 *
 * @minItems 1
 * @maxItems 64
 */
export type CalendarNames = readonly Name[]
/**
 * 0 to 9, higher first: the order among fires due in the same tick and among the runs that a worker holds; nothing else.
 */
export type Priority = number
/**
 * One rule for times, by exactly one of `cron`, `every`, `at`, `rrule`, `businessDay`, `session`, or what it follows on: `after` or `event`.
 */
export type Trigger =
  | CronTrigger
  | EveryTrigger
  | AtTrigger
  | RruleTrigger
  | BusinessDayTrigger
  | SessionTrigger
  | AfterTrigger
  | EventTrigger
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
 * Whose runs, and which ends of them.
 */
export type Upstream = AfterJob | AfterSchedule
/**
 * Which ends count: `succeeded` (the default), `failed` (dead or expired, after all attempts), or `finished`, which is any end, cancelled ones too.
 */
export type EndedHow = 'succeeded' | 'failed' | 'finished'
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
 * What becomes of a fire that comes up while a run of the schedule is still going: sent all the same (`allow`), recorded as not fired (`skip`), sent when the run has ended, one (`buffer-one`, the oldest) or every one of them (`buffer-all`, the newest 1000, one at a time), or sent when the run has stopped, which is asked to (`cancel-other`).
 */
export type OverlapPolicy1 = 'allow' | 'skip' | 'buffer-one' | 'buffer-all' | 'cancel-other'
/**
 * Stops the schedule: `true`, or with a reason and an end.
 */
export type Suspend = boolean | Suspension
/**
 * A rename keeps state: the name that this schedule had before, or several, the newest first. It goes on where the old one stood, with its count. May stay in the file afterwards.
 */
export type Replaces = Name | readonly Name[]

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
   * Runs with one concurrencyKey go one after the other in the order of their fires, in one of so many lanes. Every job of the adapter needs a concurrencyKey.
   */
  readonly partitions?: number
  readonly retry?: Retry
  readonly rateLimit?: RateLimit
  readonly circuitBreaker?: CircuitBreaker
  /**
   * Stops the delivery of every job of this adapter. Fires go on being stored, and are delivered when it ends.
   */
  readonly suspend?: boolean
}
/**
 * What follows when an attempt fails. After the last the run is dead.
 */
export interface Retry {
  /**
   * Attempts in all; 1 for none but the first.
   */
  readonly maxAttempts?: number
  readonly backoff?: RetryBackoff
  readonly target?: RetryTarget
}
/**
 * How long until the next attempt at most; the wait is drawn evenly from all up to it.
 */
export interface RetryBackoff {
  /**
   * After the first attempt.
   */
  readonly initial?: Duration
  /**
   * How many times longer after each further one.
   */
  readonly factor?: number
  /**
   * Never longer than this.
   */
  readonly max?: Duration
}
/**
 * Fires of the adapter's schedules are stored no faster: the others wait for their place, in the order of their nominal times.
 */
export interface RateLimit {
  /**
   * Fires in any span of `per`.
   */
  readonly runs: number
  /**
   * The span, 1s to 1h.
   */
  readonly per: Duration
}
/**
 * Stops delivery for a while when one attempt after the other fails. Then one run at a time is tried, until one succeeds.
 */
export interface CircuitBreaker {
  /**
   * Attempts that fail in a row, of whichever jobs, until delivery stops.
   */
  readonly failures: number
  /**
   * For how long nothing is delivered.
   */
  readonly cooldown: Duration
}
/**
 * Which days are open and which are closed, and when sessions begin and end. A calendar has rules of its own, or combines other calendars.
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
 * A calendar with rules of its own (`timezone`, `weekend`, `rules`, `hours`, `sessions`), or exactly one of `anyClosed`, `allClosed`, `difference`, `extends`, `complement`, which combine other calendars.
 */
export interface CalendarSpec {
  /**
   * The zone of its days, sessions and blackouts. Needed for a calendar with rules; a combined one has its first member's unless it names one.
   */
  readonly timezone?: TimeZone
  readonly weekend?: CalendarWeekend
  /**
   * The regular sessions, by period. No two entries may hold on one day. Without hours there are no sessions but those in `sessions` that give their own times.
   *
   * @maxItems 100
   */
  readonly hours?: readonly CalendarHours[]
  readonly coverage?: CalendarCoverage
  /**
   * Where the calendar is taken from, and when that was last looked at.
   *
   * @maxItems 100
   */
  readonly sources?: readonly CalendarSource[]
  /**
   * The days that are closed, close early or open late.
   *
   * @maxItems 10000
   */
  readonly rules?: readonly CalendarRule[]
  /**
   * Days given in place of holidays that fall on a weekly day off, for all rules but those with `public: false` (as in Japan). Each entry is a period of the law.
   *
   * @maxItems 100
   */
  readonly substitute?: readonly CalendarSubstitute[]
  readonly sandwich?: CalendarSandwich
  /**
   * Days that are open in spite of a weekend or holiday, or that have other times than the regular ones. Several entries for one date are several sessions on it.
   *
   * @maxItems 10000
   */
  readonly sessions?: readonly CalendarSession[]
  /**
   * Times of day in which nothing fires, read on the clock of the calendar's zone.
   *
   * @maxItems 1000
   */
  readonly blackouts?: readonly CalendarBlackout[]
  /**
   * Closed on days on which any of these is closed; its sessions are the times at which all of them trade.
   */
  readonly anyClosed?: CalendarNames
  /**
   * Closed on days on which all of these are closed; its sessions are the times at which any of them trades.
   */
  readonly allClosed?: CalendarNames
  readonly difference?: CalendarDifference
  readonly extends?: CalendarExtension
  /**
   * Closed on days on which this calendar is open, and open on those on which it is closed, weekends included. It has no sessions.
   */
  readonly complement?: Name
}
/**
 * The weekend in one period.
 */
export interface WeekendPeriod {
  readonly days: WeekdayList
  /**
   * The first year or date with this weekend.
   */
  readonly from?: YearOrDate
  /**
   * The last year or date with this weekend.
   */
  readonly to?: YearOrDate
}
/**
 * Regular opening hours in one period.
 */
export interface CalendarHours {
  /**
   * When the session opens.
   */
  readonly open: TimeOfDay
  /**
   * When the session closes, on the same day; "24:00" is its end.
   */
  readonly close: EndOfDayTime
  readonly breaks?: CalendarBreaks
  /**
   * The weekdays that have these hours; all if left out.
   *
   * @minItems 1
   * @maxItems 7
   */
  readonly days?: readonly Weekday[]
  /**
   * The first year or date with these hours.
   */
  readonly from?: YearOrDate
  /**
   * The last year or date with these hours.
   */
  readonly to?: YearOrDate
}
/**
 * One pause.
 */
export interface CalendarBreak {
  /**
   * When the pause begins.
   */
  readonly from: TimeOfDay
  /**
   * When the pause ends.
   */
  readonly to: TimeOfDay
}
/**
 * For which days the calendar knows the answer. Before `from`, and after `to` with `afterEnd: hold`, nothing is decided.
 */
export interface CalendarCoverage {
  /**
   * The first day covered, or its year. Without it there is no beginning.
   */
  readonly from?: YearOrDate
  /**
   * The last day covered, or its year. Needed where `dates` are used; without it there is no end.
   */
  readonly to?: YearOrDate
  readonly afterEnd?: CalendarAfterEnd
}
/**
 * One source of the calendar's data.
 */
export interface CalendarSource {
  /**
   * Its address.
   */
  readonly url: string
  /**
   * What it is called.
   */
  readonly title?: string
  /**
   * When it was last compared with the calendar.
   */
  readonly checked?: CivilDate
  /**
   * What it was used for, or where it disagrees.
   */
  readonly note?: string
}
/**
 * One rule for days, by exactly one of `date`, `nth` (with `month` and `weekday`), `onOrAfter` or `onOrBefore` (with `weekday`), `easter`, `orthodoxEaster`, `equinox`, `of` (with `offset` or `businessDays`), `dates`, `range`. It closes the days unless it has `close` (early close) or `open` (late open).
 */
export interface CalendarRule {
  /**
   * What the rule is called in `of`, `disable`, plans and explanations. Unique in the calendar.
   */
  readonly id: Name
  /**
   * What people call the day; the id if left out.
   */
  readonly name?: string
  /**
   * The same date every year, MM-DD. 02-29 happens in leap years only.
   */
  readonly date?: MonthDay
  readonly month?: CalendarMonths
  /**
   * With `nth`, `onOrAfter` or `onOrBefore`: the day of the week.
   */
  readonly weekday?: Weekday
  /**
   * The first (1) to fifth such weekday of the month, or from its end: the last (-1) to the fifth last. A month that has no such day has no holiday.
   */
  readonly nth?: 1 | 2 | 3 | 4 | 5 | -1 | -2 | -3 | -4 | -5
  /**
   * The first such weekday on or after this date, MM-DD.
   */
  readonly onOrAfter?: MonthDay
  /**
   * The last such weekday on or before this date, MM-DD.
   */
  readonly onOrBefore?: MonthDay
  /**
   * So many days after (negative: before) Easter Sunday of the western churches.
   */
  readonly easter?: DayOffset
  /**
   * So many days after (negative: before) Easter Sunday of the orthodox churches, as a Gregorian date.
   */
  readonly orthodoxEaster?: DayOffset
  readonly equinox?: CalendarEquinox
  /**
   * The id of another rule: this one lies `offset` days or `businessDays` business days from it. The other rule's day counts after its `move` and before its `observed`; when it does not happen, neither does this one.
   */
  readonly of?: Name
  /**
   * With `of`: so many calendar days after the other rule's day, negative for before.
   */
  readonly offset?: DayOffset
  /**
   * With `of`: the nth business day after the other rule's day, negative for before. What counts as a business day is decided by weekend and all rules without `businessDays`.
   */
  readonly businessDays?: number
  readonly dates?: CalendarDates
  /**
   * All days from one date to another, both included.
   */
  readonly range?: DateRange
  /**
   * The rule holds from this year or date on, included; asked of the day before `observed` and `move`.
   */
  readonly from?: YearOrDate
  /**
   * The rule holds up to this year or date, included; asked of the day before `observed` and `move`.
   */
  readonly to?: YearOrDate
  /**
   * Holds only when its day, before `observed` and `move`, is one of these weekdays.
   *
   * @minItems 1
   * @maxItems 7
   */
  readonly only?: readonly Weekday[]
  /**
   * Dates on which the rule, before `observed`, would hold but does not. A date that is not one of the rule's is a problem.
   *
   * @minItems 1
   * @maxItems 10000
   */
  readonly except?: readonly CivilDate[]
  readonly move?: CalendarMove
  readonly observed?: CalendarObserved
  /**
   * `false`: no holiday in the eyes of the calendar's `substitute` and `sandwich`, such as an exchange's year-end closing.
   */
  readonly public?: boolean
  /**
   * The day is open but closes at this time. On a day that is closed anyway it has no effect.
   */
  readonly close?: EndOfDayTime
  /**
   * The day is open but opens at this time. On a day that is closed anyway it has no effect.
   */
  readonly open?: TimeOfDay
}
/**
 * Dates and what people call each.
 */
export interface DatesByName {
  readonly [key: string]: string
}
/**
 * Two dates, both included.
 */
export interface DateRange {
  /**
   * The first day.
   */
  readonly from: CivilDate
  /**
   * The last day.
   */
  readonly to: CivilDate
}
/**
 * Single dates moved by decree: from the planned date, as the rule gives it before `observed`, to the actual one, which `observed` does not move again.
 */
export interface CalendarMove {
  readonly [key: string]: CivilDate
}
/**
 * For each weekday on which the day may fall: the weekday it moves to, the nearest such day, or the number of days it moves by.
 */
export interface ObservedByWeekday {
  readonly mon?: ObservedTarget
  readonly tue?: ObservedTarget
  readonly wed?: ObservedTarget
  readonly thu?: ObservedTarget
  readonly fri?: ObservedTarget
  readonly sat?: ObservedTarget
  readonly sun?: ObservedTarget
}
/**
 * Holidays that fall on one of `days` give another day off.
 */
export interface CalendarSubstitute {
  /**
   * The weekdays of the holiday that give a substitute.
   *
   * @minItems 1
   * @maxItems 7
   */
  readonly days: readonly Weekday[]
  readonly gives: CalendarSubstituteGives
  /**
   * What the day is called; `Substitute for` and the holiday's name if left out.
   */
  readonly name?: string
  /**
   * Holds for holidays from this year or date on, included.
   */
  readonly from?: YearOrDate
  /**
   * Holds for holidays up to this year or date, included.
   */
  readonly to?: YearOrDate
}
/**
 * A day between two holidays is closed too, for holidays of all rules but those with `public: false` (as in Japan). Substitute days do not count as holidays here.
 */
export interface CalendarSandwich {
  /**
   * What the day is called.
   */
  readonly name?: string
  /**
   * Holds from this year or date on, included.
   */
  readonly from?: YearOrDate
  /**
   * Holds up to this year or date, included.
   */
  readonly to?: YearOrDate
}
/**
 * A dated session. It outranks weekend, rules and regular hours.
 */
export interface CalendarSession {
  readonly date: CivilDate
  /**
   * What people call it.
   */
  readonly name?: string
  /**
   * When it opens; with `close`. Without both, the regular hours of that time hold.
   */
  readonly open?: TimeOfDay
  /**
   * When it closes; with `open`.
   */
  readonly close?: EndOfDayTime
  readonly breaks?: CalendarBreaks
  readonly day?: CalendarSessionDay
}
/**
 * A time in which nothing fires: from `from` (included) to `to` (excluded) on the clock of the calendar's zone.
 */
export interface CalendarBlackout {
  /**
   * What people call it; shown in explanations.
   */
  readonly name?: string
  /**
   * The weekdays on which it begins; all if left out.
   *
   * @minItems 1
   * @maxItems 7
   */
  readonly days?: readonly Weekday[]
  /**
   * When it begins; 00:00 if left out.
   */
  readonly from?: TimeOfDay
  /**
   * When it ends; 24:00 if left out. At or before `from` it is a time of the next day.
   */
  readonly to?: EndOfDayTime
  /**
   * Only when it begins on one of these days.
   */
  readonly dates?: DateRange
}
/**
 * Closed on days on which `base` is closed and `minus` is not, weekends included; its sessions are those of `base` on days that are open.
 */
export interface CalendarDifference {
  /**
   * The calendar to start from.
   */
  readonly base: Name
  /**
   * The calendar whose closed days are taken out.
   */
  readonly minus: Name
}
/**
 * Another calendar's rules with some taken out and some added.
 */
export interface CalendarExtension {
  /**
   * The calendar to start from: one with rules of its own, or itself an extension of one.
   */
  readonly base: Name
  /**
   * Ids of rules of the base that do not hold here.
   *
   * @minItems 1
   * @maxItems 10000
   */
  readonly disable?: readonly Name[]
  /**
   * Rules that hold here besides the base's. They may refer to the base's rules.
   *
   * @maxItems 10000
   */
  readonly rules?: readonly CalendarRule[]
  /**
   * Dated sessions besides the base's; those for a date replace the base's for it.
   *
   * @maxItems 10000
   */
  readonly sessions?: readonly CalendarSession[]
  /**
   * Regular hours in place of the base's.
   *
   * @maxItems 100
   */
  readonly hours?: readonly CalendarHours[]
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
  /**
   * A run that takes longer is told to end, which is a failed attempt.
   */
  readonly timeout?: Duration
  /**
   * A run that nobody has begun so long after its fire ends as `expired` instead of running stale.
   */
  readonly startWithin?: Duration
  readonly retry?: Retry
  /**
   * Runs of one adapter with the same key never overlap. A text in which `{{data.path}}` stands for a value of the data.
   */
  readonly concurrencyKey?: string
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
  readonly overlap?: OverlapPolicy1
  /**
   * With `overlap: cancel-other`: how long a run that was asked to stop is waited for. Then the next one is sent all the same.
   */
  readonly cancelWait?: Duration
  readonly suspend?: Suspend
  /**
   * This version of the schedule holds from then on; earlier than its application counts as applied.
   */
  readonly activeFrom?: InstantText
  readonly replaces?: Replaces
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
  readonly sla?: ServiceLevel
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
 * Once for each run of another job or schedule that ends.
 */
export interface AfterTrigger {
  readonly after: Upstream
}
/**
 * The runs of a job, whatever asked for them.
 */
export interface AfterJob {
  /**
   * The Job, of the same tenant, that is followed.
   */
  readonly job: Name
  readonly when?: EndedHow
}
/**
 * The runs of one schedule.
 */
export interface AfterSchedule {
  /**
   * The Schedule, of the same tenant, that is followed.
   */
  readonly schedule: Name
  readonly when?: EndedHow
}
/**
 * Once for each message of a JetStream stream.
 */
export interface EventTrigger {
  readonly event: EventSource
}
/**
 * Which messages ask for a run.
 */
export interface EventSource {
  /**
   * The JetStream stream that stores the messages; not one of belfry's own.
   */
  readonly stream: string
  /**
   * The subject of the messages; `*` stands for one token, `>` at the end for all that follow.
   */
  readonly subject: string
  readonly filter?: EventFilter
}
/**
 * A JSON Schema (draft-07) of the message's JSON. What does not fit it, or is no JSON, asks for nothing. `$ref` reaches only inside this schema.
 */
export interface EventFilter {
  readonly [key: string]: unknown
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
 * Until when a run must have started and finished, counted from its nominal time. What is late is told by an event; nothing else follows.
 */
export interface ServiceLevel {
  /**
   * Told as `late-start` of a run that no worker has begun by then.
   */
  readonly startWithin?: Duration
  /**
   * Told as `late-finish` of a run that has not ended by then, retries included.
   */
  readonly finishWithin?: Duration
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
  readonly overlap?: OverlapPolicy1
}
