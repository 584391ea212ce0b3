import type { ContainerSettings, ObservedContainer, Project, Service } from '@bulkhead/model'
import { containerName, isTemporaryName } from './names.ts'
import { wantedSettings } from './specification/hostConfig.ts'

/** One field in which what is there is not what was made. */
export interface Deviation {
  /** In the file's terms: `mem_limit`, `name`, … */
  readonly field: string
  readonly expected: string
  readonly actual: string
}

/**
 * Settings that were changed from outside. Where nothing is there of what was
 * asked for, the engine cannot do it and has left it out: nobody changed that.
 */
export function changedSettings(
  { settings }: ObservedContainer,
  service: Service,
): Partial<ContainerSettings> {
  if (settings === undefined) return {}
  const wanted = wantedSettings(service)
  const fields = Object.keys(fieldNames) as (keyof typeof fieldNames)[]
  const changed = fields.filter((field) => isSet(settings[field]) && settings[field] !== wanted[field])
  return Object.fromEntries(changed.map((field) => [field, wanted[field]]))
}

/** Of those, the ones that only a new container can have again: the engine knows no way to take a limit off. */
export function lostForGood(container: ObservedContainer, service: Service): readonly string[] {
  return Object.entries(changedSettings(container, service))
    .filter(([, value]) => !isSet(value))
    .map(([field]) => fieldNames[field as keyof typeof fieldNames])
}

/** The name that a container has in place of its own; undefined: its own. Compose 1 wrote names with underscores. */
export function strangeName(
  { name, number }: ObservedContainer,
  project: Project,
  service: Service,
): string | undefined {
  const own = containerName(project, service, number ?? 1)
  const isKnown = name === own || name.replaceAll('_', '-') === own || isTemporaryName(name, own)
  return isKnown ? undefined : own
}

/** In what a container that goes on is not as it was made. */
export function deviations(
  container: ObservedContainer,
  project: Project,
  service: Service,
): readonly Deviation[] {
  const { settings } = container
  const own = strangeName(container, project, service)
  return [
    ...(own === undefined ? [] : [{ field: 'container_name', expected: own, actual: container.name }]),
    ...(container.state === 'paused' ? [{ field: 'state', expected: 'running', actual: 'paused' }] : []),
    ...Object.entries(changedSettings(container, service)).map(([field, value]) => ({
      field: fieldNames[field as keyof typeof fieldNames],
      expected: shown(value),
      actual: shown(settings?.[field as keyof ContainerSettings]),
    })),
  ]
}

const fieldNames = {
  restart: 'restart',
  memory: 'mem_limit',
  memoryReservation: 'mem_reservation',
  nanoCpus: 'cpus',
  cpuShares: 'cpu_shares',
  cpuset: 'cpuset',
  pidsLimit: 'pids_limit',
} as const satisfies Partial<Record<keyof ContainerSettings, string>>

function isSet(value: string | number | undefined): boolean {
  return value !== undefined && value !== 0 && value !== ''
}

function shown(value: string | number | undefined): string {
  return isSet(value) ? String(value) : 'none'
}
