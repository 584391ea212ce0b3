import { upIntent, type DeploymentAction, type Intent } from '@bulkhead/model'

/** What one deployment asks for, beside the files. */
export interface IntentRequest {
  readonly action: DeploymentAction
  readonly services?: readonly string[] | undefined
  readonly removeVolumes?: boolean | undefined
  readonly removeOrphans?: boolean | undefined
  readonly stopTimeoutSeconds?: number | undefined
}

/**
 * The intent after a request. `up` of some services leaves on what was on;
 * `up` of none named asks for all; `stop` and `down` are for the whole project.
 */
export function nextIntent(previous: Intent | undefined, request: IntentRequest): Intent {
  const base = previous ?? { ...upIntent, target: 'down' }
  const { action, services, removeVolumes = false, removeOrphans = false, stopTimeoutSeconds } = request
  const asked = { removeVolumes, removeOrphans, stopTimeoutSeconds }
  if (action === 'stop') return { ...base, ...asked, target: 'stopped' }
  if (action === 'down') return { ...upIntent, ...asked, target: 'down' }
  return { ...base, ...asked, target: 'up', services: servicesOn(base, services) }
}

function servicesOn(
  { target, services }: Intent,
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  if (asked === undefined || asked.length === 0) return undefined
  if (target !== 'up') return [...asked].sort()
  return services === undefined ? undefined : [...new Set([...services, ...asked])].sort()
}
