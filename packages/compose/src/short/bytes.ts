import { parsed, refused, shown, type Parsed } from './parsed.ts'

export interface BytesOptions {
  /** Also accept -1 as text, for limits where it means none. */
  readonly unlimited?: boolean | undefined
}

/**
 * Reads a size: a number of bytes, or a number with a unit (`b`, `k`, `m`, `g`,
 * `t`, `p`, also `kb` and `KiB`), every unit a power of 1024.
 *
 * @returns the bytes as decimal text, as `docker compose config` prints them.
 * @see https://github.com/compose-spec/compose-spec/blob/main/11-extension.md#specifying-byte-values
 */
export function parseBytes(value: string | number, options: BytesOptions = {}): Parsed<string> {
  if (typeof value === 'number') return parsed(BigInt(Math.trunc(value)).toString())
  if (options.unlimited === true && value === '-1') return parsed(value)
  const match = /^(\d{1,40}(?:\.\d{1,40})?) ?([kmgtp]?)i?b?$/i.exec(value)
  if (match === null) return refused(`${shown(value)} is not a size.`, hint)
  const [, digits = '', unit = ''] = match
  const bytes = Math.trunc(Number(digits) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '))
  if (bytes >= 2 ** 63) return refused(`The size ${shown(value)} is too large.`, hint)
  return parsed(/^\d+$/.test(value) ? BigInt(value).toString() : BigInt(bytes).toString())
}

const hint = 'Write a number of bytes, or a number with a unit: 512m, 1.5gb, 64k.'
