import {
  BulkheadError,
  composeLabels,
  type ContainerSpec,
  type ObservedContainer,
  type OneOff,
  type OperationOf,
  type Plan,
  type Problem,
  type Project,
  type Service,
} from '@bulkhead/model'
import type { Clearing } from './clear.ts'
import { newDraft, type Draft } from './draft.ts'
import type { PlanResult, UpInput } from './input.ts'
import { judge, type Judgment } from './judge.ts'
import { planImages } from './images.ts'
import { hasEnded } from './leftovers.ts'
import { imageOf } from './names.ts'
import { emitRemoval, isUp, orphansIn } from './orphans.ts'
import { emitResources } from './resources.ts'
import { parentsOf } from './select.ts'
import { containerSpec } from './specification/container.ts'
import { writtenFiles } from './specification/mounts.ts'
import { wantedOf } from './up.ts'

export interface OneOffPlan extends PlanResult {
  /** What starts it once the plan is carried out; undefined: the plan only gets images, and the next one makes it. */
  readonly start: OperationOf<'startContainer'> | undefined
}

/**
 * The plan that makes a one-off: its image, the networks and volumes it uses,
 * and the container, which is not started. What it depends on is there already.
 */
export function planOneOff(input: UpInput, oneOff: OneOff): OneOffPlan {
  const service = adapted(serviceOf(input.project, oneOff.service), oneOff)
  const project = projectWith(input.project, service)
  const images = imagesFor({ ...input, project }, service)
  if (images.length > 0) return { plan: images, problems: [], start: undefined }

  const draft = newDraft(input)
  const judgment = judge({ ...input, project }, [service])
  const problems = [...judgment.problems.filter(isInTheWay), ...missingImage(input, project, service)]
  if (problems.some(({ severity }) => severity === 'error')) return { plan: [], problems, start: undefined }
  const resources = emitResources({ ...input, project }, missingOnly(judgment), nothingToClear, draft)
  if (oneOff.removeOrphans === true) emitOrphans(input, draft)
  const cause = 'asked for'
  const container = specOf({ ...input, project }, service, oneOff)
  draft.add({ type: 'createContainer', service: service.name, container, cause }, resources.nodesFor(service))
  const files = writtenFiles(project, service)
  const { name } = oneOff
  const start = {
    type: 'startContainer',
    service: service.name,
    container: name,
    name,
    files,
    cause,
  } as const
  return { plan: draft.plan(), problems, start }
}

/** What has changed is for a deployment to make anew; a one-off takes it as it is. */
function missingOnly(judgment: Judgment): Judgment {
  const missing = <T extends { readonly found?: unknown }>(all: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...all].filter(([, { found }]) => found === undefined))
  return { ...judgment, networks: missing(judgment.networks), volumes: missing(judgment.volumes) }
}

function isInTheWay({ severity, code }: Problem): boolean {
  return severity === 'warning' || code === 'BH_NETWORK_NOT_FOUND' || code === 'BH_VOLUME_NOT_FOUND'
}

const nothingToClear: Clearing = {
  network: () => [],
  volume: () => [],
  keepers: new Map(),
  repairs: new Map(),
  bystanders: [],
}

/** The waits until what a one-off depends on is as it needs it. */
export function planOneOffWaits(input: UpInput, oneOff: OneOff): Plan {
  const { project, observed } = input
  const draft = newDraft(input)
  if (oneOff.noDependencies === true) return draft.plan()
  const service = serviceOf(project, oneOff.service)
  for (const [name, { condition, required }] of Object.entries(service.depends_on ?? {})) {
    const containers = observed.containers
      .filter((one) => one.service === name && !one.oneOff)
      .map(({ id }) => id)
    if (containers.length === 0 || condition === 'service_started') continue
    const cause = `needed by the one-off of ${service.name}`
    draft.add({ type: 'awaitCondition', service: name, condition, required, containers, cause }, [])
  }
  return draft.plan()
}

function emitOrphans({ project, intent, observed }: UpInput, draft: Draft): void {
  const ended = observed.containers.filter((one) => one.oneOff && hasEnded(one))
  for (const orphan of [...orphansIn(project, observed.containers), ...ended])
    emitRemoval(draft, orphan, 'orphan', { stopTimeoutSeconds: intent.stopTimeoutSeconds }, [])
}

function serviceOf(project: Project, name: string): Service {
  const service = project.services[name]
  if (service !== undefined) return service
  throw new BulkheadError('BH_SERVICE_NOT_FOUND', `Project "${project.name}" has no service "${name}".`, {
    hint: `It has: ${Object.keys(project.services).join(', ')}.`,
  })
}

function projectWith(project: Project, service: Service): Project {
  return { ...project, services: { ...project.services, [service.name]: service } }
}

/** The service as its one-off is to be. It's never restarted, and there is one of it. */
function adapted(service: Service, oneOff: OneOff): Service {
  const { command, entrypoint, volumes = [], ports = [], capAdd = [], capDrop = [] } = oneOff
  const targets = new Set(volumes.map(({ target }) => target))
  const { scale: _scale, restart: _restart, deploy, ...kept } = service
  return given<Service>({
    ...kept,
    container_name: oneOff.name,
    deploy: deploy?.resources === undefined ? undefined : { resources: deploy.resources },
    command: command ?? (entrypoint === undefined ? service.command : []),
    entrypoint: entrypoint ?? service.entrypoint,
    environment: { ...service.environment, ...oneOff.environment },
    labels: { ...service.labels, ...oneOff.labels },
    user: oneOff.user ?? service.user,
    working_dir: oneOff.workingDir ?? service.working_dir,
    cap_add: joined(service.cap_add, capAdd, capDrop),
    cap_drop: joined(service.cap_drop, capDrop, capAdd),
    volumes: [...(service.volumes ?? []).filter(({ target }) => !targets.has(target)), ...volumes],
    ports: [...(oneOff.servicePorts === true ? (service.ports ?? []) : []), ...ports],
    tty: oneOff.terminal ?? false,
    stdin_open: oneOff.input ?? false,
    pull_policy: oneOff.pullPolicy ?? service.pull_policy,
  })
}

/** Without the fields that are undefined: those are not there. */
function given<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}

function joined(
  own: readonly string[] = [],
  more: readonly string[],
  without: readonly string[],
): readonly string[] | undefined {
  const all = [...new Set([...own.filter((one) => !without.includes(one)), ...more])]
  return all.length === 0 ? undefined : all
}

/** As for a deployment of this service and nothing else. */
function imagesFor(input: UpInput, service: Service): Plan {
  const { depends_on: _dependencies, ...alone } = service
  const project = { ...input.project, services: { [service.name]: alone } }
  const intent = { ...input.intent, target: 'up' as const, services: [service.name] }
  return planImages({ ...input, project, intent })
}

function missingImage({ observed }: UpInput, project: Project, service: Service): readonly Problem[] {
  const reference = imageOf(project, service)
  if (observed.images[reference] !== undefined) return []
  return [
    {
      severity: 'error',
      code: 'BH_IMAGE_NOT_FOUND',
      message: `Image "${reference}" of service "${service.name}" is not on the engine.`,
      hint: 'Get it with `docker pull`, or run with `--pull missing` or `--build`.',
    },
  ]
}

function specOf(input: UpInput, service: Service, oneOff: OneOff): ContainerSpec {
  const { project, observed, capabilities } = input
  const { profile, hash, composeHash } = wantedOf(input, service)
  const spec = containerSpec({
    project,
    service,
    number: 1,
    profile,
    hash,
    composeHash,
    hashKey: input.hashKey,
    owner: input.owner,
    capabilities,
    image: observed.images[imageOf(project, service)],
    inherited: [],
    owners: ownersFor(service, observed.containers),
  })
  const { [composeLabels.number]: _number, ...labels } = object(spec.body['Labels'])
  return {
    ...spec,
    networks: spec.networks.map(({ network, endpoint }) => ({
      network,
      endpoint: oneOff.useAliases === true ? endpoint : { ...endpoint, Aliases: [oneOff.name] },
    })),
    body: {
      ...spec.body,
      StdinOnce: oneOff.input ?? false,
      Labels: { ...labels, [composeLabels.oneOff]: 'True', [composeLabels.slug]: oneOff.slug },
      HostConfig: { ...object(spec.body['HostConfig']), AutoRemove: oneOff.remove ?? false },
    },
  }
}

/** The containers whose namespaces or volumes it shares, as they are now. */
function ownersFor(service: Service, containers: readonly ObservedContainer[]): ReadonlyMap<string, string> {
  return new Map(
    parentsOf(service).flatMap((name) => {
      const its = containers.filter((one) => one.service === name && !one.oneOff)
      const owner = its.find(isUp) ?? its[0]
      return owner === undefined ? [] : [[name, owner.id] as const]
    }),
  )
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
