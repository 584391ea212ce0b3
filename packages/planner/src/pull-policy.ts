import type { ObservedImage, Service } from '@bulkhead/model'

const milliseconds: Readonly<Record<string, number>> = {
  w: 7 * 24 * 3600_000,
  d: 24 * 3600_000,
  h: 3600_000,
  m: 60_000,
  s: 1000,
}

/**
 * Why an image is pulled though it is there, or undefined: it is not. Images of
 * `daily`, `weekly`, `every_<duration>` and `refresh` are, once it is that long
 * ago that they last got their name on the engine; one of which the engine does
 * not know when is.
 *
 * @param now ISO 8601.
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#pull_policy
 */
export function causeToPullAgain(
  { pull_policy: policy, pull_refresh_after: after }: Service,
  image: ObservedImage | undefined,
  now: string,
): string | undefined {
  if (policy === 'always') return 'pull_policy always'
  const age = policy === undefined ? undefined : ageOf(policy, after)
  if (age === undefined || image === undefined) return undefined
  const since = image.taggedAt === undefined ? Infinity : Date.parse(now) - Date.parse(image.taggedAt)
  return since >= age ? `pull_policy ${policy}` : undefined
}

/** Milliseconds from which on an image counts as old; undefined: it never does. */
function ageOf(policy: string, after: string | undefined): number | undefined {
  if (policy === 'daily') return milliseconds['d']
  if (policy === 'weekly') return milliseconds['w']
  if (policy === 'refresh') return durationOf(after ?? '0s')
  return policy.startsWith('every_') ? durationOf(policy.slice('every_'.length)) : undefined
}

/** `1d12h` */
function durationOf(text: string): number {
  return [...text.matchAll(/(\d+)([wdhms])/gu)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (milliseconds[unit] ?? 0),
    0,
  )
}
