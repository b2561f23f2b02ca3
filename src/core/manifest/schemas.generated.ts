// Generated from schemas/ by `npm run generate`. Do not edit.
import type { JSONSchema7 } from 'json-schema'

/** The files of schemas/ by name, which is also how they refer to each other. */
export const SCHEMAS: Readonly<Record<string, JSONSchema7>> = {
  "adapter.v1.json": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "AdapterManifest",
    "description": "WHERE jobs run: one group of interchangeable workers, in any language.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.v1.json#/definitions/apiVersion"
      },
      "kind": {
        "description": "The kind of document.",
        "const": "Adapter"
      },
      "metadata": {
        "$ref": "common.v1.json#/definitions/metadata"
      },
      "spec": {
        "$ref": "#/definitions/adapterSpec"
      }
    },
    "definitions": {
      "adapterSpec": {
        "title": "AdapterSpec",
        "description": "How the workers of this adapter get their work.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "concurrency": {
            "description": "Runs in flight at once, over all instances of the worker.",
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 10,
            "examples": [
              4
            ]
          },
          "ackWait": {
            "description": "A worker that is silent for this long loses the run to another; heartbeats extend it.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "default": "60s",
            "examples": [
              "60s"
            ]
          },
          "suspend": {
            "description": "Stops the delivery of every job of this adapter. Fires go on being stored, and are delivered when it ends.",
            "type": "boolean",
            "default": false,
            "examples": [
              true
            ]
          }
        },
        "examples": [
          {
            "concurrency": 4,
            "ackWait": "60s"
          }
        ]
      }
    },
    "examples": [
      {
        "apiVersion": "belfry/v1",
        "kind": "Adapter",
        "metadata": {
          "name": "zerodha"
        },
        "spec": {
          "concurrency": 4
        }
      }
    ]
  },
  "calendar.v1.json": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "CalendarManifest",
    "description": "Which days are open: an exchange's or a company's calendar.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.v1.json#/definitions/apiVersion"
      },
      "kind": {
        "description": "The kind of document.",
        "const": "Calendar"
      },
      "metadata": {
        "$ref": "common.v1.json#/definitions/metadata"
      },
      "spec": {
        "$ref": "#/definitions/calendarSpec"
      }
    },
    "definitions": {
      "calendarSpec": {
        "title": "CalendarSpec",
        "description": "The days that are not like the others.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "timezone"
        ],
        "properties": {
          "timezone": {
            "$ref": "common.v1.json#/definitions/timeZone"
          },
          "weekend": {
            "description": "Days of the week that are closed.",
            "type": "array",
            "uniqueItems": true,
            "items": {
              "$ref": "common.v1.json#/definitions/weekday"
            },
            "examples": [
              [
                "sat",
                "sun"
              ]
            ]
          }
        },
        "examples": [
          {
            "timezone": "Asia/Kolkata",
            "weekend": [
              "sat",
              "sun"
            ]
          }
        ]
      }
    },
    "examples": [
      {
        "apiVersion": "belfry/v1",
        "kind": "Calendar",
        "metadata": {
          "name": "weekdays"
        },
        "spec": {
          "timezone": "Asia/Kolkata",
          "weekend": [
            "sat",
            "sun"
          ]
        }
      }
    ]
  },
  "common.v1.json": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Common",
    "description": "Definitions that the kinds of belfry/v1 share.",
    "definitions": {
      "apiVersion": {
        "title": "ApiVersion",
        "description": "The version of the manifest format.",
        "const": "belfry/v1"
      },
      "name": {
        "title": "Name",
        "description": "A name: lower-case letters, digits and hyphens, at most 63 characters, beginning and ending with a letter or digit.",
        "type": "string",
        "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        "examples": [
          "portfolio-import"
        ]
      },
      "metadata": {
        "title": "Metadata",
        "description": "What the document is called and whose it is. Kind, tenant and name together are its identity; file and folder are free.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "description": "Unique among the documents of this kind and tenant.",
            "allOf": [
              {
                "$ref": "#/definitions/name"
              }
            ],
            "examples": [
              "zerodha-portfolio"
            ]
          },
          "tenant": {
            "description": "The tenant that the document belongs to; `default` if left out. Names refer to documents of the same tenant, a Calendar also to the tenant `default`.",
            "allOf": [
              {
                "$ref": "#/definitions/name"
              }
            ],
            "examples": [
              "default",
              "trading"
            ]
          },
          "labels": {
            "description": "Free texts by key, for people and filters. They change nothing about when or where a job runs.",
            "type": "object",
            "additionalProperties": {
              "type": "string",
              "maxLength": 256
            },
            "maxProperties": 64,
            "examples": [
              {
                "team": "market-data"
              }
            ]
          },
          "description": {
            "description": "What this is for, in a sentence or a few.",
            "type": "string",
            "maxLength": 4096,
            "examples": [
              "Imports the day's portfolio from the broker."
            ]
          },
          "owner": {
            "description": "Who answers for it: a person, a team or an address.",
            "type": "string",
            "maxLength": 256,
            "examples": [
              "@market-data"
            ]
          }
        },
        "examples": [
          {
            "name": "zerodha-portfolio",
            "owner": "@market-data"
          }
        ]
      },
      "duration": {
        "title": "Duration",
        "description": "A length of time in days (of 24 hours), hours, minutes and seconds, in that order.",
        "type": "string",
        "pattern": "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
        "maxLength": 32,
        "examples": [
          "30s",
          "5m",
          "1h30m",
          "2d"
        ]
      },
      "signedDuration": {
        "title": "SignedDuration",
        "description": "A length of time, with a minus sign for earlier.",
        "type": "string",
        "pattern": "^-?(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
        "maxLength": 32,
        "examples": [
          "-15m",
          "5m"
        ]
      },
      "timeOfDay": {
        "title": "TimeOfDay",
        "description": "A quoted time of day, \"HH:MM\" or \"HH:MM:SS\", from \"00:00\" to \"23:59:59\".",
        "type": "string",
        "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
        "examples": [
          "09:15",
          "18:30:00"
        ]
      },
      "date": {
        "title": "CivilDate",
        "description": "A date, YYYY-MM-DD.",
        "type": "string",
        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        "examples": [
          "2026-12-31"
        ]
      },
      "instant": {
        "title": "InstantText",
        "description": "A date and time: with `Z` or an offset it is that instant, without it is read in the schedule's zone, a bare date is 00:00 there.",
        "type": "string",
        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-][0-9]{2}:[0-9]{2})?)?$",
        "examples": [
          "2026-12-31T18:00",
          "2026-12-31T18:00:00Z",
          "2026-12-31"
        ]
      },
      "weekday": {
        "title": "Weekday",
        "description": "A day of the week.",
        "type": "string",
        "enum": [
          "mon",
          "tue",
          "wed",
          "thu",
          "fri",
          "sat",
          "sun"
        ],
        "examples": [
          "mon"
        ]
      },
      "timeZone": {
        "title": "TimeZone",
        "description": "The name of a time zone in the IANA database.",
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "examples": [
          "Asia/Kolkata",
          "America/New_York",
          "UTC"
        ]
      },
      "roll": {
        "title": "Roll",
        "description": "What a fire on a closed day does: `skip` leaves it out, `following` and `preceding` move it to the next or last open day, the `modified` ones turn back at the end of the month, `nearest` takes the closer day, `unadjusted` fires all the same.",
        "type": "string",
        "enum": [
          "skip",
          "following",
          "modified-following",
          "preceding",
          "modified-preceding",
          "half-month-modified-following",
          "nearest",
          "unadjusted"
        ],
        "default": "skip",
        "examples": [
          "following"
        ]
      },
      "misfire": {
        "title": "Misfire",
        "description": "What happens to nominal times that nobody could fire in time.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "policy": {
            "title": "MisfirePolicy",
            "description": "`fire-once`: the newest missed time; `fire-all`: up to `maxCount` of them, oldest first; `skip`: none. What is not fired is recorded.",
            "type": "string",
            "enum": [
              "fire-once",
              "fire-all",
              "skip"
            ],
            "default": "fire-once",
            "examples": [
              "fire-once"
            ]
          },
          "after": {
            "description": "How late a nominal time may be and still count as on time.",
            "allOf": [
              {
                "$ref": "#/definitions/duration"
              }
            ],
            "default": "60s",
            "examples": [
              "60s"
            ]
          },
          "maxLateness": {
            "description": "Missed times older than this are never fired.",
            "allOf": [
              {
                "$ref": "#/definitions/duration"
              }
            ],
            "default": "1d",
            "examples": [
              "6h"
            ]
          },
          "maxCount": {
            "description": "How many missed times `fire-all` fires at most.",
            "type": "integer",
            "minimum": 1,
            "maximum": 100000,
            "default": 100,
            "examples": [
              100
            ]
          },
          "whenClosed": {
            "title": "MisfireWhenClosed",
            "description": "What a missed fire does when calendar or blackouts are closed now: wait for the first instant that they admit (`hold`), be left out (`skip`), or fire all the same (`fire`).",
            "type": "string",
            "enum": [
              "hold",
              "skip",
              "fire"
            ],
            "default": "hold",
            "examples": [
              "hold"
            ]
          }
        },
        "examples": [
          {
            "policy": "fire-once",
            "after": "60s",
            "maxLateness": "6h"
          }
        ]
      },
      "data": {
        "title": "Data",
        "description": "The job's data, any JSON object. A secret never stands here: write {secretRef: NAME} and the worker resolves it.",
        "type": "object",
        "additionalProperties": true,
        "examples": [
          {
            "portfolio": "main",
            "token": {
              "secretRef": "BROKER_TOKEN"
            }
          }
        ]
      },
      "priority": {
        "title": "Priority",
        "description": "0 to 9, higher first: the order among fires due in the same tick and among the runs that a worker holds; nothing else.",
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
        "default": 0,
        "examples": [
          5
        ]
      }
    }
  },
  "job.v1.json": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "JobManifest",
    "description": "WHAT runs: a message type for an adapter, with its data.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.v1.json#/definitions/apiVersion"
      },
      "kind": {
        "description": "The kind of document.",
        "const": "Job"
      },
      "metadata": {
        "$ref": "common.v1.json#/definitions/metadata"
      },
      "spec": {
        "$ref": "#/definitions/jobSpec"
      }
    },
    "definitions": {
      "jobSpec": {
        "title": "JobSpec",
        "description": "What the worker is told to do.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "adapter",
          "message"
        ],
        "properties": {
          "adapter": {
            "description": "The Adapter, of the same tenant, whose workers run this job.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "zerodha"
            ]
          },
          "message": {
            "description": "The type of the message; the worker registers a handler for it.",
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9._-]{0,127}$",
            "examples": [
              "RunPortfolioImport"
            ]
          },
          "version": {
            "description": "The version of the job, a whole number that travels with every message.",
            "type": "integer",
            "minimum": 1,
            "maximum": 2147483647,
            "default": 1,
            "examples": [
              3
            ]
          },
          "priority": {
            "$ref": "common.v1.json#/definitions/priority"
          },
          "suspend": {
            "description": "Stops the firing of all schedules of this job.",
            "type": "boolean",
            "default": false,
            "examples": [
              true
            ]
          },
          "data": {
            "$ref": "common.v1.json#/definitions/data"
          },
          "dataSchema": {
            "title": "DataSchema",
            "description": "A JSON Schema (draft-07) of the data after each schedule's is merged over the job's. `$ref` reaches only inside this schema.",
            "type": "object",
            "additionalProperties": true,
            "examples": [
              {
                "type": "object",
                "required": [
                  "portfolio"
                ]
              }
            ]
          }
        },
        "examples": [
          {
            "adapter": "zerodha",
            "message": "RunPortfolioImport",
            "data": {
              "portfolio": "all"
            }
          }
        ]
      }
    },
    "examples": [
      {
        "apiVersion": "belfry/v1",
        "kind": "Job",
        "metadata": {
          "name": "portfolio-import"
        },
        "spec": {
          "adapter": "zerodha",
          "message": "RunPortfolioImport"
        }
      }
    ]
  },
  "schedule.v1.json": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "ScheduleManifest",
    "description": "WHEN a job runs. A job may have many schedules.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.v1.json#/definitions/apiVersion"
      },
      "kind": {
        "description": "The kind of document.",
        "const": "Schedule"
      },
      "metadata": {
        "$ref": "common.v1.json#/definitions/metadata"
      },
      "spec": {
        "$ref": "#/definitions/scheduleSpec"
      }
    },
    "definitions": {
      "scheduleSpec": {
        "title": "ScheduleSpec",
        "description": "When the job runs, and what happens on closed days, at clock changes and after an outage.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "job",
          "triggers"
        ],
        "properties": {
          "job": {
            "description": "The Job, of the same tenant, that runs.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "portfolio-import"
            ]
          },
          "timezone": {
            "description": "The zone in which the triggers' times are read. Needed unless the tenant has a default.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeZone"
              }
            ],
            "examples": [
              "Asia/Kolkata"
            ]
          },
          "triggers": {
            "description": "The times, as a union: what several triggers ask for at one instant is one fire.",
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
              "$ref": "#/definitions/trigger"
            },
            "examples": [
              [
                {
                  "cron": "0 20 * * MON"
                },
                {
                  "cron": "0 22 * * TUE"
                }
              ]
            ]
          },
          "calendar": {
            "description": "The Calendar that says which days are open, of the same tenant or of the tenant `default`. Without one every day is open.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "nse"
            ]
          },
          "roll": {
            "$ref": "common.v1.json#/definitions/roll"
          },
          "offset": {
            "description": "Moves each date by so many business days of the calendar, after `roll`; negative is earlier.",
            "type": "integer",
            "minimum": -366,
            "maximum": 366,
            "default": 0,
            "examples": [
              -2
            ]
          },
          "runOn": {
            "title": "RunOn",
            "description": "Which days of the calendar fire: open days (the default), closed ones, those with a special session, or those that close early.",
            "type": "string",
            "enum": [
              "business-days",
              "holidays",
              "sessions",
              "early-closes"
            ],
            "default": "business-days",
            "examples": [
              "holidays"
            ]
          },
          "calendarDate": {
            "title": "CalendarDate",
            "description": "In whose zone a fire's instant becomes the date that the calendar is asked for.",
            "type": "string",
            "enum": [
              "schedule",
              "calendar"
            ],
            "default": "schedule",
            "examples": [
              "calendar"
            ]
          },
          "startsAt": {
            "description": "Nothing fires before this; the instant itself is included.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/instant"
              }
            ],
            "examples": [
              "2026-01-01"
            ]
          },
          "endsAt": {
            "description": "Nothing fires from this on; the instant itself is excluded.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/instant"
              }
            ],
            "examples": [
              "2027-01-01"
            ]
          },
          "maxFires": {
            "description": "How many fires the schedule has in its life, counted from its creation; edits keep the count.",
            "type": "integer",
            "minimum": 1,
            "examples": [
              10
            ]
          },
          "jitter": {
            "description": "Spreads the start over up to this long, by a hash of identity and nominal time: the same fire always has the same delay. The nominal time does not move.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "30s"
            ]
          },
          "dst": {
            "$ref": "#/definitions/daylightSaving"
          },
          "misfire": {
            "$ref": "common.v1.json#/definitions/misfire"
          },
          "suspend": {
            "title": "Suspend",
            "description": "Stops the schedule: `true`, or with a reason and an end.",
            "oneOf": [
              {
                "type": "boolean"
              },
              {
                "$ref": "#/definitions/suspension"
              }
            ],
            "default": false,
            "examples": [
              true,
              {
                "reason": "broker migration",
                "until": "2026-12-01"
              }
            ]
          },
          "activeFrom": {
            "description": "This version of the schedule holds from then on; earlier than its application counts as applied.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/instant"
              }
            ],
            "examples": [
              "2026-12-01T00:00"
            ]
          },
          "protect": {
            "description": "Never pruned: the schedule stays live when its document is gone.",
            "type": "boolean",
            "default": false,
            "examples": [
              true
            ]
          },
          "priority": {
            "description": "Overrides the job's priority, 0 to 9.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/priority"
              }
            ],
            "examples": [
              5
            ]
          },
          "data": {
            "description": "Merged over the job's data: objects key by key, everything else replaced.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/data"
              }
            ],
            "examples": [
              {
                "portfolio": "main"
              }
            ]
          },
          "expect": {
            "description": "Tests that live beside the schedule and run in `belfry validate`.",
            "type": "array",
            "maxItems": 1000,
            "items": {
              "$ref": "#/definitions/expectation"
            },
            "examples": [
              [
                {
                  "at": "2026-01-26T20:00",
                  "fires": false,
                  "because": "Republic Day"
                }
              ]
            ]
          }
        },
        "examples": [
          {
            "job": "portfolio-import",
            "timezone": "Asia/Kolkata",
            "triggers": [
              {
                "cron": "0 20 * * MON"
              }
            ],
            "calendar": "nse"
          }
        ]
      },
      "trigger": {
        "title": "Trigger",
        "description": "One rule for times, by exactly one of `cron`, `every`, `at`, `rrule`, `businessDay`, `session`.",
        "oneOf": [
          {
            "$ref": "#/definitions/cronTrigger"
          },
          {
            "$ref": "#/definitions/everyTrigger"
          },
          {
            "$ref": "#/definitions/atTrigger"
          },
          {
            "$ref": "#/definitions/rruleTrigger"
          },
          {
            "$ref": "#/definitions/businessDayTrigger"
          },
          {
            "$ref": "#/definitions/sessionTrigger"
          }
        ],
        "examples": [
          {
            "cron": "0 20 * * MON"
          }
        ]
      },
      "cronTrigger": {
        "title": "CronTrigger",
        "description": "A cron expression.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "cron"
        ],
        "properties": {
          "cron": {
            "description": "5 or 6 fields (seconds first), or Quartz's 6 or 7 with `dialect: quartz`.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1024,
            "examples": [
              "0 20 * * MON",
              "30 15 LW * *"
            ]
          },
          "dialect": {
            "title": "CronDialect",
            "description": "`unix` (the default): weekdays 0-7 from Sunday, restricted days of month and week are either-or. `quartz`: seconds first, weekdays 1-7 from Sunday, one of the day fields is `?`.",
            "type": "string",
            "enum": [
              "unix",
              "quartz"
            ],
            "default": "unix",
            "examples": [
              "quartz"
            ]
          }
        },
        "examples": [
          {
            "cron": "0 0 20 ? * MON",
            "dialect": "quartz"
          }
        ]
      },
      "everyTrigger": {
        "title": "EveryTrigger",
        "description": "A fixed interval of elapsed time.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "every"
        ],
        "properties": {
          "every": {
            "description": "The interval, at least 1s. `1d` is 24 hours of elapsed time.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "15m"
            ]
          },
          "anchor": {
            "description": "The instant from which the interval is counted; 1970-01-01T00:00 in the schedule's zone if left out.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/instant"
              }
            ],
            "examples": [
              "2026-01-05T09:00"
            ]
          },
          "between": {
            "title": "BetweenTimes",
            "description": "Only between these two times of day, both included; each window counts from its own start.",
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {
              "$ref": "common.v1.json#/definitions/timeOfDay"
            },
            "examples": [
              [
                "09:15",
                "15:30"
              ]
            ]
          },
          "days": {
            "description": "Only on these days of the week.",
            "type": "array",
            "minItems": 1,
            "uniqueItems": true,
            "items": {
              "$ref": "common.v1.json#/definitions/weekday"
            },
            "examples": [
              [
                "mon",
                "tue",
                "wed",
                "thu",
                "fri"
              ]
            ]
          },
          "count": {
            "description": "How many times in all, counted from the anchor (a Quartz repeat count plus 1).",
            "type": "integer",
            "minimum": 1,
            "examples": [
              10
            ]
          }
        },
        "examples": [
          {
            "every": "15m",
            "between": [
              "09:15",
              "15:30"
            ],
            "days": [
              "mon",
              "tue"
            ]
          }
        ]
      },
      "atTrigger": {
        "title": "AtTrigger",
        "description": "One date and time, or a list of them.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "at"
        ],
        "properties": {
          "at": {
            "description": "When, in the schedule's zone unless it carries an offset.",
            "oneOf": [
              {
                "$ref": "common.v1.json#/definitions/instant"
              },
              {
                "$ref": "#/definitions/instantList"
              }
            ],
            "examples": [
              "2026-12-31T18:00",
              [
                "2026-03-31T18:00",
                "2026-06-30T18:00"
              ]
            ]
          }
        },
        "examples": [
          {
            "at": "2026-12-31T18:00"
          }
        ]
      },
      "instantList": {
        "title": "InstantList",
        "description": "Dates and times.",
        "type": "array",
        "minItems": 1,
        "maxItems": 10000,
        "items": {
          "$ref": "common.v1.json#/definitions/instant"
        },
        "examples": [
          [
            "2026-03-31T18:00",
            "2026-06-30T18:00"
          ]
        ]
      },
      "rruleTrigger": {
        "title": "RruleTrigger",
        "description": "A recurrence rule of RFC 5545.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "rrule"
        ],
        "properties": {
          "rrule": {
            "description": "The rule without the `RRULE:` prefix. INTERVAL over 1, COUNT and UNTIL need the schedule's `startsAt`, which is their DTSTART.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1024,
            "examples": [
              "FREQ=MONTHLY;BYDAY=-1FR"
            ]
          },
          "time": {
            "description": "The time of day, in the schedule's zone; without it that of `startsAt`.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeOfDay"
              }
            ],
            "examples": [
              "18:00"
            ]
          }
        },
        "examples": [
          {
            "rrule": "FREQ=MONTHLY;BYDAY=-1FR",
            "time": "18:00"
          }
        ]
      },
      "businessDayTrigger": {
        "title": "BusinessDayTrigger",
        "description": "A business day counted within a period, by the schedule's calendar.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "businessDay"
        ],
        "properties": {
          "businessDay": {
            "$ref": "#/definitions/businessDay"
          }
        },
        "examples": [
          {
            "businessDay": {
              "of": "month",
              "nth": -1,
              "time": "18:00"
            }
          }
        ]
      },
      "businessDay": {
        "title": "BusinessDay",
        "description": "The nth business day of each period, optionally moved by business days.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "of",
          "nth",
          "time"
        ],
        "properties": {
          "of": {
            "title": "BusinessPeriod",
            "description": "The period; weeks are ISO weeks.",
            "type": "string",
            "enum": [
              "week",
              "month",
              "quarter",
              "year"
            ],
            "examples": [
              "month"
            ]
          },
          "nth": {
            "description": "1 is the first, -1 the last. Beyond the period it is a recorded non-fire.",
            "type": "integer",
            "minimum": -366,
            "maximum": 366,
            "not": {
              "const": 0
            },
            "examples": [
              -1
            ]
          },
          "time": {
            "description": "The time of day, in the schedule's zone.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeOfDay"
              }
            ],
            "examples": [
              "18:00"
            ]
          },
          "offset": {
            "description": "Moves the day by so many business days; it may leave the period.",
            "type": "integer",
            "minimum": -366,
            "maximum": 366,
            "default": 0,
            "examples": [
              -2
            ]
          }
        },
        "examples": [
          {
            "of": "month",
            "nth": -1,
            "time": "18:00",
            "offset": -2
          }
        ]
      },
      "sessionTrigger": {
        "title": "SessionTrigger",
        "description": "Once in each session of a calendar with `hours`.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "session"
        ],
        "properties": {
          "session": {
            "$ref": "#/definitions/session"
          }
        },
        "examples": [
          {
            "session": {
              "anchor": "open",
              "offset": "-15m"
            }
          }
        ]
      },
      "session": {
        "title": "SessionAnchor",
        "description": "The open or close of each session, special ones and early closes included, in the calendar's zone.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "anchor"
        ],
        "properties": {
          "anchor": {
            "title": "SessionEdge",
            "description": "Which edge of the session.",
            "type": "string",
            "enum": [
              "open",
              "close"
            ],
            "examples": [
              "open"
            ]
          },
          "offset": {
            "description": "Before (negative) or after that edge.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/signedDuration"
              }
            ],
            "examples": [
              "-15m"
            ]
          },
          "calendar": {
            "description": "The Calendar whose sessions are meant; the schedule's if left out.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "nse"
            ]
          }
        },
        "examples": [
          {
            "anchor": "close",
            "offset": "5m"
          }
        ]
      },
      "daylightSaving": {
        "title": "DaylightSaving",
        "description": "What a local time does when the clocks change. Left out, cron expressions with a wildcard hour, minute or second follow elapsed time, and every other time fires exactly once.",
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": {
          "gap": {
            "title": "GapPolicy",
            "description": "A local time that does not exist: the first instant after the gap (`next-valid`), later by the gap's length (`shift`), or not at all (`skip`).",
            "type": "string",
            "enum": [
              "next-valid",
              "shift",
              "skip"
            ],
            "examples": [
              "next-valid"
            ]
          },
          "overlap": {
            "title": "OverlapPolicy",
            "description": "A local time that happens twice: its first pass, its last, or both.",
            "type": "string",
            "enum": [
              "first",
              "last",
              "both"
            ],
            "examples": [
              "first"
            ]
          }
        },
        "examples": [
          {
            "gap": "shift",
            "overlap": "first"
          }
        ]
      },
      "suspension": {
        "title": "Suspension",
        "description": "Why the schedule is stopped, and until when.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "reason"
        ],
        "properties": {
          "reason": {
            "description": "Why, for the people who wonder.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1024,
            "examples": [
              "broker migration"
            ]
          },
          "until": {
            "description": "When it goes on by itself; without it, when the field is removed.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/instant"
              }
            ],
            "examples": [
              "2026-12-01"
            ]
          }
        },
        "examples": [
          {
            "reason": "broker migration",
            "until": "2026-12-01"
          }
        ]
      },
      "expectation": {
        "title": "Expectation",
        "description": "A statement about one time that validation checks.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "at",
          "fires"
        ],
        "properties": {
          "at": {
            "description": "The nominal time, in the schedule's zone unless it carries an offset.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/instant"
              }
            ],
            "examples": [
              "2026-01-27T22:00"
            ]
          },
          "fires": {
            "description": "Whether the schedule fires then.",
            "type": "boolean",
            "examples": [
              true
            ]
          },
          "because": {
            "description": "A text that the reason for not firing must contain, such as a holiday's name.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "examples": [
              "Republic Day"
            ]
          }
        },
        "examples": [
          {
            "at": "2026-01-26T20:00",
            "fires": false,
            "because": "Republic Day"
          }
        ]
      }
    },
    "examples": [
      {
        "apiVersion": "belfry/v1",
        "kind": "Schedule",
        "metadata": {
          "name": "zerodha-portfolio"
        },
        "spec": {
          "job": "portfolio-import",
          "timezone": "Asia/Kolkata",
          "triggers": [
            {
              "cron": "0 20 * * MON"
            }
          ],
          "calendar": "nse"
        }
      }
    ]
  },
  "tenant.v1.json": {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "TenantManifest",
    "description": "Limits and defaults for one tenant: the one that the document is named after.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "$ref": "common.v1.json#/definitions/apiVersion"
      },
      "kind": {
        "description": "The kind of document.",
        "const": "Tenant"
      },
      "metadata": {
        "$ref": "common.v1.json#/definitions/metadata"
      },
      "spec": {
        "$ref": "#/definitions/tenantSpec"
      }
    },
    "definitions": {
      "tenantSpec": {
        "title": "TenantSpec",
        "description": "What holds for all documents of the tenant.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "limits": {
            "title": "TenantLimits",
            "description": "What a tree may ask for; more is a problem found by validation.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "schedules": {
                "description": "How many Schedules the tenant may have.",
                "type": "integer",
                "minimum": 0,
                "examples": [
                  1000
                ]
              },
              "minInterval": {
                "description": "The shortest time allowed between two fires of one schedule.",
                "allOf": [
                  {
                    "$ref": "common.v1.json#/definitions/duration"
                  }
                ],
                "examples": [
                  "10s"
                ]
              },
              "firesPerDay": {
                "description": "How many fires all schedules of the tenant together may have on any one day.",
                "type": "integer",
                "minimum": 0,
                "examples": [
                  100000
                ]
              }
            },
            "examples": [
              {
                "schedules": 1000,
                "minInterval": "10s",
                "firesPerDay": 100000
              }
            ]
          },
          "defaults": {
            "title": "TenantDefaults",
            "description": "Values for fields that a Schedule of the tenant leaves out. `misfire` is merged field by field.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "timezone": {
                "$ref": "common.v1.json#/definitions/timeZone"
              },
              "calendar": {
                "description": "The Calendar of Schedules that name none.",
                "allOf": [
                  {
                    "$ref": "common.v1.json#/definitions/name"
                  }
                ],
                "examples": [
                  "nse"
                ]
              },
              "roll": {
                "$ref": "common.v1.json#/definitions/roll"
              },
              "misfire": {
                "$ref": "common.v1.json#/definitions/misfire"
              }
            },
            "examples": [
              {
                "timezone": "Asia/Kolkata",
                "calendar": "nse",
                "roll": "skip"
              }
            ]
          }
        },
        "examples": [
          {
            "limits": {
              "schedules": 1000
            },
            "defaults": {
              "timezone": "Asia/Kolkata"
            }
          }
        ]
      }
    },
    "examples": [
      {
        "apiVersion": "belfry/v1",
        "kind": "Tenant",
        "metadata": {
          "name": "default"
        },
        "spec": {
          "limits": {
            "schedules": 1000
          }
        }
      }
    ]
  },
}
