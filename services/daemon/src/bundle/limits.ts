import { BulkheadError } from '@bulkhead/model'
import type { Bundle } from '@bulkhead/model'

/** What a bundle may be at most. Sizes in bytes, of what is stored (base64 decoded). */
export interface BundleLimits {
  readonly files: number
  readonly fileBytes: number
  readonly totalBytes: number
  readonly variables: number
  readonly contexts: number
  /** Compose files, profiles, services asked for, environment files, each. */
  readonly names: number
  /** Nesting of the JSON text of any request. */
  readonly depth: number
}

export const defaultLimits: BundleLimits = {
  files: 1000,
  fileBytes: 4 * 1024 * 1024,
  totalBytes: 16 * 1024 * 1024,
  variables: 2000,
  contexts: 200,
  names: 200,
  depth: 32,
}

/** Body of a request, in bytes: base64 and JSON's escapes cost more than what they carry. */
export function bodyLimit({ totalBytes }: BundleLimits): number {
  return totalBytes * 2
}

/** @throws BulkheadError BH_BUNDLE_TOO_LARGE, naming the limit. */
export function checkBundle(bundle: Bundle, limits: BundleLimits): void {
  const files = Object.entries(bundle.files)
  atMost(files.length, limits.files, 'files')
  atMost(Object.keys(bundle.environment).length, limits.variables, 'variables')
  atMost(Object.keys(bundle.contexts).length, limits.contexts, 'build contexts')
  atMost(bundle.configFiles.length, limits.names, 'Compose files')
  atMost(bundle.profiles.length, limits.names, 'profiles')
  atMost(bundle.services?.length ?? 0, limits.names, 'services asked for')
  atMost(bundle.environmentFiles.length, limits.names, 'environment files')
  let total = 0
  for (const [path, file] of files) {
    const size = sizeOf(file)
    if (size > limits.fileBytes) {
      throw tooLarge(`The file ${path} has ${size} bytes; at most ${limits.fileBytes} are taken.`)
    }
    total += size + Buffer.byteLength(path)
  }
  for (const [name, value] of Object.entries(bundle.environment)) {
    total += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (total > limits.totalBytes) {
    throw tooLarge(`The project has ${total} bytes; at most ${limits.totalBytes} are taken.`)
  }
}

/**
 * Refuses JSON that is nested too deep before it is parsed.
 *
 * @throws BulkheadError BH_BUNDLE_TOO_LARGE
 */
export function checkDepth(json: string, limit: number): void {
  let depth = 0
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index)
    if (code === quote) index = endOfString(json, index)
    else if (opening.has(code)) depth += 1
    else if (closing.has(code)) depth -= 1
    if (depth > limit) throw tooLarge(`The body is nested deeper than ${limit} levels.`)
  }
}

const quote = '"'.charCodeAt(0)
const opening = new Set(['{', '['].map((character) => character.charCodeAt(0)))
const closing = new Set(['}', ']'].map((character) => character.charCodeAt(0)))

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end === -1 ? json.length : end
}

function isEscaped(json: string, quote: number): boolean {
  let slashes = 0
  while (json[quote - 1 - slashes] === '\\') slashes += 1
  return slashes % 2 === 1
}

function sizeOf(file: Bundle['files'][string]): number {
  return typeof file === 'string' ? Buffer.byteLength(file) : Buffer.byteLength(file.base64, 'base64')
}

function atMost(count: number, limit: number, what: string): void {
  if (count > limit) throw tooLarge(`The project has ${count} ${what}; at most ${limit} are taken.`)
}

function tooLarge(message: string): BulkheadError {
  return new BulkheadError('BH_BUNDLE_TOO_LARGE', message, {
    hint: 'Leave out what the project does not need.',
  })
}
