import type { ImagePlatform } from '@bulkhead/engine'
import { pointer, positionOf } from '@bulkhead/model'
import type {
  EngineCapabilities,
  Observed,
  Problem,
  Project,
  RegistryCredentials,
  Service,
} from '@bulkhead/model'
import { faultOfReference } from './image-reference.ts'

export interface ImageOsInput {
  readonly project: Pick<Project, 'positions'>
  readonly services: readonly Service[]
  readonly platformsOf: PlatformsOf
  readonly capabilities: Pick<EngineCapabilities, 'os'>
  /** Local images by reference. */
  readonly images: Observed['images']
}

/** What a registry has of an image; an image that it says nothing of is let through. */
export type PlatformsOf = (
  reference: string,
  login?: RegistryCredentials,
) => Promise<readonly ImagePlatform[] | undefined>

/**
 * Images that exist only for an operating system that the engine does not run:
 * asked of the engine's own images first, of the registry where there is none.
 */
export async function checkImageOs(input: ImageOsInput): Promise<readonly Problem[]> {
  const { services } = input
  const wanted = services.filter(
    ({ image, build }) => image !== undefined && build === undefined && faultOfReference(image) === undefined,
  )
  const references = new Set(wanted.map(({ image = '' }) => image))
  const systems = new Map(
    await Promise.all(
      [...references].map(async (reference) => [reference, await systemsOf(reference, input)] as const),
    ),
  )
  return wanted.flatMap((service) => problemOf(service, systems.get(service.image ?? ''), input))
}

async function systemsOf(
  reference: string,
  { platformsOf, images }: ImageOsInput,
): Promise<readonly string[] | undefined> {
  const local = images[reference]
  if (local !== undefined) return local.os === '' ? undefined : [local.os]
  const platforms = await platformsOf(reference).catch(() => undefined)
  const systems = (platforms ?? []).map(({ os }) => os).filter((os) => os !== '' && os !== 'unknown')
  return systems.length === 0 ? undefined : [...new Set(systems)]
}

function problemOf(
  { name, image = '', platform }: Service,
  found: readonly string[] | undefined,
  { project, capabilities: { os } }: ImageOsInput,
): readonly Problem[] {
  const asked = platform?.split('/')[0]
  const systems = asked === 'linux' || asked === 'windows' ? [asked] : found
  if (systems === undefined || systems.includes(os)) return []
  const needed = systems.map(title).join(' or ')
  const element = systems === found ? 'image' : 'platform'
  return [
    {
      severity: 'error',
      code: 'BH_IMAGE_OS_MISMATCH',
      message: `The image "${image}" of service "${name}" needs ${needed}; the engine runs ${title(os)} containers.`,
      hint: `Use an engine that runs ${needed} containers, or an image for ${title(os)}.`,
      at: positionOf(project, 'services', name, element),
      path: pointer('services', name, element),
    },
  ]
}

function title(os: string): string {
  return os === 'windows' ? 'Windows' : os === 'linux' ? 'Linux' : os
}
