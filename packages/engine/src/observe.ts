import { createHash } from 'node:crypto'
import type Docker from 'dockerode'
import { composeLabels } from '@bulkhead/model'
import type {
  Observed,
  ObservedContainer,
  ObservedImage,
  ObservedNetwork,
  ObservedVolume,
} from '@bulkhead/model'
import { mapBounded } from './bounded.ts'
import type { Client } from './client.ts'
import { observedContainer } from './container.ts'
import { attempt, statusOf } from './error.ts'
import type { ContainerDescription, ObserveQuery, Processes, ProjectOnEngine } from './port.ts'
import { referencePath, segment } from './segment.ts'

/** Inspections under way at once; more gain nothing, as the engine serializes much of them. */
const inspections = 16

/** One snapshot of a project. What vanishes between a list and its inspection is not in it. */
export async function observe(client: Client, query: ObserveQuery): Promise<Observed> {
  const docker = await client.calls()
  return attempt(`say what runs of project "${query.project}"`, undefined, async () => {
    const [containers, networks, volumes, images] = await Promise.all([
      observeContainers(docker, query),
      observeNetworks(docker, query),
      observeVolumes(docker, query),
      observeImages(docker, query),
    ])
    return { containers, networks, volumes, images }
  })
}

/** One container, afresh; undefined: it is gone. */
export async function inspect(client: Client, container: string): Promise<ObservedContainer | undefined> {
  const docker = await client.calls()
  return attempt(`inspect container "${container}"`, undefined, () => inspectContainer(docker, container))
}

/** A container and its image in the engine's own words; undefined: it is gone. */
export async function describe(client: Client, container: string): Promise<ContainerDescription | undefined> {
  const docker = await client.calls()
  return attempt(`inspect container "${container}"`, undefined, async () => {
    const detail = await ifThere(docker.getContainer(segment(container)).inspect())
    if (detail === undefined) return undefined
    return { container: detail, image: await ifThere(docker.getImage(detail.Image).inspect()) }
  })
}

/** What runs in a container. @throws BulkheadError BH_NOT_FOUND, BH_CONFLICT when it doesn't run. */
export async function processes(client: Client, container: string): Promise<Processes> {
  const docker = await client.calls()
  return attempt(`list the processes of container "${container}"`, undefined, async () => {
    const { Titles: titles, Processes: rows }: ProcessList = await docker
      .getContainer(segment(container))
      .top()
    return { titles: titles ?? [], rows: rows ?? [] }
  })
}

/** The engine's answer; either is null where there is nothing. */
interface ProcessList {
  readonly Titles: readonly string[] | null
  readonly Processes: readonly (readonly string[])[] | null
}

/** All Compose projects that have containers. */
export async function projects(client: Client): Promise<readonly ProjectOnEngine[]> {
  const docker = await client.calls()
  const list = await attempt('list the projects', undefined, () =>
    docker.listContainers({ all: true, filters: { label: [composeLabels.project] } }),
  )
  const found = new Map<
    string,
    { labels: Readonly<Record<string, string>>; states: Record<string, number> }
  >()
  for (const { Labels: labels, State: state } of list) {
    const name = labels[composeLabels.project]
    if (name === undefined || labels[composeLabels.oneOff] === 'True') continue
    if (labels[composeLabels.hook] !== undefined) continue
    const project = found.get(name) ?? { labels, states: {} }
    project.states[state] = (project.states[state] ?? 0) + 1
    found.set(name, project)
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { labels, states }]) => ({
      name,
      workingDir: labels[composeLabels.workingDir],
      configFiles: (labels[composeLabels.configFiles] ?? '').split(',').filter((file) => file !== ''),
      states,
    }))
}

/**
 * One line for each project that has containers, networks or volumes, which
 * changes with whatever the engine's lists show of them. Three calls, however
 * much there is.
 */
export async function census(client: Client): Promise<ReadonlyMap<string, string>> {
  const docker = await client.calls()
  const filters = { label: [composeLabels.project] }
  return attempt('list what there is', undefined, async () => {
    const [containers, networks, volumes] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
      docker.listVolumes({ filters }),
    ])
    const lines = new Map<string, string[]>()
    const add = (labels: Readonly<Record<string, string>>, line: string): void => {
      const project = labels[composeLabels.project] ?? ''
      const its = lines.get(project)
      if (its === undefined) lines.set(project, [line])
      else its.push(line)
    }
    for (const one of containers) add(one.Labels, `container ${one.Id} ${lineOf(one)}`)
    for (const { Id: id, Name: name, Labels } of networks) add(Labels ?? {}, `network ${id} ${name}`)
    for (const { Name: name, Labels } of volumes.Volumes ?? []) add(Labels, `volume ${name}`)
    return new Map([...lines].map(([project, its]) => [project, digest(its.sort().join('\n'))]))
  })
}

/** What of a container in the engine's list tells that it has changed; how long it has run does not. */
function lineOf({
  State: state,
  Status: status,
  Names: names,
  ImageID: image,
  NetworkSettings,
}: Docker.ContainerInfo): string {
  const networks = Object.entries(
    (NetworkSettings as typeof NetworkSettings | undefined)?.Networks ?? {},
  ).map(([name, { NetworkID: id, EndpointID: endpoint }]) => `${name}=${id}=${endpoint}`)
  const health = /\((healthy|unhealthy|health: starting)\)/u.exec(status)?.[1] ?? ''
  return [state, health, names.join(','), image, networks.sort().join(',')].join(' ')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

async function observeContainers(
  docker: Docker,
  { project, recall }: ObserveQuery,
): Promise<Observed['containers']> {
  const list = await docker.listContainers({
    all: true,
    filters: { label: [`${composeLabels.project}=${project}`] },
  })
  const services = list.filter(({ Labels: labels }) => labels[composeLabels.service] !== undefined)
  const inspected = await mapBounded(services, inspections, async (one) => {
    const { Id: id } = one
    if (recall === undefined) return inspectContainer(docker, id)
    const line = lineOf(one)
    return recall.container(id, line) ?? recall.inspected(id, line, () => inspectContainer(docker, id))
  })
  return inspected.filter((container) => container !== undefined)
}

async function inspectContainer(docker: Docker, container: string): Promise<ObservedContainer | undefined> {
  const detail = await ifThere(docker.getContainer(segment(container)).inspect())
  return detail === undefined ? undefined : observedContainer(detail)
}

/** The name filter is a pattern, and networks of one name may be many: exactness is ours to see to. */
async function observeNetworks(
  docker: Docker,
  { project, networks, settled }: ObserveQuery,
): Promise<readonly ObservedNetwork[]> {
  const filters = [{ label: [`${composeLabels.project}=${project}`] }, ...byName(networks)]
  const lists = await Promise.all(filters.map((filter) => docker.listNetworks({ filters: filter })))
  const wanted = new Set(networks)
  const found = new Map<string, ObservedNetwork>()
  for (const { Id: id, Name: name, Driver: driver, Created, Labels } of lists.flat()) {
    // The engine writes null for what it has none of, whatever the types say.
    const labels = (Labels as typeof Labels | null | undefined) ?? {}
    if (labels[composeLabels.project] !== project && !wanted.has(name)) continue
    found.set(id, { id, name, driver, labels, createdAt: Created })
  }
  const all = [...found.values()].sort((a, b) => order(a.name, b.name) || order(a.id, b.id))
  const unsettled = all.filter(
    (network) => network.labels[composeLabels.project] === project && !isSettled(network, settled),
  )
  if (unsettled.length === 0) return all
  const strangers = await strangersOn(docker, project, unsettled)
  return all.map((network) => {
    const names = strangers.get(network.name)
    return names === undefined ? network : { ...network, strangers: names }
  })
}

function isSettled({ name, labels }: ObservedNetwork, settled: ObserveQuery['settled']): boolean {
  if (settled === undefined) return true
  const wanted = settled[name]
  if (wanted === undefined) return false
  return Object.entries(wanted).every(([label, value]) => (labels[label] ?? value) === value)
}

/** Names of the containers of others that are on networks and run, by the network's name. */
async function strangersOn(
  docker: Docker,
  project: string,
  networks: readonly ObservedNetwork[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const list = await docker.listContainers({ filters: { network: networks.map(({ id }) => id) } })
  const strangers = list.filter(({ Labels: labels }) => labels[composeLabels.project] !== project)
  return new Map(
    networks.map(({ name, id }) => [
      name,
      strangers
        .filter(({ NetworkSettings: { Networks: its } }) =>
          Object.values(its).some(({ NetworkID: on }) => on === id),
        )
        .map(({ Names: names, Id: container }) => names[0]?.replace(/^\//u, '') ?? container)
        .sort(),
    ]),
  )
}

async function observeVolumes(
  docker: Docker,
  { project, volumes }: ObserveQuery,
): Promise<readonly ObservedVolume[]> {
  const filters = [{ label: [`${composeLabels.project}=${project}`] }, ...byName(volumes)]
  const lists = await Promise.all(filters.map((filter) => docker.listVolumes({ filters: filter })))
  const wanted = new Set(volumes)
  const found = new Map<string, ObservedVolume>()
  // The engine's list is null, not empty, when it has no volume at all; so are the labels of one without any.
  for (const { Name: name, Driver: driver, Labels: labels } of lists.flatMap((list) => list.Volumes ?? [])) {
    const its = (labels as typeof labels | null) ?? {}
    if (its[composeLabels.project] !== project && !wanted.has(name)) continue
    found.set(name, { name, driver, labels: its })
  }
  return [...found.values()].sort((a, b) => order(a.name, b.name))
}

async function observeImages(
  docker: Docker,
  { images: references, recall }: ObserveQuery,
): Promise<Observed['images']> {
  const resolve = async (reference: string): Promise<ObservedImage | undefined> => {
    const image = await ifThere(docker.getImage(referencePath(reference)).inspect())
    return image && observedImage(image)
  }
  const images = await mapBounded([...new Set(references)], inspections, async (reference) => {
    const image =
      recall === undefined
        ? await resolve(reference)
        : (recall.image(reference) ?? (await recall.resolved(reference, () => resolve(reference))))
    return image === undefined ? undefined : ([reference, image] as const)
  })
  return Object.fromEntries(images.filter((image) => image !== undefined))
}

function observedImage({
  Id: id,
  Os: os,
  Architecture: architecture,
  Config: config,
  RepoDigests: digests,
  RepoTags: tags,
  Size: size,
  Created: createdAt,
  ...more
}: Docker.ImageInspectInfo): ObservedImage {
  const { Volumes: volumes, Labels: labels } = (config as Partial<typeof config> | null) ?? {}
  const { Metadata: metadata } = more as { readonly Metadata?: { readonly LastTagTime?: string } | null }
  const taggedAt = metadata?.LastTagTime
  return {
    id,
    os,
    architecture,
    volumes: Object.keys(volumes ?? {}),
    labels: labels ?? {},
    digests: digests ?? [],
    tags: tags ?? [],
    size,
    createdAt,
    // The year 1 is how the engine writes that it does not know.
    ...(taggedAt === undefined || taggedAt.startsWith('0001-') ? {} : { taggedAt }),
  }
}

/** No filter for no names: one with an empty list would match everything. */
function byName(names: readonly string[]): readonly { readonly name: string[] }[] {
  if (names.length === 0) return []
  return [{ name: [...new Set(names)].map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')) }]
}

async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
