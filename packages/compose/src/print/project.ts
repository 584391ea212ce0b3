import type { Project } from '@bulkhead/model'
import {
  addExtensions,
  encodeMap,
  encodeRaw,
  isRecord,
  structure,
  type Encoded,
  type Encoder,
  type Format,
} from './encode.ts'
import { writeJson } from './json.ts'
import { maskProject } from './mask.ts'
import * as structures from './structures.ts'
import { writeYaml } from './yaml.ts'

export interface PrintOptions {
  readonly format: Format
  /** False: variables were left in the texts, so their `$` isn't doubled. */
  readonly interpolated?: boolean | undefined
}

/** The project as `docker compose config` prints it, with a newline at the end. */
export function printProject(project: Project, { format, interpolated = true }: PrintOptions): string {
  const encoded = encodeProject(project, format)
  return finish(format === 'json' ? writeJson(encoded, 2) : writeYaml(encoded), interpolated)
}

/**
 * A document that is no project yet, as `config --no-interpolate` prints it:
 * every mapping sorted by its keys.
 */
export function printDocument(document: Readonly<Record<string, unknown>>, format: Format): string {
  const encoded = encodeRaw(document)
  return finish(format === 'json' ? writeJson(encoded, 2) : writeYaml(encoded), false)
}

/**
 * The project as plain data for an API: canonical, `x-*` included, values that
 * may be secrets masked, no `$` doubled.
 */
export function describeProject(project: Project): Readonly<Record<string, unknown>> {
  const plain = toPlain(encodeProject(maskProject(project), 'yaml'))
  return isRecord(plain) ? plain : {}
}

function finish(text: string, interpolated: boolean): string {
  const line = text.endsWith('\n') ? text : `${text}\n`
  return interpolated ? line.replaceAll('$', '$$$$') : line
}

const parts: readonly (readonly [Exclude<keyof Project, 'positions'>, Encoder])[] = [
  ['services', structure(structures.service)],
  ['networks', structure(structures.network)],
  ['volumes', structure(structures.volume)],
  ['secrets', structures.secret],
  ['configs', structures.config],
  ['models', structure(structures.model)],
]

function encodeProject(project: Project, format: Format): Encoded {
  const result = new Map<string, Encoded>([['name', project.name]])
  for (const [key, encoder] of parts) {
    const encoded = encodeMap((value, format) => encoder(value, format) ?? new Map(), project[key], format)
    if (encoded.size > 0 || key === 'services') result.set(key, encoded)
  }
  addExtensions(project.extensions, result)
  if (format === 'yaml') return result
  return new Map([...result].sort(([left], [right]) => (left < right ? -1 : 1)))
}

function toPlain(value: Encoded): unknown {
  if (value instanceof Map) {
    const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>
    for (const [key, item] of value) result[key] = toPlain(item as Encoded)
    return result
  }
  return Array.isArray(value) ? value.map((item: Encoded) => toPlain(item)) : value
}
