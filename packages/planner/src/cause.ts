import type { Intent, ObservedContainer, Project } from '@bulkhead/model'
import type { Emission } from './emission.ts'
import type { ServicePlan, UpInput } from './input.ts'
import { isUp } from './orphans.ts'
import { isLeftStopped } from './repair.ts'

/** Why a container that is as asked for is to be stopped, where it runs, and started. */
export function causeToRestart(
  { restarts }: Intent,
  { restarts: isFollowing, rests, bystander }: ServicePlan,
  container: ObservedContainer,
): string | undefined {
  if (rests) return undefined
  if (restarts[container.id] === (container.startedAt ?? '')) return 'asked for'
  return isFollowing && (isUp(container) || !bystander) ? 'a dependency is replaced' : undefined
}

/**
 * Why a container that is as asked for lives in namespaces that ended: the
 * container that they are of was started again since, or will be.
 */
export function lostNamespace(
  { input, draft }: Emission,
  { wanted }: ServicePlan,
  container: ObservedContainer,
): string | undefined {
  const { deployment, held, observed } = input
  const since = container.state === 'exited' ? container.finishedAt : container.startedAt
  for (const parent of observed.containers.filter(({ id }) => container.sharesWith?.includes(id) === true)) {
    const cause = `"${parent.service}" was started again`
    const isNewer =
      parent.state === 'running' &&
      since !== undefined &&
      Date.parse(parent.startedAt ?? '') > Date.parse(since)
    if (isUp(container) && (isNewer || draft.startOf(parent.id) !== undefined)) return cause
    // Its restart policy has given up on it: there was nothing to live in.
    const isMeant = ['always', 'unless-stopped'].includes(wanted.service.restart ?? '')
    const isHeld = deployment === undefined && held.has(container.service)
    if (container.state === 'exited' && isNewer && isMeant && !isHeld) return cause
  }
  return undefined
}

/**
 * Why a container that is as asked for has to be started; undefined: it has not.
 * One that ended by itself is started by a deployment only, once, and not when
 * it is a job that others wait for and that ended well.
 */
export function startCause(
  { input, judgment }: Emission,
  { wanted, rests, bystander }: ServicePlan,
  container: ObservedContainer,
): string | undefined {
  const { deployment, held } = input
  const service = wanted.service.name
  if (rests || bystander) return undefined
  // Whatever was tried: it has never run.
  if (container.state === 'created') return 'not started'
  if (container.state !== 'exited') return undefined
  if (deployment === undefined && !held.has(service) && isLeftStopped(container, wanted, judgment))
    return 'left stopped by an interrupted repair'
  if (deployment === undefined) return held.has(service) ? undefined : causeToRevive(input, container)
  if (deployment.started.has(container.id)) return undefined
  if (container.exitCode === 0 && isJob(input.project, wanted.service.name)) return undefined
  return 'not running'
}

/**
 * Why the loop starts a container that has ended: not when it ended by itself,
 * as what is to come of that is for its restart policy to say. An error is that
 * of a start that failed.
 */
function causeToRevive(
  { ended = {} }: UpInput,
  { id, startedAt = '', error, settings }: ObservedContainer,
): string | undefined {
  const end = ended[id]
  if (end !== undefined && !(Date.parse(startedAt) > Date.parse(end.at))) return end.cause
  const isMeant = ['always', 'unless-stopped', 'on-failure'].includes(settings?.restart.split(':')[0] ?? '')
  return isMeant && error !== undefined ? 'its start failed' : undefined
}

/** Also where those that wait for it are not asked for now: its work is done for them too. */
export function isJob({ services }: Project, name: string): boolean {
  return Object.values(services).some(
    ({ depends_on: dependencies }) => dependencies?.[name]?.condition === 'service_completed_successfully',
  )
}
