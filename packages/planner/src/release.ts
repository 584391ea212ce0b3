import type { OperationOf, Provision } from '@bulkhead/model'
import type { Draft } from './draft.ts'
import type { PlanInput } from './input.ts'

/** What is provided and no longer wanted is taken away, after all that uses it. */
export function emitReleases(input: PlanInput, draft: Draft): void {
  const after = draft
    .plan()
    .filter(({ operation }) => operation.type === 'removeContainer')
    .map(({ id }) => id)
  for (const provision of input.provisions ?? []) {
    const cause = causeToRelease(input, provision)
    if (cause !== undefined) draft.add(release(provision, cause), after)
  }
}

function causeToRelease(
  { project, intent, deployment }: PlanInput,
  { kind, name }: Provision,
): string | undefined {
  if (kind === 'model') return undefined
  const service = project?.services[name] ?? project?.disabledServices[name]
  if (intent.target === 'down') {
    const isOrphan = project !== undefined && service === undefined
    return isOrphan && !intent.removeOrphans ? undefined : 'project goes down'
  }
  if (service === undefined) return intent.removeOrphans ? 'orphan' : undefined
  if (service.provider === undefined) return 'no longer provided'
  const isMeant = deployment?.action === 'down' && deployment.options.services?.includes(name) !== false
  return isMeant && intent.resting[name] === 'off' ? 'asked for' : undefined
}

/** The step that has a provider take away what it made. */
export function release(provision: Provision, cause: string): OperationOf<'runProvider'> {
  return ending(provision, 'down', cause)
}

/**
 * Has the programs stop what they provide, where they can and it is asked for: after the containers that
 * are stopped, one after another, those first that others don't depend on.
 */
export function emitPauses({ project, intent, deployment, provisions = [] }: PlanInput, draft: Draft): void {
  if (deployment?.action !== 'stop') return
  let after = draft
    .plan()
    .filter(({ operation }) => operation.type === 'stopContainer')
    .map(({ id }) => id)
  const isMeant = ({ kind, name, stops = false, stopped = false }: Provision): boolean =>
    kind === 'provider' &&
    stops &&
    !stopped &&
    (intent.target === 'stopped' || intent.resting[name] === 'stopped')
  const order = Object.keys(project?.services ?? {})
  const meant = provisions.filter(isMeant).toSorted((a, b) => order.indexOf(b.name) - order.indexOf(a.name))
  for (const provision of meant) after = [draft.add(ending(provision, 'stop', 'asked for'), after)]
}

function ending(
  { name, source, options }: Provision,
  action: 'stop' | 'down',
  cause: string,
): OperationOf<'runProvider'> {
  return {
    type: 'runProvider',
    service: name,
    action,
    program: source,
    options,
    definition: undefined,
    at: undefined,
    cause,
  }
}
