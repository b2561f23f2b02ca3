// Generated from schemas/ by `npm run generate`. Do not edit.
import type { JsonSchema } from './json-schema.ts'

/** The files of schemas/ by name, which is also how they refer to each other. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
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
          "partitions": {
            "description": "Runs with one concurrencyKey go one after the other in the order of their fires, in one of so many lanes. Every job of the adapter needs a concurrencyKey.",
            "type": "integer",
            "minimum": 1,
            "maximum": 64,
            "examples": [
              16
            ]
          },
          "retry": {
            "$ref": "common.v1.json#/definitions/retry"
          },
          "rateLimit": {
            "$ref": "#/definitions/rateLimit"
          },
          "circuitBreaker": {
            "$ref": "#/definitions/circuitBreaker"
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
      },
      "rateLimit": {
        "title": "RateLimit",
        "description": "Fires of the adapter's schedules are stored no faster: the others wait for their place, in the order of their nominal times.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "runs",
          "per"
        ],
        "properties": {
          "runs": {
            "description": "Fires in any span of `per`.",
            "type": "integer",
            "minimum": 1,
            "maximum": 10000,
            "examples": [
              100
            ]
          },
          "per": {
            "description": "The span, 1s to 1h.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "1m"
            ]
          }
        },
        "examples": [
          {
            "runs": 100,
            "per": "1m"
          }
        ]
      },
      "circuitBreaker": {
        "title": "CircuitBreaker",
        "description": "Stops delivery for a while when one attempt after the other fails. Then one run at a time is tried, until one succeeds.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "failures",
          "cooldown"
        ],
        "properties": {
          "failures": {
            "description": "Attempts that fail in a row, of whichever jobs, until delivery stops.",
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "examples": [
              5
            ]
          },
          "cooldown": {
            "description": "For how long nothing is delivered.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "2m"
            ]
          }
        },
        "examples": [
          {
            "failures": 5,
            "cooldown": "2m"
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
    "description": "Which days are open and which are closed, and when sessions begin and end. A calendar has rules of its own, or combines other calendars.",
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
        "description": "A calendar with rules of its own (`timezone`, `weekend`, `rules`, `hours`, `sessions`), or exactly one of `anyClosed`, `allClosed`, `difference`, `extends`, `complement`, which combine other calendars.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "timezone": {
            "description": "The zone of its days, sessions and blackouts. Needed for a calendar with rules; a combined one has its first member's unless it names one.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeZone"
              }
            ],
            "examples": [
              "Asia/Kolkata"
            ]
          },
          "weekend": {
            "title": "CalendarWeekend",
            "description": "The weekdays that are closed every week, as a list, or as periods where it changed over time. `[sat, sun]` if left out; `[]` for none.",
            "oneOf": [
              {
                "$ref": "#/definitions/weekdayList"
              },
              {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {
                  "$ref": "#/definitions/weekendPeriod"
                }
              }
            ],
            "default": [
              "sat",
              "sun"
            ],
            "examples": [
              [
                "sat",
                "sun"
              ],
              [
                {
                  "days": [
                    "sun"
                  ],
                  "to": "1999-12-31"
                },
                {
                  "days": [
                    "sat",
                    "sun"
                  ],
                  "from": 2000
                }
              ]
            ]
          },
          "hours": {
            "description": "The regular sessions, by period. No two entries may hold on one day. Without hours there are no sessions but those in `sessions` that give their own times.",
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/definitions/calendarHours"
            },
            "examples": [
              [
                {
                  "open": "09:15",
                  "close": "15:30",
                  "from": "2010-01-04"
                }
              ]
            ]
          },
          "coverage": {
            "$ref": "#/definitions/calendarCoverage"
          },
          "sources": {
            "description": "Where the calendar is taken from, and when that was last looked at.",
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/definitions/calendarSource"
            },
            "examples": [
              [
                {
                  "url": "https://www.nseindia.com/",
                  "checked": "2026-01-05"
                }
              ]
            ]
          },
          "rules": {
            "description": "The days that are closed, close early or open late.",
            "type": "array",
            "maxItems": 10000,
            "items": {
              "$ref": "#/definitions/calendarRule"
            },
            "examples": [
              [
                {
                  "id": "republic-day",
                  "name": "Republic Day",
                  "date": "01-26"
                }
              ]
            ]
          },
          "substitute": {
            "description": "Days given in place of holidays that fall on a weekly day off, for all rules but those with `public: false` (as in Japan). Each entry is a period of the law.",
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/definitions/calendarSubstitute"
            },
            "examples": [
              [
                {
                  "days": [
                    "sun"
                  ],
                  "gives": "next-day",
                  "from": "1973-04-12",
                  "to": 2006
                },
                {
                  "days": [
                    "sun"
                  ],
                  "gives": "next-free-day",
                  "from": 2007
                }
              ]
            ]
          },
          "sandwich": {
            "$ref": "#/definitions/calendarSandwich"
          },
          "sessions": {
            "description": "Days that are open in spite of a weekend or holiday, or that have other times than the regular ones. Several entries for one date are several sessions on it.",
            "type": "array",
            "maxItems": 10000,
            "items": {
              "$ref": "#/definitions/calendarSession"
            },
            "examples": [
              [
                {
                  "date": "2025-10-21",
                  "name": "Muhurat",
                  "open": "13:45",
                  "close": "14:45"
                }
              ]
            ]
          },
          "blackouts": {
            "description": "Times of day in which nothing fires, read on the clock of the calendar's zone.",
            "type": "array",
            "maxItems": 1000,
            "items": {
              "$ref": "#/definitions/calendarBlackout"
            },
            "examples": [
              [
                {
                  "days": [
                    "sun"
                  ],
                  "from": "01:00",
                  "to": "05:00",
                  "name": "maintenance"
                }
              ]
            ]
          },
          "anyClosed": {
            "description": "Closed on days on which any of these is closed; its sessions are the times at which all of them trade.",
            "allOf": [
              {
                "$ref": "#/definitions/calendarNames"
              }
            ],
            "examples": [
              [
                "nyse",
                "lse"
              ]
            ]
          },
          "allClosed": {
            "description": "Closed on days on which all of these are closed; its sessions are the times at which any of them trades.",
            "allOf": [
              {
                "$ref": "#/definitions/calendarNames"
              }
            ],
            "examples": [
              [
                "nyse",
                "lse"
              ]
            ]
          },
          "difference": {
            "$ref": "#/definitions/calendarDifference"
          },
          "extends": {
            "$ref": "#/definitions/calendarExtension"
          },
          "complement": {
            "description": "Closed on days on which this calendar is open, and open on those on which it is closed, weekends included. It has no sessions.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "nyse"
            ]
          }
        },
        "if": {
          "anyOf": [
            {
              "required": [
                "anyClosed"
              ]
            },
            {
              "required": [
                "allClosed"
              ]
            },
            {
              "required": [
                "difference"
              ]
            },
            {
              "required": [
                "extends"
              ]
            },
            {
              "required": [
                "complement"
              ]
            }
          ]
        },
        "then": {
          "oneOf": [
            {
              "required": [
                "anyClosed"
              ]
            },
            {
              "required": [
                "allClosed"
              ]
            },
            {
              "required": [
                "difference"
              ]
            },
            {
              "required": [
                "extends"
              ]
            },
            {
              "required": [
                "complement"
              ]
            }
          ],
          "properties": {
            "weekend": false,
            "hours": false,
            "rules": false,
            "substitute": false,
            "sandwich": false,
            "sessions": false
          }
        },
        "else": {
          "required": [
            "timezone"
          ]
        },
        "examples": [
          {
            "timezone": "Asia/Kolkata",
            "weekend": [
              "sat",
              "sun"
            ],
            "rules": [
              {
                "id": "republic-day",
                "name": "Republic Day",
                "date": "01-26"
              }
            ]
          },
          {
            "anyClosed": [
              "nyse",
              "lse"
            ]
          }
        ]
      },
      "calendarRule": {
        "title": "CalendarRule",
        "description": "One rule for days, by exactly one of `date`, `nth` (with `month` and `weekday`), `onOrAfter` or `onOrBefore` (with `weekday`), `easter`, `orthodoxEaster`, `equinox`, `of` (with `offset` or `businessDays`), `dates`, `range`. It closes the days unless it has `close` (early close) or `open` (late open).",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "id"
        ],
        "properties": {
          "id": {
            "description": "What the rule is called in `of`, `disable`, plans and explanations. Unique in the calendar.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "republic-day"
            ]
          },
          "name": {
            "description": "What people call the day; the id if left out.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "examples": [
              "Republic Day"
            ]
          },
          "date": {
            "description": "The same date every year, MM-DD. 02-29 happens in leap years only.",
            "allOf": [
              {
                "$ref": "#/definitions/monthDay"
              }
            ],
            "examples": [
              "01-26"
            ]
          },
          "month": {
            "title": "CalendarMonths",
            "description": "With `weekday` and `nth`: the month, or a list of months.",
            "oneOf": [
              {
                "$ref": "#/definitions/month"
              },
              {
                "type": "array",
                "minItems": 1,
                "maxItems": 12,
                "uniqueItems": true,
                "items": {
                  "$ref": "#/definitions/month"
                }
              }
            ],
            "examples": [
              "nov",
              [
                "mar",
                "jun",
                "sep",
                "dec"
              ]
            ]
          },
          "weekday": {
            "description": "With `nth`, `onOrAfter` or `onOrBefore`: the day of the week.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/weekday"
              }
            ],
            "examples": [
              "thu"
            ]
          },
          "nth": {
            "description": "The first (1) to fifth such weekday of the month, or from its end: the last (-1) to the fifth last. A month that has no such day has no holiday.",
            "type": "integer",
            "enum": [
              1,
              2,
              3,
              4,
              5,
              -1,
              -2,
              -3,
              -4,
              -5
            ],
            "examples": [
              4,
              -1
            ]
          },
          "onOrAfter": {
            "description": "The first such weekday on or after this date, MM-DD.",
            "allOf": [
              {
                "$ref": "#/definitions/monthDay"
              }
            ],
            "examples": [
              "05-25"
            ]
          },
          "onOrBefore": {
            "description": "The last such weekday on or before this date, MM-DD.",
            "allOf": [
              {
                "$ref": "#/definitions/monthDay"
              }
            ],
            "examples": [
              "05-24"
            ]
          },
          "easter": {
            "description": "So many days after (negative: before) Easter Sunday of the western churches.",
            "allOf": [
              {
                "$ref": "#/definitions/dayOffset"
              }
            ],
            "examples": [
              -2,
              1,
              39
            ]
          },
          "orthodoxEaster": {
            "description": "So many days after (negative: before) Easter Sunday of the orthodox churches, as a Gregorian date.",
            "allOf": [
              {
                "$ref": "#/definitions/dayOffset"
              }
            ],
            "examples": [
              -2
            ]
          },
          "equinox": {
            "title": "CalendarEquinox",
            "description": "The day of the equinox in the calendar's zone.",
            "type": "string",
            "enum": [
              "march",
              "september"
            ],
            "examples": [
              "march"
            ]
          },
          "of": {
            "description": "The id of another rule: this one lies `offset` days or `businessDays` business days from it. The other rule's day counts after its `move` and before its `observed`; when it does not happen, neither does this one.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "thanksgiving"
            ]
          },
          "offset": {
            "description": "With `of`: so many calendar days after the other rule's day, negative for before.",
            "allOf": [
              {
                "$ref": "#/definitions/dayOffset"
              }
            ],
            "examples": [
              1
            ]
          },
          "businessDays": {
            "description": "With `of`: the nth business day after the other rule's day, negative for before. What counts as a business day is decided by weekend and all rules without `businessDays`.",
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
          "dates": {
            "title": "CalendarDates",
            "description": "These dates: a list, or a map from date to name. A calendar that uses it needs `coverage.to`.",
            "oneOf": [
              {
                "type": "array",
                "minItems": 1,
                "maxItems": 100000,
                "uniqueItems": true,
                "items": {
                  "$ref": "common.v1.json#/definitions/date"
                }
              },
              {
                "$ref": "#/definitions/datesByName"
              }
            ],
            "examples": [
              {
                "2026-03-03": "Holi",
                "2026-03-26": "Ram Navami"
              },
              [
                "2001-09-11",
                "2001-09-12"
              ]
            ]
          },
          "range": {
            "description": "All days from one date to another, both included.",
            "allOf": [
              {
                "$ref": "#/definitions/dateRange"
              }
            ],
            "examples": [
              {
                "from": "2026-12-24",
                "to": "2026-12-31"
              }
            ]
          },
          "from": {
            "description": "The rule holds from this year or date on, included; asked of the day before `observed` and `move`.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              1998
            ]
          },
          "to": {
            "description": "The rule holds up to this year or date, included; asked of the day before `observed` and `move`.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              2012,
              "2012-12-31"
            ]
          },
          "only": {
            "description": "Holds only when its day, before `observed` and `move`, is one of these weekdays.",
            "type": "array",
            "minItems": 1,
            "maxItems": 7,
            "uniqueItems": true,
            "items": {
              "$ref": "common.v1.json#/definitions/weekday"
            },
            "examples": [
              [
                "mon",
                "tue",
                "wed",
                "thu"
              ]
            ]
          },
          "except": {
            "description": "Dates on which the rule, before `observed`, would hold but does not. A date that is not one of the rule's is a problem.",
            "type": "array",
            "minItems": 1,
            "maxItems": 10000,
            "uniqueItems": true,
            "items": {
              "$ref": "common.v1.json#/definitions/date"
            },
            "examples": [
              [
                "2020-05-04"
              ]
            ]
          },
          "move": {
            "title": "CalendarMove",
            "description": "Single dates moved by decree: from the planned date, as the rule gives it before `observed`, to the actual one, which `observed` does not move again.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 10000,
            "propertyNames": {
              "$ref": "common.v1.json#/definitions/date"
            },
            "additionalProperties": {
              "$ref": "common.v1.json#/definitions/date"
            },
            "examples": [
              {
                "2020-05-04": "2020-05-08"
              }
            ]
          },
          "observed": {
            "title": "CalendarObserved",
            "description": "Where the day goes when it falls on a day off: a map from weekday to weekday (the nearest one) or to a number of days; a weekday missing in the map stays where it is, which on a weekend means that it is not observed. Or `next-business-day`, `previous-business-day`: away from a weekend to the next or last day that is neither weekend nor closed by another rule, each rule to a day of its own; with `close` or `open` also away from a closed day.",
            "oneOf": [
              {
                "$ref": "#/definitions/observedByWeekday"
              },
              {
                "type": "string",
                "enum": [
                  "next-business-day",
                  "previous-business-day"
                ]
              }
            ],
            "examples": [
              {
                "sat": "fri",
                "sun": "mon"
              },
              "next-business-day"
            ]
          },
          "public": {
            "description": "`false`: no holiday in the eyes of the calendar's `substitute` and `sandwich`, such as an exchange's year-end closing.",
            "type": "boolean",
            "default": true,
            "examples": [
              false
            ]
          },
          "close": {
            "description": "The day is open but closes at this time. On a day that is closed anyway it has no effect.",
            "allOf": [
              {
                "$ref": "#/definitions/endOfDayTime"
              }
            ],
            "examples": [
              "13:00"
            ]
          },
          "open": {
            "description": "The day is open but opens at this time. On a day that is closed anyway it has no effect.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeOfDay"
              }
            ],
            "examples": [
              "10:00"
            ]
          }
        },
        "if": {
          "required": [
            "id"
          ]
        },
        "then": {
          "oneOf": [
            {
              "required": [
                "date"
              ]
            },
            {
              "required": [
                "nth"
              ]
            },
            {
              "required": [
                "onOrAfter"
              ]
            },
            {
              "required": [
                "onOrBefore"
              ]
            },
            {
              "required": [
                "easter"
              ]
            },
            {
              "required": [
                "orthodoxEaster"
              ]
            },
            {
              "required": [
                "equinox"
              ]
            },
            {
              "required": [
                "of"
              ]
            },
            {
              "required": [
                "dates"
              ]
            },
            {
              "required": [
                "range"
              ]
            }
          ]
        },
        "dependencies": {
          "nth": [
            "month",
            "weekday"
          ],
          "month": [
            "nth"
          ],
          "onOrAfter": [
            "weekday"
          ],
          "onOrBefore": [
            "weekday"
          ],
          "weekday": {
            "anyOf": [
              {
                "required": [
                  "nth"
                ]
              },
              {
                "required": [
                  "onOrAfter"
                ]
              },
              {
                "required": [
                  "onOrBefore"
                ]
              }
            ]
          },
          "of": {
            "oneOf": [
              {
                "required": [
                  "offset"
                ]
              },
              {
                "required": [
                  "businessDays"
                ]
              }
            ]
          },
          "offset": [
            "of"
          ],
          "businessDays": [
            "of"
          ]
        },
        "examples": [
          {
            "id": "republic-day",
            "name": "Republic Day",
            "date": "01-26"
          },
          {
            "id": "mlk",
            "name": "Martin Luther King Day",
            "month": "jan",
            "weekday": "mon",
            "nth": 3,
            "from": 1998
          },
          {
            "id": "good-friday",
            "name": "Good Friday",
            "easter": -2
          },
          {
            "id": "new-year",
            "name": "New Year's Day",
            "date": "01-01",
            "observed": {
              "sun": "mon"
            }
          },
          {
            "id": "day-after-thanksgiving",
            "of": "thanksgiving",
            "offset": 1,
            "close": "13:00"
          },
          {
            "id": "lunar-2026",
            "dates": {
              "2026-03-03": "Holi",
              "2026-03-26": "Ram Navami"
            }
          },
          {
            "id": "freeze",
            "range": {
              "from": "2026-12-24",
              "to": "2026-12-31"
            }
          }
        ]
      },
      "calendarHours": {
        "title": "CalendarHours",
        "description": "Regular opening hours in one period.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "open",
          "close"
        ],
        "properties": {
          "open": {
            "description": "When the session opens.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeOfDay"
              }
            ],
            "examples": [
              "09:15"
            ]
          },
          "close": {
            "description": "When the session closes, on the same day; \"24:00\" is its end.",
            "allOf": [
              {
                "$ref": "#/definitions/endOfDayTime"
              }
            ],
            "examples": [
              "15:30"
            ]
          },
          "breaks": {
            "$ref": "#/definitions/calendarBreaks"
          },
          "days": {
            "description": "The weekdays that have these hours; all if left out.",
            "type": "array",
            "minItems": 1,
            "maxItems": 7,
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
          "from": {
            "description": "The first year or date with these hours.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              "2024-11-05"
            ]
          },
          "to": {
            "description": "The last year or date with these hours.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              "2024-11-04"
            ]
          }
        },
        "examples": [
          {
            "open": "09:00",
            "close": "15:30",
            "breaks": [
              {
                "from": "11:30",
                "to": "12:30"
              }
            ],
            "from": "2024-11-05"
          }
        ]
      },
      "calendarBreaks": {
        "title": "CalendarBreaks",
        "description": "Pauses within the session, such as lunch, in order. They divide it into intervals; it opens once and closes once.",
        "type": "array",
        "maxItems": 24,
        "items": {
          "title": "CalendarBreak",
          "description": "One pause.",
          "type": "object",
          "additionalProperties": false,
          "required": [
            "from",
            "to"
          ],
          "properties": {
            "from": {
              "description": "When the pause begins.",
              "allOf": [
                {
                  "$ref": "common.v1.json#/definitions/timeOfDay"
                }
              ],
              "examples": [
                "11:30"
              ]
            },
            "to": {
              "description": "When the pause ends.",
              "allOf": [
                {
                  "$ref": "common.v1.json#/definitions/timeOfDay"
                }
              ],
              "examples": [
                "12:30"
              ]
            }
          }
        },
        "examples": [
          [
            {
              "from": "11:30",
              "to": "12:30"
            }
          ]
        ]
      },
      "calendarSession": {
        "title": "CalendarSession",
        "description": "A dated session. It outranks weekend, rules and regular hours.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "date"
        ],
        "properties": {
          "date": {
            "$ref": "common.v1.json#/definitions/date"
          },
          "name": {
            "description": "What people call it.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "examples": [
              "Muhurat"
            ]
          },
          "open": {
            "description": "When it opens; with `close`. Without both, the regular hours of that time hold.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeOfDay"
              }
            ],
            "examples": [
              "13:45"
            ]
          },
          "close": {
            "description": "When it closes; with `open`.",
            "allOf": [
              {
                "$ref": "#/definitions/endOfDayTime"
              }
            ],
            "examples": [
              "14:45"
            ]
          },
          "breaks": {
            "$ref": "#/definitions/calendarBreaks"
          },
          "day": {
            "title": "CalendarSessionDay",
            "description": "`open` (the default): the day counts as open, for the filter and for business days. `closed`: the session is held, the day stays what it is.",
            "type": "string",
            "enum": [
              "open",
              "closed"
            ],
            "default": "open",
            "examples": [
              "closed"
            ]
          }
        },
        "dependencies": {
          "open": [
            "close"
          ],
          "close": [
            "open"
          ],
          "breaks": [
            "open"
          ]
        },
        "examples": [
          {
            "date": "2026-02-01",
            "name": "Budget Sunday"
          },
          {
            "date": "2025-10-21",
            "name": "Muhurat",
            "open": "13:45",
            "close": "14:45"
          }
        ]
      },
      "calendarSubstitute": {
        "title": "CalendarSubstitute",
        "description": "Holidays that fall on one of `days` give another day off.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "days",
          "gives"
        ],
        "properties": {
          "days": {
            "description": "The weekdays of the holiday that give a substitute.",
            "type": "array",
            "minItems": 1,
            "maxItems": 7,
            "uniqueItems": true,
            "items": {
              "$ref": "common.v1.json#/definitions/weekday"
            },
            "examples": [
              [
                "sun"
              ]
            ]
          },
          "gives": {
            "title": "CalendarSubstituteGives",
            "description": "`next-day`: the day after, unless that is a holiday itself. `next-free-day`: the first day after that is no holiday itself.",
            "type": "string",
            "enum": [
              "next-day",
              "next-free-day"
            ],
            "examples": [
              "next-free-day"
            ]
          },
          "name": {
            "description": "What the day is called; `Substitute for` and the holiday's name if left out.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "examples": [
              "Substitute holiday"
            ]
          },
          "from": {
            "description": "Holds for holidays from this year or date on, included.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              "1973-04-12"
            ]
          },
          "to": {
            "description": "Holds for holidays up to this year or date, included.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              2006
            ]
          }
        },
        "examples": [
          {
            "days": [
              "sun"
            ],
            "gives": "next-free-day",
            "from": 2007
          }
        ]
      },
      "calendarSandwich": {
        "title": "CalendarSandwich",
        "description": "A day between two holidays is closed too, for holidays of all rules but those with `public: false` (as in Japan). Substitute days do not count as holidays here.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "name": {
            "description": "What the day is called.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "default": "Day between two holidays",
            "examples": [
              "Citizens' holiday"
            ]
          },
          "from": {
            "description": "Holds from this year or date on, included.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              "1985-12-27"
            ]
          },
          "to": {
            "description": "Holds up to this year or date, included.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              2030
            ]
          }
        },
        "examples": [
          {
            "name": "Citizens' holiday",
            "from": "1985-12-27"
          }
        ]
      },
      "calendarCoverage": {
        "title": "CalendarCoverage",
        "description": "For which days the calendar knows the answer. Before `from`, and after `to` with `afterEnd: hold`, nothing is decided.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "from": {
            "description": "The first day covered, or its year. Without it there is no beginning.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              "2014-01-01"
            ]
          },
          "to": {
            "description": "The last day covered, or its year. Needed where `dates` are used; without it there is no end.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              "2026-12-31"
            ]
          },
          "afterEnd": {
            "title": "CalendarAfterEnd",
            "description": "What days after `to` are: undecided until coverage is extended (`hold`), all open, all closed, or by the rules, with `dates` taken as complete (`rules-only`).",
            "type": "string",
            "enum": [
              "hold",
              "open",
              "closed",
              "rules-only"
            ],
            "default": "hold",
            "examples": [
              "hold"
            ]
          }
        },
        "examples": [
          {
            "from": "2014-01-01",
            "to": "2026-12-31",
            "afterEnd": "hold"
          }
        ]
      },
      "calendarBlackout": {
        "title": "CalendarBlackout",
        "description": "A time in which nothing fires: from `from` (included) to `to` (excluded) on the clock of the calendar's zone.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "name": {
            "description": "What people call it; shown in explanations.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "examples": [
              "maintenance"
            ]
          },
          "days": {
            "description": "The weekdays on which it begins; all if left out.",
            "type": "array",
            "minItems": 1,
            "maxItems": 7,
            "uniqueItems": true,
            "items": {
              "$ref": "common.v1.json#/definitions/weekday"
            },
            "examples": [
              [
                "sun"
              ]
            ]
          },
          "from": {
            "description": "When it begins; 00:00 if left out.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/timeOfDay"
              }
            ],
            "default": "00:00",
            "examples": [
              "01:00"
            ]
          },
          "to": {
            "description": "When it ends; 24:00 if left out. At or before `from` it is a time of the next day.",
            "allOf": [
              {
                "$ref": "#/definitions/endOfDayTime"
              }
            ],
            "default": "24:00",
            "examples": [
              "05:00"
            ]
          },
          "dates": {
            "description": "Only when it begins on one of these days.",
            "allOf": [
              {
                "$ref": "#/definitions/dateRange"
              }
            ],
            "examples": [
              {
                "from": "2026-12-24",
                "to": "2026-12-31"
              }
            ]
          }
        },
        "if": true,
        "then": {
          "anyOf": [
            {
              "required": [
                "days"
              ]
            },
            {
              "required": [
                "from"
              ]
            },
            {
              "required": [
                "to"
              ]
            },
            {
              "required": [
                "dates"
              ]
            }
          ]
        },
        "examples": [
          {
            "days": [
              "sun"
            ],
            "from": "01:00",
            "to": "05:00",
            "name": "maintenance"
          }
        ]
      },
      "calendarSource": {
        "title": "CalendarSource",
        "description": "One source of the calendar's data.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "url"
        ],
        "properties": {
          "url": {
            "description": "Its address.",
            "type": "string",
            "pattern": "^https?://[^\\s]+$",
            "maxLength": 2048,
            "examples": [
              "https://www.nseindia.com/"
            ]
          },
          "title": {
            "description": "What it is called.",
            "type": "string",
            "maxLength": 256,
            "examples": [
              "NSE circular 2026 holidays"
            ]
          },
          "checked": {
            "description": "When it was last compared with the calendar.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/date"
              }
            ],
            "examples": [
              "2026-01-05"
            ]
          },
          "note": {
            "description": "What it was used for, or where it disagrees.",
            "type": "string",
            "maxLength": 4096,
            "examples": [
              "Closures since 2014; the Muhurat times are from the yearly circulars."
            ]
          }
        },
        "examples": [
          {
            "url": "https://www.nseindia.com/",
            "checked": "2026-01-05"
          }
        ]
      },
      "calendarDifference": {
        "title": "CalendarDifference",
        "description": "Closed on days on which `base` is closed and `minus` is not, weekends included; its sessions are those of `base` on days that are open.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "base",
          "minus"
        ],
        "properties": {
          "base": {
            "description": "The calendar to start from.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "nyse"
            ]
          },
          "minus": {
            "description": "The calendar whose closed days are taken out.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "lse"
            ]
          }
        },
        "examples": [
          {
            "base": "nyse",
            "minus": "lse"
          }
        ]
      },
      "calendarExtension": {
        "title": "CalendarExtension",
        "description": "Another calendar's rules with some taken out and some added.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "base"
        ],
        "properties": {
          "base": {
            "description": "The calendar to start from: one with rules of its own, or itself an extension of one.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "nyse"
            ]
          },
          "disable": {
            "description": "Ids of rules of the base that do not hold here.",
            "type": "array",
            "minItems": 1,
            "maxItems": 10000,
            "uniqueItems": true,
            "items": {
              "$ref": "common.v1.json#/definitions/name"
            },
            "examples": [
              [
                "good-friday"
              ]
            ]
          },
          "rules": {
            "description": "Rules that hold here besides the base's. They may refer to the base's rules.",
            "type": "array",
            "maxItems": 10000,
            "items": {
              "$ref": "#/definitions/calendarRule"
            },
            "examples": [
              [
                {
                  "id": "company-day",
                  "date": "06-15"
                }
              ]
            ]
          },
          "sessions": {
            "description": "Dated sessions besides the base's; those for a date replace the base's for it.",
            "type": "array",
            "maxItems": 10000,
            "items": {
              "$ref": "#/definitions/calendarSession"
            },
            "examples": [
              [
                {
                  "date": "2026-02-01",
                  "name": "Budget Sunday"
                }
              ]
            ]
          },
          "hours": {
            "description": "Regular hours in place of the base's.",
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/definitions/calendarHours"
            },
            "examples": [
              [
                {
                  "open": "08:00",
                  "close": "18:00"
                }
              ]
            ]
          }
        },
        "examples": [
          {
            "base": "nyse",
            "disable": [
              "good-friday"
            ],
            "rules": [
              {
                "id": "company-day",
                "date": "06-15"
              }
            ]
          }
        ]
      },
      "calendarNames": {
        "title": "CalendarNames",
        "description": "Names of other calendars.",
        "type": "array",
        "minItems": 1,
        "maxItems": 64,
        "uniqueItems": true,
        "items": {
          "$ref": "common.v1.json#/definitions/name"
        },
        "examples": [
          [
            "nyse",
            "lse"
          ]
        ]
      },
      "weekendPeriod": {
        "title": "WeekendPeriod",
        "description": "The weekend in one period.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "days"
        ],
        "properties": {
          "days": {
            "$ref": "#/definitions/weekdayList"
          },
          "from": {
            "description": "The first year or date with this weekend.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              2000
            ]
          },
          "to": {
            "description": "The last year or date with this weekend.",
            "allOf": [
              {
                "$ref": "#/definitions/yearOrDate"
              }
            ],
            "examples": [
              "1999-12-31"
            ]
          }
        },
        "examples": [
          {
            "days": [
              "fri",
              "sat"
            ],
            "to": "2021-12-31"
          }
        ]
      },
      "weekdayList": {
        "title": "WeekdayList",
        "description": "Days of the week.",
        "type": "array",
        "maxItems": 7,
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
      },
      "observedByWeekday": {
        "title": "ObservedByWeekday",
        "description": "For each weekday on which the day may fall: the weekday it moves to, the nearest such day, or the number of days it moves by.",
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": {
          "mon": {
            "$ref": "#/definitions/observedTarget"
          },
          "tue": {
            "$ref": "#/definitions/observedTarget"
          },
          "wed": {
            "$ref": "#/definitions/observedTarget"
          },
          "thu": {
            "$ref": "#/definitions/observedTarget"
          },
          "fri": {
            "$ref": "#/definitions/observedTarget"
          },
          "sat": {
            "$ref": "#/definitions/observedTarget"
          },
          "sun": {
            "$ref": "#/definitions/observedTarget"
          }
        },
        "examples": [
          {
            "sat": "fri",
            "sun": "mon"
          }
        ]
      },
      "observedTarget": {
        "title": "ObservedTarget",
        "description": "The weekday that the day moves to, or the number of days it moves by.",
        "oneOf": [
          {
            "$ref": "common.v1.json#/definitions/weekday"
          },
          {
            "type": "integer",
            "minimum": -6,
            "maximum": 6
          }
        ],
        "examples": [
          "mon",
          2
        ]
      },
      "datesByName": {
        "title": "DatesByName",
        "description": "Dates and what people call each.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 100000,
        "propertyNames": {
          "$ref": "common.v1.json#/definitions/date"
        },
        "additionalProperties": {
          "type": "string",
          "minLength": 1,
          "maxLength": 256
        },
        "examples": [
          {
            "2026-03-03": "Holi"
          }
        ]
      },
      "dateRange": {
        "title": "DateRange",
        "description": "Two dates, both included.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "from",
          "to"
        ],
        "properties": {
          "from": {
            "description": "The first day.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/date"
              }
            ],
            "examples": [
              "2026-12-24"
            ]
          },
          "to": {
            "description": "The last day.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/date"
              }
            ],
            "examples": [
              "2026-12-31"
            ]
          }
        },
        "examples": [
          {
            "from": "2026-12-24",
            "to": "2026-12-31"
          }
        ]
      },
      "yearOrDate": {
        "title": "YearOrDate",
        "description": "A year, or a date YYYY-MM-DD. A year stands for its first day in `from` and its last day in `to`.",
        "oneOf": [
          {
            "type": "integer",
            "minimum": 1900,
            "maximum": 2200
          },
          {
            "$ref": "common.v1.json#/definitions/date"
          }
        ],
        "examples": [
          1998,
          "1998-01-01"
        ]
      },
      "monthDay": {
        "title": "MonthDay",
        "description": "A day of the year, MM-DD.",
        "type": "string",
        "pattern": "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        "examples": [
          "12-25"
        ]
      },
      "month": {
        "title": "Month",
        "description": "A month of the year.",
        "type": "string",
        "enum": [
          "jan",
          "feb",
          "mar",
          "apr",
          "may",
          "jun",
          "jul",
          "aug",
          "sep",
          "oct",
          "nov",
          "dec"
        ],
        "examples": [
          "nov"
        ]
      },
      "dayOffset": {
        "title": "DayOffset",
        "description": "A number of days, negative for earlier.",
        "type": "integer",
        "minimum": -366,
        "maximum": 366,
        "examples": [
          -2
        ]
      },
      "endOfDayTime": {
        "title": "EndOfDayTime",
        "description": "A quoted time of day at which something ends, \"HH:MM\" or \"HH:MM:SS\", up to \"24:00\".",
        "type": "string",
        "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)$",
        "examples": [
          "15:30",
          "24:00"
        ]
      }
    },
    "examples": [
      {
        "apiVersion": "belfry/v1",
        "kind": "Calendar",
        "metadata": {
          "name": "nse",
          "description": "NSE India, equities"
        },
        "spec": {
          "timezone": "Asia/Kolkata",
          "weekend": [
            "sat",
            "sun"
          ],
          "coverage": {
            "from": "2014-01-01",
            "to": "2026-12-31",
            "afterEnd": "hold"
          },
          "rules": [
            {
              "id": "republic-day",
              "name": "Republic Day",
              "date": "01-26"
            },
            {
              "id": "lunar-2026",
              "dates": {
                "2026-03-03": "Holi"
              }
            }
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
      "retry": {
        "title": "Retry",
        "description": "What follows when an attempt fails. After the last the run is dead.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "maxAttempts": {
            "description": "Attempts in all; 1 for none but the first.",
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 5,
            "examples": [
              3
            ]
          },
          "backoff": {
            "title": "RetryBackoff",
            "description": "How long until the next attempt at most; the wait is drawn evenly from all up to it.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "initial": {
                "description": "After the first attempt.",
                "allOf": [
                  {
                    "$ref": "#/definitions/duration"
                  }
                ],
                "default": "10s",
                "examples": [
                  "10s"
                ]
              },
              "factor": {
                "description": "How many times longer after each further one.",
                "type": "number",
                "minimum": 1,
                "maximum": 100,
                "default": 2,
                "examples": [
                  2
                ]
              },
              "max": {
                "description": "Never longer than this.",
                "allOf": [
                  {
                    "$ref": "#/definitions/duration"
                  }
                ],
                "default": "10m",
                "examples": [
                  "10m"
                ]
              }
            },
            "examples": [
              {
                "initial": "10s",
                "factor": 2,
                "max": "10m"
              }
            ]
          },
          "target": {
            "title": "RetryTarget",
            "description": "Who may have the next attempt: `any` instance, or an `other-instance` while a healthy one is there.",
            "type": "string",
            "enum": [
              "any",
              "other-instance"
            ],
            "default": "any",
            "examples": [
              "other-instance"
            ]
          }
        },
        "examples": [
          {
            "maxAttempts": 3
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
      "overlap": {
        "title": "OverlapPolicy",
        "description": "What becomes of a fire that comes up while a run of the schedule is still going: sent all the same (`allow`), recorded as not fired (`skip`), sent when the run has ended, one (`buffer-one`, the oldest) or every one of them (`buffer-all`, the newest 1000, one at a time), or sent when the run has stopped, which is asked to (`cancel-other`).",
        "type": "string",
        "enum": [
          "allow",
          "skip",
          "buffer-one",
          "buffer-all",
          "cancel-other"
        ],
        "default": "allow",
        "examples": [
          "skip"
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
          "timeout": {
            "description": "A run that takes longer is told to end, which is a failed attempt.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "30m"
            ]
          },
          "startWithin": {
            "description": "A run that nobody has begun so long after its fire ends as `expired` instead of running stale.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "2h"
            ]
          },
          "retry": {
            "$ref": "common.v1.json#/definitions/retry"
          },
          "concurrencyKey": {
            "description": "Runs of one adapter with the same key never overlap. A text in which `{{data.path}}` stands for a value of the data.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "examples": [
              "{{data.portfolio}}"
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
          "overlap": {
            "$ref": "common.v1.json#/definitions/overlap"
          },
          "cancelWait": {
            "description": "With `overlap: cancel-other`: how long a run that was asked to stop is waited for. Then the next one is sent all the same.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "default": "1m",
            "examples": [
              "1m"
            ]
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
          "replaces": {
            "title": "Replaces",
            "description": "A rename keeps state: the name that this schedule had before, or several, the newest first. It goes on where the old one stood, with its count. May stay in the file afterwards.",
            "oneOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              },
              {
                "type": "array",
                "minItems": 1,
                "maxItems": 20,
                "items": {
                  "$ref": "common.v1.json#/definitions/name"
                }
              }
            ],
            "examples": [
              "old-name",
              [
                "old-name",
                "older-name"
              ]
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
          "sla": {
            "$ref": "#/definitions/serviceLevel"
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
      "serviceLevel": {
        "title": "ServiceLevel",
        "description": "Until when a run must have started and finished, counted from its nominal time. What is late is told by an event; nothing else follows.",
        "type": "object",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": {
          "startWithin": {
            "description": "Told as `late-start` of a run that no worker has begun by then.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "5m"
            ]
          },
          "finishWithin": {
            "description": "Told as `late-finish` of a run that has not ended by then, retries included.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/duration"
              }
            ],
            "examples": [
              "1h"
            ]
          }
        },
        "examples": [
          {
            "startWithin": "5m",
            "finishWithin": "1h"
          }
        ]
      },
      "trigger": {
        "title": "Trigger",
        "description": "One rule for times, by exactly one of `cron`, `every`, `at`, `rrule`, `businessDay`, `session`, or what it follows on: `after` or `event`.",
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
          },
          {
            "$ref": "#/definitions/afterTrigger"
          },
          {
            "$ref": "#/definitions/eventTrigger"
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
      "afterTrigger": {
        "title": "AfterTrigger",
        "description": "Once for each run of another job or schedule that ends.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "after"
        ],
        "properties": {
          "after": {
            "title": "Upstream",
            "description": "Whose runs, and which ends of them.",
            "oneOf": [
              {
                "$ref": "#/definitions/afterJob"
              },
              {
                "$ref": "#/definitions/afterSchedule"
              }
            ],
            "examples": [
              {
                "job": "portfolio-import",
                "when": "succeeded"
              }
            ]
          }
        },
        "examples": [
          {
            "after": {
              "schedule": "zerodha-portfolio"
            }
          }
        ]
      },
      "eventTrigger": {
        "title": "EventTrigger",
        "description": "Once for each message of a JetStream stream.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "event"
        ],
        "properties": {
          "event": {
            "$ref": "#/definitions/eventSource"
          }
        },
        "examples": [
          {
            "event": {
              "stream": "ORDERS",
              "subject": "orders.created"
            }
          }
        ]
      },
      "eventSource": {
        "title": "EventSource",
        "description": "Which messages ask for a run.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "stream",
          "subject"
        ],
        "properties": {
          "stream": {
            "description": "The JetStream stream that stores the messages; not one of belfry's own.",
            "type": "string",
            "minLength": 1,
            "maxLength": 128,
            "examples": [
              "ORDERS"
            ]
          },
          "subject": {
            "description": "The subject of the messages; `*` stands for one token, `>` at the end for all that follow.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
            "examples": [
              "orders.created",
              "orders.*.paid"
            ]
          },
          "filter": {
            "title": "EventFilter",
            "description": "A JSON Schema (draft-07) of the message's JSON. What does not fit it, or is no JSON, asks for nothing. `$ref` reaches only inside this schema.",
            "type": "object",
            "additionalProperties": true,
            "examples": [
              {
                "properties": {
                  "total": {
                    "type": "number",
                    "minimum": 1000
                  }
                },
                "required": [
                  "total"
                ]
              }
            ]
          }
        },
        "examples": [
          {
            "stream": "ORDERS",
            "subject": "orders.created"
          }
        ]
      },
      "afterJob": {
        "title": "AfterJob",
        "description": "The runs of a job, whatever asked for them.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "job"
        ],
        "properties": {
          "job": {
            "description": "The Job, of the same tenant, that is followed.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "portfolio-import"
            ]
          },
          "when": {
            "$ref": "#/definitions/endedHow"
          }
        },
        "examples": [
          {
            "job": "portfolio-import"
          }
        ]
      },
      "afterSchedule": {
        "title": "AfterSchedule",
        "description": "The runs of one schedule.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "schedule"
        ],
        "properties": {
          "schedule": {
            "description": "The Schedule, of the same tenant, that is followed.",
            "allOf": [
              {
                "$ref": "common.v1.json#/definitions/name"
              }
            ],
            "examples": [
              "zerodha-portfolio"
            ]
          },
          "when": {
            "$ref": "#/definitions/endedHow"
          }
        },
        "examples": [
          {
            "schedule": "zerodha-portfolio",
            "when": "finished"
          }
        ]
      },
      "endedHow": {
        "title": "EndedHow",
        "description": "Which ends count: `succeeded` (the default), `failed` (dead or expired, after all attempts), or `finished`, which is any end, cancelled ones too.",
        "type": "string",
        "enum": [
          "succeeded",
          "failed",
          "finished"
        ],
        "default": "succeeded",
        "examples": [
          "failed"
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
              },
              "overlap": {
                "$ref": "common.v1.json#/definitions/overlap"
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
