import { posix } from 'node:path'
import type { SourcePosition } from '@bulkhead/model'
import { readDocuments, type Assembly, type Extending, type Scope } from './documents.ts'
import { lengthen } from './canonical.ts'
import { applyResets, merge } from './merge.ts'
import { resolvePath, resolvePaths } from './paths.ts'
import { isRemoteResource } from './remote.ts'
import { clone, isMapping, makeMapping, mappingAt, positionIn } from './tree.ts'
import type { Mapping, Path, Tree } from './tree.ts'
import { enforceUnique } from './unique.ts'

const maximumChain = 100

interface Link {
  readonly file: string
  readonly service: string
}

/**
 * Puts under each service that extends another what that one says, in place.
 * A base in another file keeps its paths: they start from its own folder.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#extends
 */
export function applyExtends(
  document: Mapping,
  resets: readonly Path[],
  file: string,
  scope: Scope,
  assembly: Assembly,
): void {
  const services = mappingAt(document, 'services')
  if (services === undefined) return
  const extending = { document, resets, file, folder: scope.folder, scope, assembly, done: new Set<string>() }
  for (const name of Object.keys(services)) extendService(name, extending, [])
}

/** The service with its bases merged; undefined when there is none or it isn't a mapping. */
function extendService(name: string, extending: Extending, chain: readonly Link[]): Mapping | undefined {
  const { document, file, assembly, done } = extending
  const services = mappingAt(document, 'services')
  const service = mappingAt(services, name)
  if (services === undefined || service === undefined) return undefined
  const reference = readReference(service['extends'])
  if (reference === undefined || done.has(name)) return service
  done.add(name)
  const path = ['services', name, 'extends']
  const at = positionIn(document, path)
  const links = [...chain, { file, service: name }]
  const baseFile = reference.file === undefined ? file : resolveReference(reference.file, extending)
  const problem = chainProblem(links, { file: baseFile, service: reference.service })
  if (problem !== undefined) {
    assembly.problems.error(problem.code, problem.message, { at, path, hint: problem.hint })
    return service
  }
  if (reference.file !== undefined && isRemoteResource(reference.file)) {
    assembly.problems.error('BH_COMPOSE_UNSUPPORTED', `Remote files are not supported: ${reference.file}`, {
      at,
      path,
      hint: 'Download the file and extend the copy.',
    })
    return service
  }
  const base = findBase(reference, baseFile, extending, links)
  if (base === undefined) return service
  if (base === null) {
    // A base that says nothing adds nothing.
    delete service['extends']
    return service
  }
  const source = resetBase(base, name, extending)
  const merged = merge(source, service, assembly.problems, ['services', name])
  // A base that lacks its own base is incomplete, and so is what extends it.
  if (base['extends'] === undefined) delete merged['extends']
  services[name] = merged
  return merged
}

interface Reference {
  readonly service: string
  readonly file: string | undefined
}

function readReference(value: Tree | undefined): Reference | undefined {
  if (typeof value === 'string') return { service: value, file: undefined }
  if (!isMapping(value) || typeof value['service'] !== 'string') return undefined
  return { service: value['service'], file: typeof value['file'] === 'string' ? value['file'] : undefined }
}

function resolveReference(file: string, { folder, assembly }: Extending): string {
  return resolvePath(file, { folder, home: assembly.home })
}

function findBase(
  reference: Reference,
  baseFile: string,
  extending: Extending,
  links: readonly Link[],
): Mapping | null | undefined {
  const { assembly, scope, document, file } = extending
  const name = links.at(-1)?.service ?? ''
  const path = ['services', name, 'extends']
  const at = positionIn(document, path)
  const origin =
    reference.file === undefined
      ? { ...extending }
      : extendedDocument(baseFile, scope, assembly, { at, path })
  if (origin === undefined) return undefined
  const services = mappingAt(origin.document, 'services')
  if (services === undefined || !(reference.service in services)) {
    const where = reference.file === undefined ? file : baseFile
    assembly.problems.error(
      'BH_EXTENDS_INVALID',
      `The service "${name}" extends "${reference.service}", which is not in ${where}.`,
      {
        at,
        path,
        hint: 'Name a service of that file.',
      },
    )
    return undefined
  }
  if (services[reference.service] === null) return null
  return extendService(reference.service, origin, links)
}

/** A file that services extend: in long form, its paths made absolute from its own folder. Read once for a scope. */
function extendedDocument(
  file: string,
  scope: Scope,
  assembly: Assembly,
  place: { readonly at: SourcePosition | undefined; readonly path: Path },
): Extending | undefined {
  const folder = posix.dirname(file)
  const known = scope.extended.get(file)
  if (known !== undefined) return known
  if (assembly.reader.readFile(file) === undefined) {
    assembly.problems.error('BH_FILE_NOT_FOUND', `The file ${file} is not there.`, {
      ...place,
      hint: 'Check `extends.file`.',
    })
    return undefined
  }
  const resets: Path[] = []
  let document = makeMapping()
  for (const part of readDocuments(file, scope, assembly)) {
    document = enforceUnique(merge(applyResets(document, part.resets), part.tree, assembly.problems))
    resets.push(...part.resets)
  }
  const long = lengthen(document, { problems: assembly.problems, lenient: !assembly.interpolate })
  resolvePaths(long, { folder, home: assembly.home }, assembly.problems)
  const extending: Extending = { document: long, resets, file, folder, scope, assembly, done: new Set() }
  scope.extended.set(file, extending)
  return extending
}

function chainProblem(links: readonly Link[], next: Link) {
  const start = links.findIndex(({ file, service }) => file === next.file && service === next.service)
  if (start >= 0) {
    const loop = [...links.slice(start), next].map(({ service }) => service).join(' → ')
    const message = `Services extend each other: ${loop}.`
    return { code: 'BH_EXTENDS_INVALID', message, hint: 'Remove one `extends` of the loop.' } as const
  }
  if (links.length <= maximumChain) return undefined
  const message = `More than ${maximumChain} services extend one another in a row.`
  return { code: 'BH_COMPOSE_TOO_COMPLEX', message, hint: 'Extend a common base directly.' } as const
}

/** The base without its own `extends` and without what the extending service resets. */
function resetBase(base: Mapping, name: string, { resets }: Extending): Mapping {
  const copy = clone(base) as Mapping
  delete copy['extends']
  const own = resets.filter((path) => path[0] === 'services' && path[1] === name && path.length > 2)
  return applyResets(
    copy,
    own.map((path) => path.slice(2)),
  )
}
