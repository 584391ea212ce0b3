import type {
  EngineCapabilities,
  IsolationProfile,
  ObservedImage,
  ObservedMount,
  Project,
  Service,
} from '@bulkhead/model'

export interface SpecificationInput {
  readonly project: Project
  readonly service: Service
  readonly number: number
  readonly profile: IsolationProfile
  readonly capabilities: EngineCapabilities
  readonly image: ObservedImage | undefined
  /** Our own hash of the service, see hash.ts. */
  readonly hash: string
  /** Id of the Bulkhead that makes it. */
  readonly owner?: string | undefined
  /** Seals what a label holds and not everybody may read. */
  readonly hashKey: string
  /** Compose's hash of the service. */
  readonly composeHash: string
  /** Mounts of the container that this one replaces: its anonymous volumes go on. */
  readonly inherited: readonly ObservedMount[]
  /** True: it takes the place of another container. @default false */
  readonly replaces?: boolean
  /** Id or name of the container that stands for a service whose namespaces or volumes are shared. @default that of replica 1 */
  readonly owners?: ReadonlyMap<string, string>
}

export interface HostConfigInput extends SpecificationInput {
  /** `NetworkMode`: the network that the container is created on. */
  readonly network: string
  readonly imageVolumes: readonly string[]
}
