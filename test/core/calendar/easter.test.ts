import { expect, test } from 'vitest'
import { orthodoxEaster, westernEaster } from '../../../src/core/calendar/easter.ts'
import { epochDayOf, formatDate, weekdayOf } from '../../../src/core/time/civil.ts'

/*
 * Easter Monday as the day of the year, 1901 to 2100. Source: the tables that QuantLib publishes for its western and
 * orthodox calendars (ql/time/calendar.cpp).
 */
const WESTERN_MONDAYS = `
   98  90 103  95 114 106  91 111 102  87 107  99  83 103  95 115  99  91 111  96
   87 107  92 112 103  95 108 100  91 111  96  88 107  92 112 104  88 108 100  85
  104  96 116 101  92 112  97  89 108 100  85 105  96 109 101  93 112  97  89 109
   93 113 105  90 109 101  86 106  97  89 102  94 113 105  90 110 101  86 106  98
  110 102  94 114  98  90 110  95  86 106  91 111 102  94 107  99  90 103  95 115
  106  91 111 103  87 107  99  84 103  95 115 100  91 111  96  88 107  92 112 104
   95 108 100  92 111  96  88 108  92 112 104  89 108 100  85 105  96 116 101  93
  112  97  89 109 100  85 105  97 109 101  93 113  97  89 109  94 113 105  90 110
  101  86 106  98  89 102  94 114 105  90 110 102  86 106  98 111 102  94 114  99
   90 110  95  87 106  91 111 103  94 107  99  91 103  95 115 107  91 111 103  88`

const ORTHODOX_MONDAYS = `
  105 118 110 102 121 106 126 118 102 122 114  99 118 110  95 115 106 126 111 103
  122 107  99 119 110 123 115 107 126 111 103 123 107  99 119 104 123 115 100 120
  111  96 116 108 127 112 104 124 115 100 120 112  96 116 108 128 112 104 124 109
  100 120 105 125 116 101 121 113 104 117 109 101 120 105 125 117 101 121 113  98
  117 109 129 114 105 125 110 102 121 106  98 118 109 122 114 106 118 110 102 122
  106 126 118 103 122 114  99 119 110  95 115 107 126 111 103 123 107  99 119 111
  123 115 107 127 111 103 123 108  99 119 104 124 115 100 120 112  96 116 108 128
  112 104 124 116 100 120 112  97 116 108 128 113 104 124 109 101 120 105 125 117
  101 121 113 105 117 109 101 121 105 125 110 102 121 113  98 118 109 129 114 106
  125 110 102 122 106  98 118 110 122 114  99 119 110 102 115 107 126 118 103 123`

function sundays(mondays: string): string[] {
  return mondays
    .trim()
    .split(/\s+/)
    .map((dayOfYear, index) => formatDate(epochDayOf(1901 + index, 1, 1) + Number(dayOfYear) - 2))
}

function computed(easter: (year: number) => number): string[] {
  return Array.from({ length: 200 }, (_, index) => formatDate(easter(1901 + index)))
}

test('western Easter is that of the published table from 1901 to 2100', () => {
  expect(computed(westernEaster)).toEqual(sundays(WESTERN_MONDAYS))
})

test('orthodox Easter is that of the published table from 1901 to 2100', () => {
  expect(computed(orthodoxEaster)).toEqual(sundays(ORTHODOX_MONDAYS))
})

test('both Easters of 1900 and 2200 are Sundays in spring', () => {
  expect([westernEaster(1900), orthodoxEaster(1900)].map(formatDate)).toEqual(['1900-04-15', '1900-04-22'])
  for (const sunday of [westernEaster(2200), orthodoxEaster(2200)]) {
    expect(weekdayOf(sunday)).toBe(0)
    expect([3, 4, 5]).toContain(Number(formatDate(sunday).slice(5, 7)))
  }
})
