import { epochDayOfLocal } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'

/*
 * J. Meeus, Astronomical Algorithms, 2nd edition, chapter 27: mean instants (table 27.B) and 24 periodic terms
 * (table 27.C). For 1900 to 2200 it stays within 56 seconds of the ephemeris of ERFA (the IAU's SOFA routines), and no
 * date in Japan differs. The difference between dynamical and universal time is taken from the polynomials of Espenak
 * and Meeus (NASA, Five Millennium Canon of Solar Eclipses).
 */
const MEAN_INSTANT = {
  march: [2_451_623.80984, 365_242.37404, 0.05169, -0.00411, -0.00057],
  september: [2_451_810.21715, 365_242.01767, -0.11575, 0.00337, 0.00078],
} as const

/** Amplitude in 0.00001 days, phase in degrees, degrees per Julian century. */
const PERIODIC_TERMS: readonly (readonly [amplitude: number, phase: number, rate: number])[] = [
  [485, 324.96, 1934.136],
  [203, 337.23, 32_964.467],
  [199, 342.08, 20.186],
  [182, 27.85, 445_267.112],
  [156, 73.14, 45_036.886],
  [136, 171.52, 22_518.443],
  [77, 222.54, 65_928.934],
  [74, 296.72, 3034.906],
  [70, 243.58, 9037.513],
  [58, 119.81, 33_718.147],
  [52, 297.17, 150.678],
  [50, 21.02, 2281.226],
  [45, 247.54, 29_929.562],
  [44, 325.15, 31_555.956],
  [29, 60.93, 4443.417],
  [18, 155.12, 67_555.328],
  [17, 288.79, 4562.452],
  [16, 198.04, 62_894.029],
  [14, 199.76, 31_436.921],
  [12, 95.39, 14_577.848],
  [12, 287.11, 31_931.756],
  [12, 320.81, 34_777.259],
  [9, 227.73, 1222.114],
  [8, 15.45, 16_859.074],
]

const UNIX_EPOCH_JULIAN_DATE = 2_440_587.5
const J2000 = 2_451_545
const DAY_MS = 86_400_000

export type Equinox = keyof typeof MEAN_INSTANT

/** The instant of an equinox in epoch milliseconds, to about a minute, for the years 1900 to 2200. */
export function equinoxInstant(year: number, equinox: Equinox): number {
  const mean = polynomial(MEAN_INSTANT[equinox], (year - 2000) / 1000)
  const centuries = (mean - J2000) / 36_525
  const anomaly = 35_999.373 * centuries - 2.47
  const speed = 1 + 0.0334 * cosine(anomaly) + 0.0007 * cosine(2 * anomaly)
  let sum = 0
  for (const [amplitude, phase, rate] of PERIODIC_TERMS) sum += amplitude * cosine(phase + rate * centuries)
  const dynamical = mean + (0.00001 * sum) / speed
  return (dynamical - UNIX_EPOCH_JULIAN_DATE) * DAY_MS - dynamicalMinusUniversal(year) * 1000
}

/** The epoch day of an equinox as a zone's wall calendar shows it. */
export function equinoxDay(year: number, equinox: Equinox, zone: Zone): number {
  return epochDayOfLocal(zone.localAt(equinoxInstant(year, equinox)))
}

function cosine(degrees: number): number {
  return Math.cos((degrees * Math.PI) / 180)
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0)
}

/** Seconds; before 2005 from observation, later from a forecast that matters little to a date. */
function dynamicalMinusUniversal(year: number): number {
  if (year < 1920) {
    return polynomial([-2.79, 1.494119, -0.0598939, 0.0061966, -0.000197], year - 1900)
  }
  if (year < 1941) return polynomial([21.2, 0.84493, -0.0761, 0.0020936], year - 1920)
  if (year < 1961) return polynomial([29.07, 0.407, -1 / 233, 1 / 2547], year - 1950)
  if (year < 1986) return polynomial([45.45, 1.067, -1 / 260, -1 / 718], year - 1975)
  if (year < 2005) {
    return polynomial([63.86, 0.3345, -0.060374, 0.0017275, 0.000651814, 0.00002373599], year - 2000)
  }
  if (year < 2050) return polynomial([62.92, 0.32217, 0.005589], year - 2000)
  const late = year < 2150 ? 0.5628 * (2150 - year) : 0
  return -20 + 32 * ((year - 1820) / 100) ** 2 - late
}
