/**
 * What is sent to the engine to create something, in the Engine API's own
 * shapes where they are stable. Written by the planner, read by the adapter,
 * which leaves out what an older API does not know.
 */
export interface ContainerSpec {
  readonly name: string
  readonly service: string
  readonly number: number
  readonly platform: string | undefined
  /** Body of `POST /containers/create` (API 1.45), without networks. */
  readonly body: Readonly<Record<string, unknown>>
  /** By engine network name, the one with the highest priority first. Empty with `network_mode`. */
  readonly networks: readonly NetworkAttachment[]
}

export interface NetworkAttachment {
  readonly network: string
  /** `EndpointSettings` of the Engine API. */
  readonly endpoint: Readonly<Record<string, unknown>>
}

export interface ContainerFile {
  /** Absolute path inside the container. */
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly content: string
  /** How `content` is written; absent: as it is. */
  readonly encoding?: 'base64' | undefined
  /** A secret's content never shows anywhere but in the container. */
  readonly secret: boolean
}

export interface NetworkSpec {
  readonly name: string
  /** Body of `POST /networks/create`, without the name. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface VolumeSpec {
  readonly name: string
  /** Body of `POST /volumes/create`, without the name. */
  readonly body: Readonly<Record<string, unknown>>
}
