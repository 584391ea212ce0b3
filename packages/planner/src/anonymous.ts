import type { ObservedMount } from '@bulkhead/model'

/** The volumes among these mounts that the engine named, because nobody did. */
export function anonymousIn(
  mounts: readonly ObservedMount[],
): readonly (ObservedMount & { readonly name: string })[] {
  return mounts.filter(
    (one): one is ObservedMount & { readonly name: string } =>
      one.type === 'volume' && one.name !== undefined && /^[0-9a-f]{64}$/.test(one.name),
  )
}
