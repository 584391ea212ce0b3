/** One measured time. */
export interface Sample {
  readonly row: string
  readonly contender: string
  readonly milliseconds: number
}

/**
 * The medians as a table, with each contender's ratio to the first one named
 * `floor` and to `against`. Ratios hold for one run on one machine; absolute
 * times move with its load.
 */
export function table(samples: readonly Sample[], contenders: readonly string[]): string {
  const rows = [...new Set(samples.map(({ row }) => row))]
  const header = ['', ...contenders, ...ratios(contenders).map(([a, b]) => `${a} / ${b}`)]
  const lines = rows.map((row) => {
    const medians = contenders.map((contender) =>
      median(
        samples
          .filter((one) => one.row === row && one.contender === contender)
          .map(({ milliseconds }) => milliseconds),
      ),
    )
    const quotients = ratios(contenders).map(([a, b]) => {
      const [x, y] = [medians[contenders.indexOf(a)], medians[contenders.indexOf(b)]]
      return x === undefined || y === undefined ? '-' : (x / y).toFixed(2)
    })
    return [
      row,
      ...medians.map((value) => (value === undefined ? '-' : `${Math.round(value)} ms`)),
      ...quotients,
    ]
  })
  return align([header, ...lines])
}

function ratios([first = '', ...others]: readonly string[]): readonly (readonly [string, string])[] {
  return others.map((other) => [first, other])
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle]
  const [low, high] = [sorted[middle - 1], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** Columns under one another; the first row tells what they are. */
export function rows(cells: readonly (readonly string[])[]): string {
  return align(cells)
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n')
}
