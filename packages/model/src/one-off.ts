import type { Port, ServiceVolume } from './service.ts'

/** A container of a service that is run once, beside its replicas, and what differs from the service's own. */
export interface OneOff {
  readonly service: string
  /** Of the container. */
  readonly name: string
  /** 64 hexadecimal digits: its identity, as Compose labels it. */
  readonly slug: string
  readonly command?: readonly string[] | undefined
  readonly entrypoint?: readonly string[] | undefined
  /** Goes before the service's own. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly user?: string | undefined
  readonly workingDir?: string | undefined
  readonly capAdd?: readonly string[] | undefined
  readonly capDrop?: readonly string[] | undefined
  /** Mounted too; in place of the service's own at the same target. */
  readonly volumes?: readonly ServiceVolume[] | undefined
  /** Published, and no others unless `servicePorts`. */
  readonly ports?: readonly Port[] | undefined
  readonly servicePorts?: boolean | undefined
  /** Goes by the service's names on its networks. */
  readonly useAliases?: boolean | undefined
  readonly noDependencies?: boolean | undefined
  /** Removed with its anonymous volumes when it has ended. */
  readonly remove?: boolean | undefined
  readonly terminal?: boolean | undefined
  /** It may be written to. */
  readonly input?: boolean | undefined
  /** Build images though they exist. */
  readonly build?: boolean | undefined
  /** In place of the service's own `pull_policy`. */
  readonly pullPolicy?: string | undefined
  readonly removeOrphans?: boolean | undefined
}
