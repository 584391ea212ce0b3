/** All that is left to chance, from a seed: the same seed gives the same ids and orders. */
export interface Random {
  /** In [0, 1). */
  fraction(): number
  /** Hexadecimal digits. */
  hex(digits: number): string
  shuffled<T>(list: readonly T[]): T[]
}

/** Mulberry32: small, and good enough to mix up lists. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    fraction,
    hex(digits) {
      let text = ''
      while (text.length < digits)
        text += Math.floor(fraction() * 65_536)
          .toString(16)
          .padStart(4, '0')
      return text.slice(0, digits)
    },
    shuffled(list) {
      const copy = [...list]
      for (let last = copy.length - 1; last > 0; last -= 1) {
        const other = Math.floor(fraction() * (last + 1))
        const [a, b] = [copy[last], copy[other]]
        if (a === undefined || b === undefined) continue
        copy[last] = b
        copy[other] = a
      }
      return copy
    },
  }
}
