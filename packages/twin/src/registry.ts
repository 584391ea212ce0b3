import type { ImageSpec } from './state/image.ts'

/** What the registries have that this engine reaches, by reference. */
export type Registry = ReadonlyMap<string, RemoteImage>

export interface RemoteImage {
  /** Undefined: the registry answers with `error`. */
  readonly image?: Omit<ImageSpec, 'reference'>
  /** Bytes of each layer. @default one of a million */
  readonly layers?: readonly number[]
  /** Milliseconds of the engine's time that the download of a layer takes. @default 0 */
  readonly milliseconds?: number
  /** Comes in the middle of the download, after HTTP status 200. */
  readonly breaks?: string
  /** Comes instead of a download. */
  readonly error?: { readonly status: number; readonly message: string }
  /** Who may pull it; undefined: anybody. */
  readonly login?: { readonly username: string; readonly password: string }
}
