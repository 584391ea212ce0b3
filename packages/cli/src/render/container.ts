import type { Drift, ObservedPort, ReplicaStatus, ServiceStatus } from '@bulkhead/model'
import { humanDuration } from './age.ts'

export const psHeader = [
  'NAME',
  'IMAGE',
  'COMMAND',
  'SERVICE',
  'CREATED',
  'STATUS',
  'ISOLATION',
  'PORTS',
] as const

/** One line of `ps`, under `psHeader`. `now`: milliseconds since the epoch. */
export function containerRow(
  replica: ReplicaStatus,
  service: ServiceStatus,
  now: number,
  truncate: boolean,
): readonly string[] {
  return [
    replica.name,
    replica.image,
    quoted(replica.command, truncate),
    replica.service,
    `${humanDuration(now - Date.parse(replica.createdAt))} ago`,
    `${statusText(replica, now)}${service.held === undefined ? '' : ' (held)'}`,
    isolationText(replica, service),
    portsText(replica.ports),
  ]
}

/** What somebody changed, on one line: `drift: app-web-1: mem_limit is 128, asked for is 64 (update, since …)`. */
export function driftText({ object, field, expected, actual, since, cause }: Drift): string {
  const known = [cause, since === undefined ? undefined : `since ${since}`].filter((one) => one !== undefined)
  return `drift: ${object}: ${field} is ${actual}, asked for is ${expected}${known.length === 0 ? '' : ` (${known.join(', ')})`}`
}

/** The keys that `docker compose ps --format json` prints, and `Isolation`. */
export function containerJson(
  replica: ReplicaStatus,
  service: ServiceStatus,
  project: string,
  now: number,
): Readonly<Record<string, unknown>> {
  const age = humanDuration(now - Date.parse(replica.createdAt))
  return {
    Command: quoted(replica.command, true),
    CreatedAt: replica.createdAt,
    Created: Math.floor(Date.parse(replica.createdAt) / 1000),
    ExitCode: replica.exitCode,
    Health: replica.health === 'none' ? '' : replica.health,
    ID: replica.id.slice(0, 12),
    Image: replica.image,
    Isolation: {
      Mode: service.isolation.mode,
      Runtime: replica.runtime ?? service.isolation.profile ?? '',
    },
    Labels: Object.entries(replica.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    LocalVolumes: String(replica.mounts.filter((mount) => !mount.startsWith('/')).length),
    Mounts: replica.mounts.join(','),
    Name: replica.name,
    Names: replica.name,
    Networks: replica.networks.join(','),
    Ports: portsText(replica.ports),
    Project: project,
    Publishers: replica.ports.map(({ hostIp, target, published, protocol }) => ({
      URL: hostIp ?? '',
      TargetPort: target,
      PublishedPort: published ?? 0,
      Protocol: protocol,
    })),
    RunningFor: `${age} ago`,
    Service: replica.service,
    Size: '0B',
    State: replica.state,
    Status: statusText(replica, now),
  }
}

/** As the engine words it: `Up 3 minutes (healthy)`, `Exited (0) 5 seconds ago`. */
export function statusText(
  { state, health, exitCode, startedAt, finishedAt }: ReplicaStatus,
  now: number,
): string {
  const since = (time: string | undefined) =>
    time === undefined ? '' : humanDuration(now - Date.parse(time))
  switch (state) {
    case 'running': {
      const word = {
        none: '',
        starting: ' (health: starting)',
        healthy: ' (healthy)',
        unhealthy: ' (unhealthy)',
      }
      return `Up ${since(startedAt)}${word[health]}`
    }
    case 'paused':
      return `Up ${since(startedAt)} (Paused)`
    case 'restarting':
      return `Restarting (${exitCode}) ${since(finishedAt)} ago`
    case 'exited':
      return `Exited (${exitCode}) ${since(finishedAt)} ago`
    case 'removing':
      return 'Removal In Progress'
    case 'created':
      return 'Created'
    case 'dead':
      return 'Dead'
  }
}

/** What the file asks for, and what the engine reports. */
export function isolationText({ runtime }: ReplicaStatus, { isolation }: ServiceStatus): string {
  const real = runtime ?? isolation.profile
  return real === undefined || real === '' ? isolation.mode : `${isolation.mode} → ${real}`
}

export function portsText(ports: readonly ObservedPort[]): string {
  return ports.map(portText).join(', ')
}

function portText({ hostIp, published, target, protocol }: ObservedPort): string {
  if (published === undefined || published === 0) return `${target}/${protocol}`
  const host =
    hostIp === undefined || hostIp === '' ? '' : `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:`
  return `${host}${published}->${target}/${protocol}`
}

function quoted(command: string, truncate: boolean): string {
  return `"${truncate && command.length > 20 ? `${command.slice(0, 19)}…` : command}"`
}
