/**
 * All that the loader may know of a machine. It is handed in, so that the
 * loader itself does no I/O: the CLI gives one over its file system that
 * records what was read, the daemon one over an uploaded bundle.
 */
export interface Reader {
  /** Contents, or undefined when nothing is there (or it is a folder). `path` is absolute and normalized. */
  readFile(path: string): Uint8Array | undefined
  /** True for a folder. */
  isFolder(path: string): boolean
  /** Value of an environment variable of the caller. */
  variable(name: string): string | undefined
}
