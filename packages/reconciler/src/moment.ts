/** The engine's nanoseconds since the epoch as ISO 8601. */
export function momentOf(timeNano: string): string {
  return new Date(Number(BigInt(timeNano) / 1_000_000n)).toISOString()
}
