/**
 * What a user writes as `isolation`. `auto` is Bulkhead's own; the others are
 * the engine's words (Windows) that Bulkhead gives a meaning on Linux too.
 */
export const isolationModes = ['default', 'process', 'hyperv', 'auto'] as const
export type IsolationMode = (typeof isolationModes)[number]

export function isIsolationMode(value: unknown): value is IsolationMode {
  return typeof value === 'string' && (isolationModes as readonly string[]).includes(value)
}

/** What a mode means on one engine: the wall that a service really gets. */
export interface IsolationProfile {
  readonly mode: IsolationMode
  /** OCI runtime to send as `HostConfig.Runtime`; absent: the engine's default runtime. Linux engines only. */
  readonly runtime?: string | undefined
  /** Value for `HostConfig.Isolation`; never sent to a Linux engine. */
  readonly isolation?: 'process' | 'hyperv' | undefined
  /** Whose kernel the service runs on. */
  readonly kernel: 'shared' | 'own' | 'unknown'
}
