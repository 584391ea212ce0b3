import {
  bulkheadLabels,
  composeLabels,
  positionOf,
  type Network,
  type Observed,
  type ObservedNetwork,
  type ObservedVolume,
  type Problem,
  type Project,
  type Service,
  type Volume,
} from '@bulkhead/model'
import { resourceHash } from './hash.ts'
import type { ComposeHashes, PlanInput, UpInput } from './input.ts'

/** A network or volume of the project against what is on the engine. */
export interface Judged<Definition, Found> {
  readonly key: string
  readonly definition: Definition
  readonly found: Found | undefined
  /** It is to be removed, and made again by the definition. */
  readonly renewed: boolean
}

/** What becomes of the networks and volumes that the services use. */
export interface Judgment {
  /** By key. */
  readonly networks: ReadonlyMap<string, Judged<Network, ObservedNetwork>>
  readonly volumes: ReadonlyMap<string, Judged<Volume, ObservedVolume>>
  readonly problems: readonly Problem[]
}

/**
 * Compares the networks and volumes that are wanted with those that are there.
 *
 * One that is there under the right name is used, whoever made it. One of the
 * project whose label tells another definition is made again; a volume only
 * with consent, for its data goes. One without such a label is never touched.
 */
export function judge(input: UpInput, services: readonly Service[]): Judgment {
  const { project, observed, intent } = input
  const all = intent.allResources === true
  const networks = new Map<string, Judged<Network, ObservedNetwork>>()
  const volumes = new Map<string, Judged<Volume, ObservedVolume>>()
  const problems: Problem[] = []
  for (const key of all ? Object.keys(project.networks).sort() : used(services, networkKeys)) {
    const definition = project.networks[key]
    if (definition === undefined) continue
    const { found, doubts } = choose(definition.name, key, observed)
    problems.push(...doubts)
    if (found === undefined && definition.external === true)
      problems.push(missingExternal(project, 'networks', key, definition.name))
    const renewed =
      found !== undefined && definition.external !== true && isChanged(input, definition, found.labels)
    if (renewed && (found.strangers ?? []).length > 0) problems.push(occupied(project, key, found))
    if (found !== undefined && definition.external !== true)
      problems.push(...foreign(project, 'networks', key, found))
    networks.set(key, { key, definition, found, renewed })
  }
  for (const key of all ? Object.keys(project.volumes).sort() : used(services, volumeKeys)) {
    const definition = project.volumes[key]
    if (definition === undefined) continue
    const found = observed.volumes.find(({ name }) => name === definition.name)
    if (found === undefined && definition.external === true)
      problems.push(missingExternal(project, 'volumes', key, definition.name))
    const changed =
      found !== undefined && definition.external !== true && isChanged(input, definition, found.labels)
    const renewed = changed && isConsented(input, definition.name, key)
    if (changed && !renewed) problems.push(keptVolume(project, key, definition.name))
    if (found !== undefined && definition.external !== true)
      problems.push(...foreign(project, 'volumes', key, found))
    volumes.set(key, { key, definition, found, renewed })
  }
  return { networks, volumes, problems }
}

/** Volumes that the project would make again if that lost nobody's data, by key. */
export function changedVolumes(
  project: Project,
  services: readonly Service[],
  observed: Pick<Observed, 'volumes'>,
  composeHashes: ComposeHashes,
): readonly string[] {
  return used(services, volumeKeys).filter((key) => {
    const definition = project.volumes[key]
    if (definition === undefined || definition.external === true) return false
    const found = observed.volumes.find(({ name }) => name === definition.name)
    return found !== undefined && isChanged({ project, composeHashes }, definition, found.labels)
  })
}

/** Labels by which a network or volume tells from which definition it was made. */
export function definitionLabels(
  definition: Network | Volume,
  composeHash: string,
): Readonly<Record<string, string>> {
  return { [composeLabels.configHash]: composeHash, [bulkheadLabels.hash]: resourceHash(definition) }
}

/**
 * True for what goes down with the project: what was made for it, and what its
 * files don't call external by now.
 */
export function isOwn(
  { name, project }: Pick<PlanInput, 'name' | 'project'>,
  kind: 'networks' | 'volumes',
  found: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  const label = kind === 'networks' ? composeLabels.network : composeLabels.volume
  if (found.labels[composeLabels.project] !== name || found.labels[label] === undefined) return false
  const declared = Object.values(project?.[kind] ?? {}).filter((one) => one.name === found.name)
  return declared.length === 0 || declared.some(({ external }) => external !== true)
}

/** What tells the definitions of the project's own networks, by engine name. */
export function networkLabels(
  { networks }: Project,
  composeHashes: ComposeHashes,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(
    Object.values(networks).map((network) => [
      network.name,
      network.external === true ? {} : definitionLabels(network, composeHashes.network(network)),
    ]),
  )
}

export function networkKeys({ networks, network_mode }: Service): readonly string[] {
  return network_mode === undefined ? Object.keys(networks ?? {}) : []
}

export function volumeKeys({ volumes }: Service): readonly string[] {
  return (volumes ?? []).flatMap(({ type, source }) =>
    type === 'volume' && source !== undefined ? [source] : [],
  )
}

function used(
  services: readonly Service[],
  keysOf: (service: Service) => readonly string[],
): readonly string[] {
  return [...new Set(services.flatMap(keysOf))].sort()
}

/** By our own hash where it carries one, else by Compose's, else never: nobody knows what it was made from. */
function isChanged(
  { project, composeHashes }: Pick<UpInput, 'project' | 'composeHashes'>,
  definition: Network | Volume,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (labels[composeLabels.project] !== project.name) return false
  const ours = labels[bulkheadLabels.hash]
  if (ours !== undefined) return ours !== resourceHash(definition)
  const compose = labels[composeLabels.configHash] ?? ''
  if (compose === '') return false
  const isNetwork = labels[composeLabels.network] !== undefined
  return compose !== (isNetwork ? composeHashes.network(definition) : composeHashes.volume(definition))
}

/** Consent is for one deployment: the loop's own rounds never lose data. */
function isConsented({ intent, deployment }: UpInput, name: string, key: string): boolean {
  const { recreateVolumes } = intent
  if (deployment === undefined || recreateVolumes === undefined) return false
  return recreateVolumes === 'all' || recreateVolumes.includes(key) || recreateVolumes.includes(name)
}

/** Old engines take several networks of one name: the project's own goes first, then the one that is in use. */
function choose(
  name: string,
  key: string,
  { networks, containers }: Observed,
): { readonly found: ObservedNetwork | undefined; readonly doubts: readonly Problem[] } {
  const users = ({ id }: ObservedNetwork): number =>
    containers.filter(({ networks: on }) => on[name] === id).length
  const isOwn = ({ labels }: ObservedNetwork): boolean => labels[composeLabels.network] === key
  const [found, ...others] = networks
    .filter((network) => network.name === name)
    .sort(
      (a, b) =>
        Number(isOwn(b)) - Number(isOwn(a)) ||
        users(b) - users(a) ||
        (a.id < b.id ? -1 : Number(a.id > b.id)),
    )
  if (found === undefined || others.length === 0) return { found, doubts: [] }
  const doubt: Problem = {
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Network "${name}" is there ${others.length + 1} times; ${found.id.slice(0, 12)} is used.`,
    hint: `Remove the others: \`docker network rm ${others.map(({ id }) => id.slice(0, 12)).join(' ')}\`.`,
  }
  return { found, doubts: [doubt] }
}

function missingExternal(project: Project, kind: 'networks' | 'volumes', key: string, name: string): Problem {
  const noun = kind === 'networks' ? 'network' : 'volume'
  return {
    severity: 'error',
    code: kind === 'networks' ? 'BH_NETWORK_NOT_FOUND' : 'BH_VOLUME_NOT_FOUND',
    message: `External ${noun} "${name}" is not on the engine.`,
    hint: `Create it with \`docker ${noun} create ${name}\`, or remove \`external\` to have it made for the project.`,
    at: positionOf(project, kind, key),
    path: `/${kind}/${key}`,
  }
}

/** Told before anything is stopped for it: the engine would refuse to remove it. */
function occupied(project: Project, key: string, { name, strangers = [] }: ObservedNetwork): Problem {
  return {
    severity: 'error',
    code: 'BH_CONFLICT',
    message: `Network "${name}" must be made again, for its definition has changed, and containers of others are on it: ${strangers.join(', ')}.`,
    hint: `Take them off it with \`docker network disconnect\`, or give the network another \`name\`.`,
    at: positionOf(project, 'networks', key),
    path: `/networks/${key}`,
  }
}

function keptVolume(project: Project, key: string, name: string): Problem {
  return {
    severity: 'warning',
    code: 'BH_VOLUME_CHANGED',
    message: `Volume "${name}" stays as it is: its definition has changed, and to make it again would lose its data.`,
    hint: 'Allow it with `bulkhead up --yes`, or give the volume another `name`.',
    at: positionOf(project, 'volumes', key),
    path: `/volumes/${key}`,
  }
}

/** One under our name that carries another project's label: used as it is, and said. */
function foreign(
  project: Project,
  kind: 'networks' | 'volumes',
  key: string,
  { name, labels }: Pick<ObservedVolume, 'name' | 'labels'>,
): readonly Problem[] {
  const owner = labels[composeLabels.project]
  if (owner === undefined || owner === project.name) return []
  return [
    {
      severity: 'warning',
      code: 'BH_CONFLICT',
      message: `${kind === 'networks' ? 'Network' : 'Volume'} "${name}" was made by project "${owner}".`,
      hint: 'Mark it `external: true` to use it on purpose.',
      at: positionOf(project, kind, key),
      path: `/${kind}/${key}`,
    },
  ]
}
