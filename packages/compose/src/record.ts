import type { Reader } from './reader.ts'

/** A reader that notes what is asked of it. */
export interface Recorder {
  readonly reader: Reader
  /**
   * Contents of the files that were read and are there, by path. A path that ends
   * in a slash is a folder that was asked for and is there.
   */
  files(): ReadonlyMap<string, Uint8Array>
  /** The variables that were looked up and are set. */
  variables(): ReadonlyMap<string, string>
  /** Paths that were asked for and aren't there (or aren't files). */
  missing(): ReadonlySet<string>
}

/** Wraps a reader so that a bundle can hold exactly what a load reads. Each file is read once. */
export function record(reader: Reader): Recorder {
  const files = new Map<string, Uint8Array>()
  const missing = new Set<string>()
  const variables = new Map<string, string>()
  return {
    reader: {
      readFile(path) {
        const known = files.get(path)
        if (known !== undefined || missing.has(path)) return known
        const bytes = reader.readFile(path)
        if (bytes === undefined) missing.add(path)
        else files.set(path, bytes)
        return bytes
      },
      isFolder(path) {
        const found = reader.isFolder(path)
        if (found) files.set(`${path}/`, new Uint8Array())
        return found
      },
      variable(name) {
        const value = reader.variable(name)
        if (value !== undefined) variables.set(name, value)
        return value
      },
    },
    files: () => files,
    variables: () => variables,
    missing: () => missing,
  }
}
