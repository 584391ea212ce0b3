import { parseDotenv } from './dotenv/parse.ts'
import type { Problems } from './problems.ts'
import type { Reader } from './reader.ts'
import { isMapping, makeMapping, mappingAt, markOf, positionIn, put, scalarText } from './tree.ts'
import type { Mapping, Path, Tree } from './tree.ts'

export interface Resolution {
  readonly reader: Reader
  readonly variable: (name: string) => string | undefined
  readonly problems: Problems
}

/**
 * Puts the variables of `env_file` under those of `environment`, in place, for
 * each service; `env_file` then goes. Later files hold over earlier ones.
 */
export function resolveEnvironment(services: Mapping, resolution: Resolution): void {
  for (const name of Object.keys(services)) {
    const service = mappingAt(services, name)
    const files = service?.['env_file']
    if (service === undefined || !Array.isArray(files)) continue
    const values = new Map<string, string>()
    const variable = (key: string): string | undefined => values.get(key) ?? resolution.variable(key)
    for (const [index, file] of files.entries()) {
      const path = isMapping(file) ? file['path'] : undefined
      if (!isMapping(file) || typeof path !== 'string') continue
      const raw = file['format'] === 'raw'
      const read = readFile(
        path,
        ['services', name, 'env_file', index],
        services,
        { ...resolution, variable },
        {
          raw,
          required: file['required'] !== false,
          what: 'env file',
        },
      )
      for (const [key, value] of read ?? []) values.set(key, value)
    }
    delete service['env_file']
    service['environment'] = overlay(values, service['environment'])
    if (Object.keys(service['environment']).length === 0) delete service['environment']
  }
}

/** Puts the labels of `label_file` under those of `labels`, in place; `label_file` then goes. */
export function resolveLabels(services: Mapping, resolution: Resolution): void {
  for (const name of Object.keys(services)) {
    const service = mappingAt(services, name)
    const files = service?.['label_file']
    if (service === undefined || !Array.isArray(files)) continue
    const values = new Map<string, string>()
    for (const [index, path] of files.entries()) {
      const place = ['services', name, 'label_file', index]
      const read = readFile(scalarText(path), place, services, resolution, {
        raw: false,
        required: true,
        what: 'label file',
      })
      for (const [key, value] of read ?? []) values.set(key, value)
    }
    delete service['label_file']
    service['labels'] = overlay(values, service['labels'])
  }
}

function overlay(values: ReadonlyMap<string, string>, explicit: Tree | undefined): Mapping {
  const result = makeMapping()
  for (const [key, value] of values) result[key] = value
  if (!isMapping(explicit)) return result
  for (const key of Object.keys(explicit)) put(result, key, explicit[key] as Tree, markOf(explicit, key))
  return result
}

function readFile(
  path: string,
  place: Path,
  services: Mapping,
  { reader, variable, problems }: Resolution,
  { raw, required, what }: { readonly raw: boolean; readonly required: boolean; readonly what: string },
): ReadonlyMap<string, string> | undefined {
  const bytes = reader.readFile(path)
  if (bytes === undefined) {
    if (required) {
      problems.error('BH_FILE_NOT_FOUND', `The ${what} ${path} is not there.`, {
        at: positionIn(services, place.slice(1)),
        path: place,
        hint: what === 'env file' ? 'Write the file, or set `required: false`.' : 'Write the file.',
      })
    }
    return undefined
  }
  const parsed = parseDotenv(new TextDecoder().decode(bytes), {
    file: path,
    variable,
    format: raw ? 'raw' : undefined,
  })
  for (const { severity, code, message, hint, at } of parsed.problems) {
    if (severity === 'error') problems.error(code, message, { hint, at, path: place })
    else problems.warning(code, message, { hint, at, path: place })
  }
  return parsed.values
}
