import type { Cause, DeploymentAction, PastDeployment } from '@bulkhead/model'
import { isBulkheadError } from '@bulkhead/model'
import { selectServices, wantedReplicas } from '../select.ts'
import { cause, type ExplainInput } from './input.ts'

/** Why a service is not to run at all; undefined: it is to. */
export function notAsked(input: ExplainInput, service: string): Cause | undefined {
  const { name, project, intent } = input
  if (project === undefined || intent === undefined) {
    return cause('unkept', `Bulkhead does not keep the project ${name}: what is there is left as it is`, {
      hint: `Take it over with \`bulkhead up\` of its files.`,
    })
  }
  const disabled = project.disabledServices[service]
  if (disabled !== undefined) {
    const profiles = disabled.profiles ?? []
    return cause('profile', `none of the profiles of ${service} is active (${profiles.join(', ')})`, {
      hint: `Bring it up with \`bulkhead up ${service}\`, or with \`--profile ${profiles[0] ?? '…'}\`.`,
    })
  }
  const definition = project.services[service]
  if (definition === undefined) {
    return cause('orphan', `the files of ${name} no longer have a service ${service}`, {
      hint: 'Remove what is left of it with `bulkhead up --remove-orphans`.',
    })
  }
  if (intent.target !== 'up') {
    const action = intent.target === 'down' ? 'down' : 'stop'
    const { since, by } = askedBy(input, [action], undefined)
    const what = intent.target === 'down' ? 'taken down' : 'stopped'
    return cause('down', `the project was ${what}${by}`, { since, hint: 'Bring it up with `bulkhead up`.' })
  }
  if (!isSelected(input, service)) {
    const { since, by } = askedBy(input, ['up', 'create', 'start'], undefined)
    return cause('not asked for', `only ${(intent.services ?? []).join(', ')} was asked for${by}`, {
      since,
      hint: `Bring it up with \`bulkhead up ${service}\`.`,
    })
  }
  const rest = intent.resting[service]
  if (rest !== undefined) return resting(input, service, rest)
  if (definition.provider === undefined && wantedReplicas(definition, intent) === 0) {
    const isAsked = intent.scale[service] !== undefined
    const { since, by } = isAsked
      ? askedBy(input, ['scale', 'up'], service)
      : { since: undefined, by: ' by the files' }
    return cause('scale', `no replica of ${service} is asked for${by}`, {
      since,
      hint: `Have one with \`bulkhead scale ${service}=1\`.`,
    })
  }
  return undefined
}

function resting(input: ExplainInput, service: string, rest: 'created' | 'stopped' | 'off'): Cause {
  if (rest === 'created') {
    const { since, by } = askedBy(input, ['create', 'up'], service)
    const hint = `Start it with \`bulkhead start ${service}\`.`
    return cause('created only', `${service} was only created${by}`, { since, hint })
  }
  if (rest === 'off') {
    const { since, by } = askedBy(input, ['rm', 'down'], service)
    const hint = `Bring it up with \`bulkhead up ${service}\`.`
    return cause('removed', `${service} was removed${by}`, { since, hint })
  }
  const { since, by } = askedBy(input, ['stop', 'kill'], service)
  return cause('stopped', `${service} was stopped${by}`, {
    since,
    hint: `Start it with \`bulkhead start ${service}\`.`,
  })
}

/** The newest deployment that asked for it, in words. */
export function askedBy(
  { deployments }: Pick<ExplainInput, 'deployments'>,
  actions: readonly DeploymentAction[],
  service: string | undefined,
): { readonly since: string | undefined; readonly by: string } {
  const found = deployments.find(
    ({ action, services }) =>
      actions.includes(action) &&
      (service === undefined || services === undefined || services.includes(service)),
  )
  return found === undefined ? { since: undefined, by: '' } : { since: found.createdAt, by: byWhom(found) }
}

export function byWhom({ id, action, author }: PastDeployment): string {
  const who = author === undefined ? '' : ` by ${author}`
  return `${who} with \`${action}\` (deployment ${id})`
}

function isSelected({ project, intent }: ExplainInput, service: string): boolean {
  if (project === undefined || intent === undefined) return false
  try {
    return selectServices(project, intent).some(({ name }) => name === service)
  } catch (error) {
    if (isBulkheadError(error)) return false
    throw error
  }
}
