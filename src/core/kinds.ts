import type {
  AdapterManifest,
  CalendarManifest,
  JobManifest,
  ScheduleManifest,
  TenantManifest,
} from './kinds.generated.ts'

export type * from './kinds.generated.ts'

/** The five kinds of document, in the order in which they may refer to each other. */
export const KINDS = ['Tenant', 'Calendar', 'Adapter', 'Job', 'Schedule'] as const
export type Kind = (typeof KINDS)[number]

export const API_VERSION = 'belfry/v1'

/** One YAML document as it was written: no defaults filled in. */
export type Manifest = TenantManifest | CalendarManifest | AdapterManifest | JobManifest | ScheduleManifest
