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
export function release({ name, source, options }: Provision, cause: string): OperationOf<'runProvider'> {
  return {
    type: 'runProvider',
    service: name,
    action: 'down',
    program: source,
    options,
    definition: undefined,
    at: undefined,
    cause,
  }
}
