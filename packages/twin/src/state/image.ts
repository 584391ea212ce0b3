/** An image as a test tells it. */
export interface ImageSpec {
  /** `bb:1`. */
  readonly reference: string
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment?: readonly string[]
  readonly workingDirectory?: string
  readonly user?: string
  readonly stopSignal?: string
  readonly exposedPorts?: readonly string[]
  /** Targets that get an anonymous volume. */
  readonly volumes?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** In the Engine API's own form; durations in nanoseconds. */
  readonly healthcheck?: Readonly<Record<string, unknown>>
  readonly os?: 'linux' | 'windows'
  readonly architecture?: string
  /** Programs that are in it; undefined: whatever is asked for. */
  readonly programs?: readonly string[]
  /** Anything that tells one content from another under the same reference. */
  readonly content?: string
}

export interface Image {
  readonly id: string
  readonly spec: ImageSpec
  readonly createdAt: bigint
  /** `bb:1`, each one held by one image at a time. */
  readonly tags: Set<string>
  readonly digests: Set<string>
}
