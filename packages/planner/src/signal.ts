import { newDraft } from './draft.ts'
import type { DeploymentView, PlanInput, PlanResult } from './input.ts'
import { isUp } from './orphans.ts'

/** Sends the deployment's signal to those of its containers that run, each once, all side by side. */
export function planSignal(input: PlanInput, { options, signaled }: DeploymentView): PlanResult {
  const { observed } = input
  const { signal } = options
  const draft = newDraft(input)
  if (signal === undefined) return { plan: [], problems: [] }
  for (const container of observed.containers) {
    const { id, name, service } = container
    if (!signal.containers.includes(id) || signaled.has(id) || !isUp(container)) continue
    draft.add(
      { type: 'killContainer', service, container: id, name, signal: signal.name, cause: 'asked for' },
      [],
    )
  }
  return { plan: draft.plan(), problems: [] }
}
