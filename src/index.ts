/**
 * The public surface of belfry: time, calendars and schedules as pure functions, the loader of trees, and an instance to
 * embed. Everything
 * that is exported here is documented and stable; nothing else can be reached.
 */

export { createBelfry, type EmbeddedBelfry, type EmbeddedOptions } from './app/create-belfry.ts'
export { compileCalendar } from './core/calendar/compile.ts'
export type {
  Blackout,
  CalendarDay,
  CompiledCalendar,
  DayReason,
  DayState,
  Session,
} from './core/calendar/compiled-calendar.ts'
export type { CalendarOrigin, Coverage } from './core/calendar/definition.ts'
export { type CompileCronOptions, compileCron } from './core/cron/compile.ts'
export type { ErrorCode, ProblemCode } from './core/error-codes.ts'
export { BelfryError, type Path, type Position, type Problem } from './core/errors.ts'
export type {
  AdapterManifest,
  CalendarManifest,
  JobManifest,
  Kind,
  Manifest,
  ScheduleManifest,
  ScheduleSpec,
  TenantManifest,
} from './core/kinds.ts'
export type { Tree, TreeDocument } from './core/manifest/tree.ts'
export type { Err, Ok, Result } from './core/result.ts'
export { compileSchedule, type ScheduleContext } from './core/schedule/compile.ts'
export type { Admission, CompiledSchedule } from './core/schedule/compiled-schedule.ts'
export type { Occurrence, SkipCause, TraceStep } from './core/schedule/occurrence.ts'
export type { DstOption, DstPolicy, GapPolicy, OverlapPolicy } from './core/time/dst.ts'
export type { Recurrence } from './core/time/recurrence.ts'
export { type Zone, zoneOf } from './core/time/zone.ts'
export { type LoadTreeOptions, loadTree } from './files/load-tree.ts'
export type { LogFacts, Logger } from './ports/telemetry.ts'
