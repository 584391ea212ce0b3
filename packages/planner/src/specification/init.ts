import { composeLabels, type ContainerSpec, type Hook, type Service } from '@bulkhead/model'
import { imageOf } from '../names.ts'
import { present } from '../present.ts'
import { composeVersion } from '../compose-version.ts'
import { containerSpec } from './container.ts'
import type { SpecificationInput } from './input.ts'

export interface InitInput extends SpecificationInput {
  readonly hook: Hook
  /** Its place among the `pre_start` hooks of the service, from 0. */
  readonly index: number
  /** The service's container, not started yet, whose volumes it sees. */
  readonly beside: string
}

/**
 * The container of a `pre_start` hook: like the service's own, with its
 * volumes, on its networks and behind its wall, but nothing that there can be
 * only one of: no name or address of the service, no published port.
 *
 * @see https://docs.docker.com/compose/how-tos/init-containers/
 */
export function initSpec(input: InitInput): ContainerSpec {
  const { project, service, hook, index, beside } = input
  const image = imageOf(project, service)
  const isOwn = hook.image === undefined || hook.image === image
  const spec = containerSpec({ ...input, service: serviceOf(service, hook, isOwn), inherited: [] })
  const host = spec.body['HostConfig'] as Readonly<Record<string, unknown>>
  return {
    name: `${project.name}-${service.name}-pre_start-${index}`,
    service: service.name,
    number: 0,
    platform: isOwn ? spec.platform : undefined,
    networks: spec.networks.map(({ network, endpoint: { DriverOpts, GwPriority } }) => ({
      network,
      endpoint: present({ DriverOpts, GwPriority }),
    })),
    body: present({
      ...spec.body,
      Image: hook.image ?? image,
      Healthcheck: { Test: ['NONE'] },
      ExposedPorts: undefined,
      MacAddress: undefined,
      Tty: false,
      OpenStdin: false,
      Labels: {
        ...service.labels,
        [composeLabels.project]: project.name,
        [composeLabels.service]: service.name,
        [composeLabels.hook]: 'pre_start',
        [composeLabels.version]: composeVersion,
      },
      HostConfig: present({
        ...host,
        Binds: undefined,
        Mounts: undefined,
        VolumesFrom: [beside],
        PortBindings: undefined,
        Privileged: hook.privileged ?? host['Privileged'],
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      }),
    }),
  }
}

/** The service's entrypoint belongs to its image. */
function serviceOf(service: Service, hook: Hook, isOwn: boolean): Service {
  const { entrypoint, command: _command, ...rest } = service
  return {
    ...rest,
    ...(isOwn && entrypoint !== undefined ? { entrypoint } : {}),
    ...(hook.command === undefined ? {} : { command: hook.command }),
    ...(hook.user === undefined ? {} : { user: hook.user }),
    ...(hook.working_dir === undefined ? {} : { working_dir: hook.working_dir }),
    environment: { ...service.environment, ...hook.environment },
  }
}
