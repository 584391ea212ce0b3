import { modeOf, resolveIsolation } from '@bulkhead/isolation'
import {
  bulkheadLabels,
  isBulkheadError,
  isIsolationMode,
  type EngineCapabilities,
  type Intent,
  type IsolationMode,
  type Notes,
  type Observed,
  type ObservedContainer,
  type Project,
  type ProjectStatus,
  type ReplicaStatus,
  type ServiceStatus,
} from '@bulkhead/model'
import { selectServices, wantedReplicas } from './select.ts'

export interface StatusInput {
  readonly name: string
  /** Undefined for a project that only the engine knows. */
  readonly project: Project | undefined
  readonly intent: Intent | undefined
  readonly revision: number | undefined
  readonly observed: Observed
  readonly capabilities: EngineCapabilities
  readonly converged: boolean
  /** What the loop noted; absent: nothing. */
  readonly notes?: Notes
}

/** What is asked for beside what is there. Pure; the one source of `ps`, the API and the dashboard. */
export function statusOf(input: StatusInput): ProjectStatus {
  const { name, project, intent, revision, observed, converged } = input
  const names = new Set([
    ...Object.keys(project?.services ?? {}),
    ...observed.containers.map(({ service }) => service),
  ])
  const sample = observed.containers[0]?.labels ?? {}
  return {
    name,
    workingDir: project?.workingDir ?? sample['com.docker.compose.project.working_dir'],
    configFiles:
      project?.configFiles ??
      (sample['com.docker.compose.project.config_files'] ?? '').split(',').filter((file) => file !== ''),
    revision,
    target: intent?.target ?? 'up',
    converged,
    services: [...names].map((service) => serviceStatus(service, input)),
  }
}

function serviceStatus(
  name: string,
  { project, intent, observed, capabilities, notes }: StatusInput,
): ServiceStatus {
  const service = project?.services[name]
  const containers = observed.containers.filter((one) => one.service === name && one.hook === undefined)
  const running = containers.find(({ oneOff }) => !oneOff)
  const on =
    project !== undefined &&
    intent?.target === 'up' &&
    selected(project, intent).some((one) => one.name === name)
  const rest = on || intent?.target === 'up' ? intent?.resting[name] : undefined
  const held = notes?.held[name]
  return {
    name,
    isolation: {
      mode: service === undefined ? labelledMode(running) : safeMode(service),
      profile: running?.isolation ?? running?.runtime ?? profileOf(service, capabilities),
    },
    rest,
    ...(on && rest === undefined && held !== undefined ? { held } : {}),
    ...(on && intent?.paused?.[name] !== undefined ? { paused: intent.paused[name] } : {}),
    ...breakerOf(notes, name),
    wanted:
      on &&
      rest === undefined &&
      service !== undefined &&
      service.provider === undefined &&
      intent !== undefined
        ? wantedReplicas(service, intent)
        : 0,
    replicas: containers
      .sort(
        (a, b) =>
          Number(a.oneOff) - Number(b.oneOff) ||
          (a.number ?? 0) - (b.number ?? 0) ||
          a.name.localeCompare(b.name),
      )
      .map(replicaStatus),
  }
}

function breakerOf(notes: Notes | undefined, name: string): Pick<ServiceStatus, 'breaker' | 'failing'> {
  const trouble = notes?.troubles[name]
  if (trouble?.open !== undefined) return { breaker: { since: trouble.open, reason: trouble.reason } }
  const failure = notes?.failures[name]
  if (failure === undefined) return {}
  const { since, reason, attempts, next, open } = failure
  return open === undefined
    ? { failing: { since, reason, attempts, next } }
    : { breaker: { since: open, reason, next } }
}

function selected(project: Project, intent: Intent): readonly { readonly name: string }[] {
  try {
    return selectServices(project, intent)
  } catch (error) {
    if (isBulkheadError(error)) return []
    throw error
  }
}

function safeMode(service: NonNullable<Project['services'][string]>): IsolationMode {
  return isIsolationMode(service.isolation ?? 'default') ? modeOf(service) : 'default'
}

function labelledMode(container: ObservedContainer | undefined): IsolationMode {
  const label = container?.labels[bulkheadLabels.isolation]
  return isIsolationMode(label) ? label : 'default'
}

function profileOf(
  service: Project['services'][string] | undefined,
  capabilities: EngineCapabilities,
): string | undefined {
  if (service === undefined) return undefined
  try {
    const profile = resolveIsolation(service, capabilities)
    return profile.isolation ?? profile.runtime ?? capabilities.defaultRuntime
  } catch (error) {
    if (isBulkheadError(error)) return undefined
    throw error
  }
}

function replicaStatus(container: ObservedContainer): ReplicaStatus {
  const { id, name, service, number, image, command, state, health, exitCode } = container
  const { createdAt, startedAt, finishedAt, ports, labels, networks, mounts, runtime, isolation } = container
  return {
    id,
    name,
    service,
    number,
    image,
    command,
    state,
    health,
    exitCode,
    createdAt,
    startedAt,
    finishedAt,
    ports,
    labels,
    networks: Object.keys(networks).sort(),
    mounts: mounts.map(({ name: volume, source }) => volume ?? source),
    runtime: isolation === undefined || isolation === '' ? runtime : isolation,
  }
}
