import {
  bulkheadLabels,
  composeLabels,
  type FieldChange,
  type IsolationProfile,
  type Observed,
  type ObservedContainer,
  type Project,
  type Service,
} from '@bulkhead/model'
import { lostForGood } from './deviation.ts'
import { changedFields, type Former } from './hash.ts'
import { imageOf } from './names.ts'
import { parentsOf } from './select.ts'

export interface Wanted {
  readonly project: Project
  readonly service: Service
  readonly profile: IsolationProfile
  readonly hash: string
  readonly composeHash: string
  /** All forms of it that are as good; undefined: that one alone. */
  readonly composeForms?: readonly string[] | undefined
  /** Ids of containers that are to be replaced though nothing changed. */
  readonly replace: ReadonlySet<string>
  /** It stays what its container was made of though its name is another's now: that is a deployment's to follow. */
  readonly keepsImage: boolean
  /** Id of this Bulkhead; undefined: nothing is said of that. */
  readonly owner?: string | undefined
  /** What a container was made from, where that is still known. */
  readonly former?: Former | undefined
}

/**
 * Why a container is not what its service asks for, in the user's words;
 * undefined: it is. A container that Compose made is held to Compose's hash, and
 * so is one that another Bulkhead made.
 */
export function divergence(
  container: ObservedContainer,
  wanted: Wanted,
  observed: Observed,
): string | undefined {
  const { project, service, profile, hash, composeHash, composeForms = [composeHash] } = wanted
  if (isLost(container)) return `container is ${container.state}`
  if (wanted.replace.has(container.id)) return 'asked for'

  const ours = container.labels[bulkheadLabels.hash]
  const theirs = container.labels[composeLabels.configHash] ?? ''
  const isComparable = ours !== undefined && !isOfAnother(container, wanted.owner)
  const matches = isComparable ? ours === hash : composeForms.includes(theirs)
  if (!matches) return configurationCause(changesOf(container, wanted))

  const image = observed.images[imageOf(project, service)]
  if (!wanted.keepsImage && image !== undefined && image.id !== container.imageId) return 'image changed'

  if (profile.runtime !== undefined && container.runtime !== profile.runtime) return 'isolation changed'
  if (profile.isolation !== undefined && container.isolation !== profile.isolation) return 'isolation changed'

  if (parentsOf(service).length > 0 && !hasParents(container, observed))
    return 'the container whose namespace it shares is gone'

  const mounted = new Set(container.mounts.map(({ name }) => name))
  const unmounted = expectedVolumes(project, service).find((name) => !mounted.has(name))
  if (unmounted !== undefined) return `volume ${unmounted} is not mounted`

  const [limited] = lostForGood(container, service)
  if (limited !== undefined) return `${limited} was changed from outside`
  return undefined
}

/** True for what another Bulkhead made: its hashes and seals are keyed, and say nothing here. */
export function isOfAnother({ labels }: ObservedContainer, owner: string | undefined): boolean {
  const made = labels[bulkheadLabels.owner]
  return made !== undefined && owner !== undefined && made !== owner
}

/** What is different of the service since the container was made; undefined: not known any more. */
export function changesOf(
  container: ObservedContainer,
  { project, service, profile, former }: Wanted,
): readonly FieldChange[] | undefined {
  const old = former?.(container)
  return old && changedFields(old, { project, service, mode: profile.mode })
}

/** Names in a cause; the plan has the rest. */
const mostNames = 3

function configurationCause(changes: readonly FieldChange[] = []): string {
  const names = [...new Set(changes.map(({ path }) => path))]
  if (names.length === 0) return 'configuration changed'
  const rest = names.length - mostNames
  return `configuration changed: ${names.slice(0, mostNames).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

/** True for what the engine will never run again. */
export function isLost({ state }: ObservedContainer): boolean {
  return state === 'dead' || state === 'removing'
}

/** A parent that was replaced in a round that got no further leaves its children in a namespace of nobody. */
function hasParents({ sharesWith = [] }: ObservedContainer, { containers }: Observed): boolean {
  return sharesWith.every((id) => containers.some((one) => one.id === id))
}

/** Engine names of the named volumes that a service mounts. */
export function expectedVolumes(project: Project, service: Service): readonly string[] {
  return (service.volumes ?? [])
    .filter(({ type, source }) => type === 'volume' && source !== undefined)
    .map(({ source = '' }) => project.volumes[source]?.name ?? source)
}
