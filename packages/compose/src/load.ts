import type { Project } from '@bulkhead/model'
import { pointer } from '@bulkhead/model'
import { assemble } from './assemble.ts'
import { checkServices } from './check.ts'
import { convert } from './convert.ts'
import { discover, type Discovery } from './discover.ts'
import type { Assembly, Lookup } from './documents.ts'
import { resolveEnvironment, resolveLabels } from './environment.ts'
import type { LoadInput, LoadResult } from './input.ts'
import { nameProject } from './name.ts'
import { normalize } from './normalize.ts'
import { orderByDependencies } from './order.ts'
import { withExcerpts } from './excerpt.ts'
import { collectProblems, type Problems } from './problems.ts'
import { buildProject, dependencyGraph } from './project.ts'
import { checkResources } from './resources.ts'
import { readProfiles } from './seccomp.ts'
import { dropUnused, selectServices } from './select.ts'
import { clone, isMapping, makeMapping, mappingAt, positionIn, type Mapping, type Tree } from './tree.ts'

export type { LoadInput, LoadOptions, LoadResult } from './input.ts'

/**
 * Loads a Compose project. Pure: reads only through `reader`, never throws for
 * what a user wrote.
 */
export function load(input: LoadInput): LoadResult {
  const problems = collectProblems()
  const assembly: Assembly = {
    reader: input.reader,
    problems,
    interpolate: input.options?.interpolate !== false,
    resolvePaths: input.options?.resolvePaths !== false,
    home: input.reader.variable('HOME'),
    parsed: new Map(),
    count: 0,
    incomplete: false,
    values: new Map(),
  }
  const discovery = discover(input, problems)
  const loaded = discovery === undefined ? undefined : loadDiscovered(input, discovery, assembly)
  const sorted = withExcerpts(problems.list, assembly.parsed)
  if (problems.failed || loaded === undefined)
    return { project: undefined, document: undefined, activating: [], problems: sorted }
  return { ...loaded, problems: sorted }
}

function loadDiscovered(
  input: LoadInput,
  discovery: Discovery,
  assembly: Assembly,
): Omit<LoadResult, 'problems'> | undefined {
  const { problems } = assembly
  const options = input.options ?? {}
  const name = nameProject(input, discovery, assembly)
  const own: Lookup = (key) => (key === 'COMPOSE_PROJECT_NAME' ? name : undefined)
  const variable: Lookup = (key) => discovery.variable(key) ?? own(key)
  // A file that is printed with its variables as they are doesn't take values in either.
  const passed = assembly.interpolate ? variable : own
  const scope = { folder: discovery.folder, variable, passed, included: [], extended: new Map() }
  const document = assemble(discovery.configFiles, scope, assembly)
  if (problems.list.some(({ code }) => code === 'BH_COMPOSE_TOO_COMPLEX')) return undefined
  if (Object.keys(document).length === 0 && !problems.failed) {
    problems.error('BH_COMPOSE_INVALID', `${discovery.configFiles[0]} is empty.`, {
      at: { file: discovery.configFiles[0] ?? '', line: 1, column: 1 },
      hint: 'Define `services`.',
    })
  }
  if (options.normalize !== false) normalize(document, { name, variable: passed })
  if (options.consistency !== false || !assembly.interpolate) checkResources({ document, problems })
  if (!assembly.interpolate) {
    return {
      document: withoutEmptyLists(document) as Mapping,
      project: finish(document, makeMapping(), name, input, discovery),
      activating: [],
    }
  }
  const original = clone(document) as Mapping
  const typed = convert(document, problems)
  const { services: named = [] } = input
  const { enabled, disabled, activating } = selectServices(typed, discovery.profiles, named)
  if (options.consistency !== false && !assembly.incomplete) {
    checkServices({ document: typed, enabled, disabled, problems })
    checkOrder(enabled, problems)
  }
  const resolution = { reader: input.reader, variable, problems }
  if (options.resolveEnvironment !== false) resolveEnvironment(enabled, resolution)
  resolveLabels(enabled, resolution)
  if (options.unused !== true) dropUnused(typed, enabled)
  typed['services'] = enabled
  readVariables(typed, variable, assembly.values)
  const project = finish(typed, disabled, name, input, discovery)
  const defaultPlatform = variable('DOCKER_DEFAULT_PLATFORM')
  const underscores = /^(1|t|true)$/iu.test(variable('COMPOSE_COMPATIBILITY') ?? '')
  return {
    document: original,
    project: {
      ...project,
      ...readProfiles(project, input.reader),
      ...(defaultPlatform === undefined || defaultPlatform === '' ? {} : { defaultPlatform }),
      ...(underscores ? { underscores } : {}),
    },
    activating: activating ? named : [],
  }
}

/** Compose prints an empty list of such a document as null, but for the two lists that it makes anew. */
function withoutEmptyLists(tree: Tree): Tree {
  if (Array.isArray(tree)) return tree.length === 0 ? null : tree.map(withoutEmptyLists)
  if (!isMapping(tree)) return tree
  const copy = makeMapping()
  for (const key of Object.keys(tree)) {
    const value = tree[key] as Tree
    copy[key] = key === 'ports' || key === 'env_file' ? value : withoutEmptyLists(value)
  }
  return copy
}

function finish(
  document: Mapping,
  disabled: Mapping,
  name: string,
  input: LoadInput,
  discovery: Discovery,
): Project {
  const { folder, configFiles, environmentFiles } = discovery
  return buildProject(document, disabled, { name, workingDir: folder, configFiles, environmentFiles })
}

/** Reports services that wait for each other, at the entry that closes the loop. */
function checkOrder(services: Mapping, problems: Problems): void {
  const order = orderByDependencies(dependencyGraph(services))
  if (order.names !== undefined) return
  if (order.loop === undefined) {
    problems.error('BH_COMPOSE_TOO_COMPLEX', 'A chain of depends_on is too long to be sorted.', {
      at: positionIn(services, Object.keys(services).slice(0, 1), 'key'),
      path: ['services'],
      hint: 'Split the project: a chain of some thousand services starts one after the other.',
    })
    return
  }
  const [first = '', second = ''] = order.loop
  const path = ['services', first, 'depends_on', second]
  problems.error('BH_DEPENDENCY_CYCLE', `Services depend on each other: ${showLoop(order.loop)}.`, {
    at: positionIn(services, path.slice(1), 'key'),
    path,
    hint: 'Remove one dependency from the loop.',
  })
}

function showLoop(loop: readonly string[]): string {
  const shown = loop.length > 20 ? [...loop.slice(0, 18), '…', loop.at(-1)] : loop
  return shown.join(' → ')
}

/** Secrets and configs from variables carry the value: what reads the project later has no environment. */
function readVariables(document: Mapping, variable: Lookup, values: ReadonlyMap<string, string>): void {
  for (const kind of ['secrets', 'configs']) {
    const objects = mappingAt(document, kind)
    for (const key of Object.keys(objects ?? {})) {
      const object = mappingAt(objects, key)
      const source = object?.['environment']
      const value =
        typeof source === 'string' ? (values.get(pointer(kind, key)) ?? variable(source)) : undefined
      if (object !== undefined && value !== undefined) object['content'] = value
    }
  }
}
