import { distance } from 'fastest-levenshtein'

/**
 * The candidate that was probably meant: the nearest one, if it's near. Case,
 * dashes and underscores don't count. Long words are no candidates: the search
 * is quadratic in their length.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longest) return undefined
  const wanted = plain(word)
  const limit = nearness(wanted.length)
  let best: string | undefined
  let bestDistance = limit + 1
  let tried = 0
  for (const candidate of candidates) {
    if (tried >= mostCandidates) break
    tried += 1
    if (candidate.length > longest || Math.abs(candidate.length - word.length) > limit + 2) continue
    const apart = distance(wanted, plain(candidate))
    if (apart >= bestDistance) continue
    best = candidate
    bestDistance = apart
  }
  return best
}

/** `Did you mean "x"?`, or undefined when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const meant = suggest(word, candidates)
  return meant === undefined ? undefined : `Did you mean "${meant}"?`
}

/** How many letters may differ: of two letters none, or every other name would be near. */
function nearness(length: number): number {
  if (length <= 2) return 0
  return length === 3 ? 1 : Math.min(3, Math.ceil(length / 4))
}

const longest = 64
const mostCandidates = 2000

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '')
}
