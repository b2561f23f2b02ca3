/**
 * Whether a server of this version keeps the expectations of one batch apart (nats-server #8376, fixed by #8377). Before
 * the fix it compared them by memory that later members of the batch had overwritten.
 */
export function keepsExpectationsApart(version: string | undefined): boolean {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? '')
  if (parts === null) return false
  const [major = 0, minor = 0, patch = 0] = parts.slice(1).map(Number)
  if (major !== 2) return major > 2
  if (minor === 12) return patch >= 14
  // There is no 2.13.
  if (minor === 14) return patch >= 4
  return minor > 14
}
