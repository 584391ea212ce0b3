const numbers: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  WINCH: 28,
}

/** A signal by its name, with or without SIG, or by its number; undefined: there is none. */
export function signalOf(given: string): { readonly name: string; readonly number: number } | undefined {
  const bare = given.toUpperCase().replace(/^SIG/u, '')
  const found = Object.entries(numbers).find(([name, number]) => name === bare || String(number) === given)
  return found === undefined ? undefined : { name: `SIG${found[0]}`, number: found[1] }
}
