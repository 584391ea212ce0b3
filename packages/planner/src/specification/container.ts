import { bulkheadLabels, composeLabels, type ContainerSpec, type Service } from '@bulkhead/model'
import { sealHooks } from '../hooks.ts'
import { containerName, imageOf, ownerOf } from '../names.ts'
import { present } from '../present.ts'
import { composeVersion } from '../compose-version.ts'
import { nanoseconds, seconds } from '../units.ts'
import { hostConfig } from './hostConfig.ts'
import type { SpecificationInput } from './input.ts'
import { attachments } from './networks.ts'
import { exposedPorts } from './ports.ts'

/**
 * The container that a service's file asks for, in the Engine API's terms.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerCreate
 */
export function containerSpec(input: SpecificationInput): ContainerSpec {
  const { project, service, number, image } = input
  const { network_mode } = service
  const networks = attachments(input, containerName(project, service, number))
  return {
    name: containerName(project, service, number),
    service: service.name,
    number,
    platform: service.platform ?? project.defaultPlatform,
    networks: network_mode === undefined ? networks : [],
    body: present({
      Image: imageOf(project, service),
      Cmd: service.command,
      Entrypoint: service.entrypoint,
      Env: environment(service),
      Labels: { ...service.labels, ...ownLabels(input) },
      Hostname: service.hostname,
      Domainname: service.domainname,
      User: service.user,
      WorkingDir: service.working_dir,
      Tty: service.tty ?? false,
      OpenStdin: service.stdin_open ?? false,
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      StopSignal: service.stop_signal,
      StopTimeout: service.stop_grace_period === undefined ? undefined : seconds(service.stop_grace_period),
      ExposedPorts: exposedPorts(service),
      Healthcheck: healthcheck(service),
      // On networks it belongs to the endpoint.
      MacAddress: network_mode === undefined ? undefined : service.mac_address,
      HostConfig: hostConfig({
        ...input,
        network: firstNetwork(input, networks),
        imageVolumes: image?.volumes ?? [],
      }),
    }),
  }
}

function firstNetwork(input: SpecificationInput, networks: readonly { readonly network: string }[]): string {
  const mode = input.service.network_mode
  if (mode === undefined) return networks[0]?.network ?? 'none'
  if (!mode.startsWith('service:')) return mode
  return `container:${ownerOf(input, mode)}`
}

function environment({ environment = {} }: Service): readonly string[] {
  // A name without a value takes the variable of the image away.
  return Object.entries(environment).map(([name, value]) => (value === null ? name : `${name}=${value}`))
}

function healthcheck({ healthcheck: check }: Service): Readonly<Record<string, unknown>> | undefined {
  if (check === undefined) return undefined
  if (check.disable === true) return { Test: ['NONE'] }
  const time = (duration: string | undefined): number | undefined =>
    duration === undefined ? undefined : nanoseconds(duration)
  return present({
    Test: check.test,
    Interval: time(check.interval),
    Timeout: time(check.timeout),
    StartPeriod: time(check.start_period),
    StartInterval: time(check.start_interval),
    Retries: check.retries,
  })
}

function ownLabels(input: SpecificationInput): Readonly<Record<string, string>> {
  const { project, service, number, image, hash, composeHash, profile, replaces = false } = input
  const dependsOn = Object.entries(service.depends_on ?? {})
    .map(([name, { condition, restart }]) => `${name}:${condition}:${restart === true}`)
    .sort()
  return {
    [composeLabels.project]: project.name,
    [composeLabels.service]: service.name,
    [composeLabels.number]: String(number),
    [composeLabels.oneOff]: 'False',
    [composeLabels.configHash]: composeHash,
    [composeLabels.dependsOn]: dependsOn.join(','),
    [composeLabels.workingDir]: project.workingDir,
    [composeLabels.configFiles]: project.configFiles.join(','),
    [composeLabels.version]: composeVersion,
    ...(image === undefined ? {} : { [composeLabels.image]: image.id }),
    ...(project.environmentFiles.length === 0
      ? {}
      : { [composeLabels.environmentFile]: project.environmentFiles.join(',') }),
    ...(replaces ? { [composeLabels.replace]: service.container_name ?? `${service.name}-${number}` } : {}),
    [bulkheadLabels.hash]: hash,
    [bulkheadLabels.isolation]: profile.mode,
    ...(input.owner === undefined ? {} : { [bulkheadLabels.owner]: input.owner }),
    ...(service.pre_stop === undefined || service.pre_stop.length === 0
      ? {}
      : { [bulkheadLabels.preStop]: sealHooks(service.pre_stop, input.hashKey) }),
  }
}
