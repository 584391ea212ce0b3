import { pointer, positionOf } from '@bulkhead/model'
import type { Problem, Project, Service } from '@bulkhead/model'

/**
 * The grammar of image references, as registries and engines read it.
 *
 * @see https://github.com/distribution/reference/blob/main/reference.go
 */
const domain =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[a-f0-9:]+\])(?::\d+)?$/i
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const tag = /^\w[\w.-]{0,127}$/
const digest = /^[a-z][a-z0-9]*(?:[-_+.][a-z][a-z0-9]*)*:[0-9a-f]{32,}$/i
const imageId = /^[0-9a-f]{64}$/
const longestName = 255

/** What is wrong with a reference, as the end of a sentence, and the reference that may have been meant. */
export interface ReferenceFault {
  readonly fault: string
  readonly instead: string | undefined
}

/** Undefined: the reference is valid. */
export function faultOfReference(reference: string): ReferenceFault | undefined {
  if (reference === '') return { fault: 'is empty', instead: undefined }
  if (imageId.test(reference)) return undefined
  const at = reference.indexOf('@')
  const named = at === -1 ? reference : reference.slice(0, at)
  if (at !== -1 && !digest.test(reference.slice(at + 1))) {
    return { fault: `has "${reference.slice(at + 1)}" for a digest`, instead: undefined }
  }
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const name = colon === -1 ? named : named.slice(0, colon)
  if (colon !== -1 && !tag.test(named.slice(colon + 1))) {
    return { fault: `has "${named.slice(colon + 1)}" for a tag`, instead: undefined }
  }
  return faultOfName(name, reference)
}

function faultOfName(name: string, reference: string): ReferenceFault | undefined {
  const parts = name.split('/')
  const [first = ''] = parts
  const hasDomain = parts.length > 1 && isDomain(first)
  if (hasDomain && !domain.test(first)) {
    return { fault: `has "${first}" for a registry`, instead: undefined }
  }
  const repository = parts.slice(hasDomain ? 1 : 0)
  const wrong = repository.find((part) => !component.test(part))
  if (wrong === undefined) {
    return name.length > longestName
      ? { fault: `has a name longer than ${longestName} characters`, instead: undefined }
      : undefined
  }
  const isCase = repository.every((part) => component.test(part.toLowerCase()))
  if (!isCase) return { fault: `has "${wrong}" for a part of its name`, instead: undefined }
  const lower = [...parts.slice(0, hasDomain ? 1 : 0), ...repository.map((part) => part.toLowerCase())].join(
    '/',
  )
  return {
    fault: `has capital letters in its repository name ("${wrong}")`,
    instead: `${lower}${reference.slice(name.length)}`,
  }
}

/** The rule of Docker's client: what has a dot, a colon or a capital, or is `localhost`, is a registry. */
function isDomain(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
}

/** Problems of the `image` of services, each at its place in the file. */
export function checkReferences(
  project: Pick<Project, 'positions'>,
  services: readonly Service[],
): readonly Problem[] {
  return services.flatMap(({ name, image }) => {
    const found = image === undefined ? undefined : faultOfReference(image)
    if (found === undefined) return []
    return [
      {
        severity: 'error',
        code: 'BH_IMAGE_REFERENCE_INVALID',
        message: `The image reference "${image}" of service "${name}" is not valid: it ${found.fault}.`,
        hint:
          found.instead === undefined
            ? 'Write it as registry/repository:tag, the repository in lower case.'
            : `Write it in lower case: ${found.instead}.`,
        at: positionOf(project, 'services', name, 'image'),
        path: pointer('services', name, 'image'),
      },
    ]
  })
}
