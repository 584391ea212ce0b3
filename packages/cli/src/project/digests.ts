import type { Client } from '@bulkhead/client'
import { isBulkheadError, pointer, positionOf, toError, toProblem } from '@bulkhead/model'
import type { Problem, Project } from '@bulkhead/model'

/** What names images in a service, of a project or of a document that is no project yet. */
export interface ImageUser {
  readonly image?: string
  readonly volumes?: readonly MountedImage[]
  readonly pre_start?: readonly { readonly image?: string }[]
}

interface MountedImage {
  readonly type?: string
  readonly source?: string
}

export type ImageUsers<T extends ImageUser = ImageUser> = Readonly<Record<string, T>>

/**
 * The services with each image pinned to the digest that its registry has for it
 * now: `image`, the images that `volumes` mount and those of `pre_start`. What
 * is pinned already stays as it is written, what is only built has no image.
 *
 * @throws BulkheadError with a problem at each image that has no digest.
 */
export async function pinImages<T extends ImageUser>(
  services: ImageUsers<T>,
  project: Pick<Project, 'positions'>,
  connect: () => Promise<Client>,
): Promise<ImageUsers<T>> {
  const wanted = placesOf(services).filter(({ reference }) => !isPinned(reference))
  if (wanted.length === 0) return services
  const problems = wanted.flatMap((place) => (place.reference.includes('$') ? [open(place, project)] : []))
  if (problems.length > 0) throw toError(problems)

  const answers = await ask(await connect(), new Set(wanted.map(({ reference }) => reference)))
  const failed = wanted.flatMap(({ reference, path }): readonly Problem[] => {
    const answer = answers.get(reference)
    if (!isBulkheadError(answer)) return []
    return [{ ...toProblem(answer), at: positionOf(project, ...path), path: pointer(...path) }]
  })
  if (failed.length > 0) throw toError(failed.toSorted(byLine))
  return withImages(services, (reference) => {
    const answer = answers.get(reference)
    return typeof answer === 'string' ? answer : reference
  })
}

/** Only the images of services: a Compose file that pins those of the others it's merged with. */
export function lockOf(services: ImageUsers): { readonly services: ImageUsers } {
  const entries = Object.entries(services).flatMap(([name, { image, volumes = [] }]) => {
    const mounted = volumes.filter(isImage)
    const lock = {
      ...(image === undefined ? {} : { image }),
      ...(mounted.length === 0 ? {} : { volumes: mounted }),
    }
    return Object.keys(lock).length === 0 ? [] : [[name, lock] as const]
  })
  return { services: Object.fromEntries(entries) }
}

interface Place {
  readonly path: readonly (string | number)[]
  readonly reference: string
}

function placesOf(services: ImageUsers): readonly Place[] {
  return Object.entries(services).flatMap(([name, { image, volumes = [], pre_start = [] }]) => {
    const at = (reference: string | undefined, ...path: readonly (string | number)[]): readonly Place[] =>
      reference === undefined || reference === '' ? [] : [{ path: ['services', name, ...path], reference }]
    return [
      ...at(image, 'image'),
      ...volumes.flatMap((volume, index) =>
        isImage(volume) ? at(volume.source, 'volumes', index, 'source') : [],
      ),
      ...pre_start.flatMap((hook, index) => at(hook.image, 'pre_start', index, 'image')),
    ]
  })
}

function withImages<T extends ImageUser>(
  services: ImageUsers<T>,
  pin: (reference: string) => string,
): ImageUsers<T> {
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const { image, volumes, pre_start } = service
      const pinned = {
        ...service,
        ...(image === undefined ? {} : { image: pin(image) }),
        ...(volumes === undefined
          ? {}
          : {
              volumes: volumes.map((volume) =>
                isImage(volume) && volume.source !== undefined
                  ? { ...volume, source: pin(volume.source) }
                  : volume,
              ),
            }),
        ...(pre_start === undefined
          ? {}
          : {
              pre_start: pre_start.map((hook) =>
                hook.image === undefined ? hook : { ...hook, image: pin(hook.image) },
              ),
            }),
      }
      return [name, pinned]
    }),
  )
}

/** The pinned reference of each, or why there is none. What concerns all of them is thrown. */
async function ask(
  client: Client,
  references: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string | Error>> {
  const answers = await Promise.all(
    [...references].map(async (reference): Promise<readonly [string, string | Error]> => {
      try {
        return [reference, (await client.imageDigest(reference)).pinned]
      } catch (error) {
        if (!isBulkheadError(error) || isAway(error.code)) throw error
        return [reference, error]
      }
    }),
  )
  return new Map(answers)
}

function isAway(code: string): boolean {
  return code === 'BH_DAEMON_UNREACHABLE' || code === 'BH_ENGINE_UNREACHABLE'
}

/** By digest, or by the id of a local image. */
function isPinned(reference: string): boolean {
  return reference.includes('@') || /^(?:sha256:)?[0-9a-f]{64}$/.test(reference)
}

function isImage({ type }: MountedImage): boolean {
  return type === 'image'
}

function open({ path, reference }: Place, project: Pick<Project, 'positions'>): Problem {
  return {
    severity: 'error',
    code: 'BH_IMAGE_REFERENCE_INVALID',
    message: `The image "${reference}" depends on variables, so no digest can be told of it.`,
    hint: 'Leave out --no-interpolate.',
    at: positionOf(project, ...path),
    path: pointer(...path),
  }
}

function byLine({ at: a }: Problem, { at: b }: Problem): number {
  return (a?.file ?? '').localeCompare(b?.file ?? '') || (a?.line ?? 0) - (b?.line ?? 0)
}
