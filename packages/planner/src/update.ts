import {
  failureActions,
  type FailureAction,
  type ObservedContainer,
  type Port,
  type Service,
  type UpdateConfig,
} from '@bulkhead/model'
import { isJob } from './cause.ts'
import type { Decision } from './decide.ts'
import type { Wanted } from './divergence.ts'
import type { UpInput } from './input.ts'
import type { Judgment } from './judge.ts'
import { drainMilliseconds } from './policy.ts'
import { parentsOf, wantedReplicas } from './select.ts'
import { nanoseconds } from './units.ts'
import type { UpdatePolicy } from './update-policy.ts'

/**
 * How a service is updated; undefined: the file has no word on it.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/deploy.md#update_config
 */
export function updatePolicy(
  input: UpInput,
  wanted: Wanted,
  decisions: readonly Decision[],
  judgment: Judgment,
): UpdatePolicy | undefined {
  const { project, service } = wanted
  const { update_config: update, rollback_config: rollback } = service.deploy ?? {}
  const isReverting = input.deployment?.options.reverting === true
  const config = isReverting ? (rollback ?? update) : update
  if (config === undefined || isJob(project, service.name)) return undefined
  const { parallelism = 1, delay = '0s', monitor, order } = config
  const replicas = wantedReplicas(service, input.intent)
  const asked = order === 'start-first' ? 'start-first' : 'stop-first'
  const forbidden =
    asked === 'start-first' ? forbids(input, wanted, decisions, judgment, parallelism) : undefined
  return {
    parallelism: parallelism === 0 ? Infinity : parallelism,
    delayMilliseconds: nanoseconds(delay) / 1e6,
    order: forbidden === undefined ? asked : 'stop-first',
    forbidden,
    onFailure: actionOf(config, isReverting),
    monitorMilliseconds: monitor === undefined ? undefined : nanoseconds(monitor) / 1e6,
    tolerated: toleratedBy(config, replicas),
    drainMilliseconds: drainMilliseconds(project, service),
  }
}

/** The decisions that replace something, in groups that are replaced at a time. */
export function batchesOf(
  decisions: readonly Decision[],
  { parallelism }: UpdatePolicy,
): readonly (readonly Replacing[])[] {
  const replacing = decisions.filter(isReplacing)
  const size = Math.min(parallelism, Math.max(1, replacing.length))
  return Array.from({ length: Math.ceil(replacing.length / size) }, (_, index) =>
    replacing.slice(index * size, (index + 1) * size),
  )
}

export type Replacing = Extract<Decision, { kind: 'replace' | 'finish' }>

export function isReplacing(decision: Decision): decision is Replacing {
  return decision.kind === 'replace' || decision.kind === 'finish'
}

/** A rollback that fails is not rolled back. */
function actionOf({ failure_action: action }: UpdateConfig, isReverting: boolean): FailureAction {
  const known = failureActions.find((one) => one === action) ?? 'pause'
  return isReverting && known === 'rollback' ? 'pause' : known
}

function toleratedBy(
  { failure_action: action, max_failure_ratio: ratio = 0 }: UpdateConfig,
  replicas: number,
): number {
  return action === 'continue' ? replicas : Math.floor(ratio * replicas)
}

/** Why two containers of a replica cannot run side by side; undefined: they can. */
function forbids(
  { capabilities, deployment, project }: UpInput,
  { service, profile }: Wanted,
  decisions: readonly Decision[],
  judgment: Judgment,
  parallelism: number,
): string | undefined {
  if (service.container_name !== undefined) return 'its container_name is fixed'
  const port = (service.ports ?? []).find((one) => isFixed(one, decisions.length, parallelism))
  if (port !== undefined) return `its host port ${port.published ?? ''} is fixed`
  const [fixed] = Object.values(service.networks ?? {}).flatMap(fixedAddresses)
  if (fixed !== undefined || service.mac_address !== undefined)
    return `its ${fixed ?? 'mac_address'} is fixed`
  const mode = service.network_mode
  if (mode !== undefined && mode !== 'bridge' && mode !== 'none') return `its network_mode is ${mode}`
  const [parent] = parentsOf(service)
  if (parent !== undefined) return `it lives in what "${parent}" has`
  const child = Object.values(project.services).find((one) => parentsOf(one).includes(service.name))
  if (child !== undefined) return `"${child.name}" lives in what it has`
  if (capabilities.os === 'windows') return 'a Windows engine changes no networks of what runs'
  if (profile.kernel === 'own') return 'its own kernel does not see that networks change'
  const renewed = [...judgment.networks].find(
    ([key, network]) => network.renewed && service.networks?.[key] !== undefined,
  )
  if (renewed !== undefined) return `its network ${renewed[0]} is made again`
  const renews = deployment?.options.renewAnonymousVolumes === true
  const replaced = decisions
    .filter(isReplacing)
    .flatMap((one) => (one.kind === 'replace' ? one.container : one.replaced))
  if (!renews && replaced.some((container) => hasAnonymousVolumes(container, service)))
    return 'its anonymous volume goes from one to the other'
  return undefined
}

/** A range serves as long as it has a port for everyone that runs at once. */
function isFixed({ published = '' }: Port, replicas: number, parallelism: number): boolean {
  if (published === '' || published === '0') return false
  const [first, last = first] = published.split('-').map(Number)
  const count = Number(last) - Number(first) + 1
  return count < replicas + (parallelism === 0 ? replicas : Math.min(parallelism, replicas))
}

function fixedAddresses(options: NonNullable<Service['networks']>[string]): readonly string[] {
  if (options === null) return []
  const { ipv4_address: v4, ipv6_address: v6, link_local_ips: local, mac_address: mac } = options
  return Object.entries({
    ipv4_address: v4,
    ipv6_address: v6,
    link_local_ips: local,
    mac_address: mac,
  }).flatMap(([name, value]) => (value === undefined || value.length === 0 ? [] : [name]))
}

function hasAnonymousVolumes({ mounts }: ObservedContainer, service: Service): boolean {
  const named = new Set(
    (service.volumes ?? []).flatMap(({ source, target }) => (source === undefined ? [] : [target])),
  )
  return mounts.some(({ type, target }) => type === 'volume' && !named.has(target))
}
