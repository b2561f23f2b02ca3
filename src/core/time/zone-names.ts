/**
 * Names that the tz database prefers today but that the runtime lists under an older one, or not at all. Used only to
 * suggest: which names exist is asked of the runtime.
 */
const UNLISTED = [
  'UTC',
  'GMT',
  'Etc/UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Ho_Chi_Minh',
  'Asia/Yangon',
  'Asia/Dhaka',
  'Asia/Thimphu',
  'Asia/Ulaanbaatar',
  'Africa/Asmara',
  'America/Argentina/Buenos_Aires',
  'America/Atikokan',
  'America/Indiana/Indianapolis',
  'America/Kentucky/Louisville',
  'America/Nuuk',
  'Atlantic/Faroe',
  'Europe/Kyiv',
  'Pacific/Chuuk',
  'Pacific/Kanton',
  'Pacific/Pohnpei',
]

/** Zone names to suggest from. */
export function zoneNames(): readonly string[] {
  return [...UNLISTED, ...Intl.supportedValuesOf('timeZone')]
}
