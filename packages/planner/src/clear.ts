import type { ContainerSpec, NetworkAttachment, ObservedContainer, Problem } from '@bulkhead/model'
import type { Decision } from './decide.ts'
import type { Draft } from './draft.ts'
import type { ServicePlan, UpInput } from './input.ts'
import type { Judgment } from './judge.ts'
import { keeperOf } from './keeper.ts'
import { emitRemoval, isUp } from './orphans.ts'
import { repairsOf, type Repair } from './repair.ts'

/** What was put out of the way of networks and volumes that are removed. */
export interface Clearing {
  /** Nodes after which nobody of the project is on the network of this name. */
  network(name: string): readonly number[]
  /** Nodes after which nobody of the project mounts the volume of this name. */
  volume(name: string): readonly number[]
  /** What keeps the anonymous volumes of a container that is removed before another is made in its place, by its id. */
  readonly keepers: ReadonlyMap<string, ContainerSpec>
  /** What it takes to have a container back on its networks, by container id. */
  readonly repairs: ReadonlyMap<string, Mending>
  /** Containers of no service that is to run; they are only put back. */
  readonly bystanders: readonly Bystander[]
}

export interface Mending {
  readonly repairs: readonly Repair[]
  /** Nodes after which it may be put back. */
  readonly after: readonly number[]
  /** It is stopped for it, and has to be started again. */
  readonly stopped: boolean
}

export interface Bystander {
  readonly container: ObservedContainer
  readonly attachment: NetworkAttachment
  readonly cause: string
  readonly after: readonly number[]
}

/**
 * Adds what must go before a network or volume can be removed: containers on
 * the network stop, dependents first, and leave it; containers that mount the
 * volume are removed. Those in the namespaces of one that stops, stop too.
 */
export function emitClearing(
  input: UpInput,
  plans: ReadonlyMap<string, ServicePlan>,
  judgment: Judgment,
  stops: ReadonlyMap<string, readonly number[]>,
  draft: Draft,
): Clearing {
  const { observed, intent } = input
  const renewed = new Set(
    [...judgment.networks.values()].flatMap(({ definition, renewed }) => (renewed ? definition.name : [])),
  )
  const doomed = doomedVolumes(judgment)
  const offNetwork = new Map<string, number[]>()
  const offVolume = new Map<string, number[]>()
  const note = (map: Map<string, number[]>, name: string, node: number): void => {
    map.set(name, [...(map.get(name) ?? []), node])
  }
  const repairs = new Map<string, Mending>()
  const down = new Map<string, readonly number[]>()
  const wanted = [...plans.values()].reverse()
  const roles = wanted.flatMap((plan) => rolesOf(plan).map((role) => ({ ...role, plan })))
  const stopping = stoppingWith(
    roles.filter((role) => {
      const { container } = role
      const its = repairsIn(role, role.plan, judgment)
      return its.some(({ live }) => !live) || touches(container, renewed)
    }),
    roles,
  )

  const keepers = new Map<string, ContainerSpec>()
  /** Nodes after which its anonymous volumes outlive a container. */
  const keep = (
    { wanted, decisions }: ServicePlan,
    container: ObservedContainer,
    cause: string,
  ): readonly number[] => {
    const next = decisions.find((one) => one.kind === 'create' && one.replaced === container)
    const keeper = next?.kind === 'create' ? keeperOf(wanted, next.number, container) : undefined
    if (keeper === undefined) return []
    keepers.set(container.id, keeper)
    const left = observed.containers.find(({ name }) => name === keeper.name)
    const before =
      left === undefined
        ? []
        : [draft.removalOf(left.id) ?? emitRemoval(draft, left, cause, intent, []).removed]
    return [draft.add({ type: 'createContainer', service: keeper.service, container: keeper, cause }, before)]
  }

  for (const role of roles) {
    const { container, plan, leaves } = role
    const { id, name, service } = container
    const its = repairsIn(role, plan, judgment)
    const mounts = container.mounts.flatMap((mount) =>
      doomed.has(mount.name ?? '') ? [mount.name ?? ''] : [],
    )
    const touched = [...renewed].filter((network) => isOn(container, network))
    const dependents = [...plans.values()]
      .filter(({ wanted: other }) => other.service.depends_on?.[plan.wanted.service.name] !== undefined)
      .flatMap(({ wanted: other }) => [
        ...(down.get(other.service.name) ?? []),
        ...(stops.get(other.service.name) ?? []),
      ])
    if (leaves && (mounts.length > 0 || touched.length > 0)) {
      const kept = keep(plan, container, leaves)
      const removed =
        draft.removalOf(id) ?? emitRemoval(draft, container, leaves, intent, [...dependents, ...kept]).removed
      for (const volume of mounts) note(offVolume, volume, removed)
      for (const network of touched) note(offNetwork, network, removed)
      down.set(service, [...(down.get(service) ?? []), removed])
      continue
    }
    const [cause = 'it shares a namespace with one that stops'] = [
      ...its.map((repair) => repair.cause),
      ...touched.map((network) => `network ${network} has changed`),
    ]
    const stop = stopping.has(id) && isUp(container)
    const stopped = stop
      ? [
          draft.stopOf(id) ??
            draft.add(
              {
                type: 'stopContainer',
                service,
                container: id,
                name,
                timeoutSeconds: intent.stopTimeoutSeconds,
                cause,
              },
              dependents,
            ),
        ]
      : []
    if (stop) down.set(service, [...(down.get(service) ?? []), ...stopped])
    let after: readonly number[] = stopped
    const leaving = new Set([
      ...its.filter(({ off }) => off).map(({ attachment }) => attachment.network),
      ...touched,
    ])
    for (const network of leaving) {
      const node = draft.add(
        { type: 'disconnectNetwork', service, container: id, name, network, cause },
        after,
      )
      note(offNetwork, network, node)
      after = [node]
    }
    if (its.length > 0 || stop) repairs.set(id, { repairs: its, after, stopped: stop })
  }

  const known = new Set(roles.map(({ container }) => container.id))
  const bystanders = observed.containers
    .filter(({ id }) => !known.has(id))
    .flatMap((container) =>
      placesOf(input, container, judgment, renewed).map(({ attachment, off, cause }): Bystander => {
        const { id, name, service } = container
        const { network } = attachment
        if (!off) return { container, attachment, cause, after: [] }
        const node = draft.add(
          { type: 'disconnectNetwork', service, container: id, name, network, cause },
          [],
        )
        note(offNetwork, network, node)
        return { container, attachment, cause, after: [node] }
      }),
    )
  return {
    network: (name) => offNetwork.get(name) ?? [],
    volume: (name) => offVolume.get(name) ?? [],
    keepers,
    repairs,
    bystanders,
  }
}

/** Engine names of the volumes that are removed and made again. */
export function doomedVolumes({ volumes }: Judgment): ReadonlySet<string> {
  return new Set([...volumes.values()].flatMap(({ definition, renewed }) => (renewed ? definition.name : [])))
}

/** Containers that keep a volume from being made again, and that this round does not cover. */
export function volumeHolders(
  { observed }: UpInput,
  plans: ReadonlyMap<string, ServicePlan>,
  judgment: Judgment,
): readonly Problem[] {
  const known = new Set(
    [...plans.values()].flatMap((plan) => rolesOf(plan).map(({ container }) => container.id)),
  )
  return [...doomedVolumes(judgment)].flatMap((volume): readonly Problem[] => {
    const holders = observed.containers.filter(
      ({ id, mounts }) => !known.has(id) && mounts.some(({ name }) => name === volume),
    )
    if (holders.length === 0) return []
    return [
      {
        severity: 'error',
        code: 'BH_CONFLICT',
        message: `Volume "${volume}" cannot be made again: ${holders.map(({ name }) => name).join(', ')} mount${holders.length === 1 ? 's' : ''} it.`,
        hint: 'Bring up the services of these containers too, or remove them.',
      },
    ]
  })
}

interface Role {
  readonly container: ObservedContainer
  /** It stays, and must be on its networks. */
  readonly kept: boolean
  /** It takes another's place, which is not empty yet. */
  readonly enters: boolean
  /** Why it is removed without anything being made in its place before; undefined: it is not. */
  readonly leaves: string | undefined
}

/** One that takes another's place start-first gets the service's names once it has proven good, and not before. */
function repairsIn(
  { container, kept, enters }: Role,
  { wanted, update }: ServicePlan,
  judgment: Judgment,
): readonly Repair[] {
  if (!kept) return []
  const its = repairsOf(container, wanted, judgment)
  return enters && update?.order === 'start-first' ? its.filter(({ off, live }) => !off || !live) : its
}

function rolesOf({ decisions }: ServicePlan): readonly Role[] {
  return decisions.flatMap((decision: Decision): readonly Role[] => {
    switch (decision.kind) {
      case 'create':
        return []
      case 'keep':
        return [{ container: decision.container, kept: true, enters: false, leaves: undefined }]
      case 'replace':
        return [{ container: decision.container, kept: false, enters: false, leaves: undefined }]
      case 'remove':
        return [{ container: decision.container, kept: false, enters: false, leaves: decision.cause }]
      case 'finish':
        return [
          { container: decision.container, kept: true, enters: true, leaves: undefined },
          ...decision.replaced.map((container) => ({
            container,
            kept: false,
            enters: false,
            leaves: 'replacement was interrupted',
          })),
        ]
    }
  })
}

/** Ids of those that stop, and of those that live in their namespaces, or in the namespaces of these. */
function stoppingWith(first: readonly Role[], all: readonly Role[]): ReadonlySet<string> {
  const stopping = new Set(first.map(({ container }) => container.id))
  for (let before = -1; before !== stopping.size;) {
    before = stopping.size
    for (const { container } of all)
      if (container.sharesWith?.some((id) => stopping.has(id)) === true) stopping.add(container.id)
  }
  return stopping
}

function touches(container: ObservedContainer, networks: ReadonlySet<string>): boolean {
  return [...networks].some((name) => isOn(container, name))
}

/** One that never ran on the network is bound to its name only, and in nobody's way. */
function isOn(container: ObservedContainer, network: string): boolean {
  const id = container.networks[network]
  return id !== undefined && (id !== '' || isUp(container))
}

/**
 * Where a container must be put back that no service of this round has: as its
 * own service asks for where the files have it, else under the names that it had
 * on the networks that are made again.
 */
function placesOf(
  { project }: UpInput,
  container: ObservedContainer,
  judgment: Judgment,
  renewed: ReadonlySet<string>,
): readonly Omit<Repair, 'live'>[] {
  const service = project.services[container.service] ?? project.disabledServices[container.service]
  if (service !== undefined && container.number !== undefined) {
    const judged = new Set([...judgment.networks.values()].map(({ definition }) => definition.name))
    return repairsOf(container, { project, service }, judgment).filter(({ attachment }) =>
      judged.has(attachment.network),
    )
  }
  return [...renewed]
    .filter((network) => isOn(container, network))
    .map((network) => ({
      attachment: { network, endpoint: { Aliases: [...(container.aliases?.[network] ?? [])] } },
      off: true,
      cause: `network ${network} has changed`,
    }))
}
