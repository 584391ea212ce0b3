import type { Intent, Notes, Observed, ObservedContainer, Project, Trouble } from '@bulkhead/model'
import { healthPolicy, nanoseconds } from '@bulkhead/planner'
import { lastWords } from './probe.ts'

/** What is to be done about containers that are unhealthy, and what is to be noted. */
export interface Remedy {
  /** Containers to be started anew: id → the start that must be behind them. */
  readonly restarts: Readonly<Record<string, string>>
  /** Containers to be replaced. */
  readonly replace: readonly string[]
  readonly troubles: Notes['troubles']
  /** Services whose breaker opens now. */
  readonly opened: readonly string[]
}

/**
 * What the health policies of a project ask for. A service whose tries within
 * the window are used up is left alone: its breaker opens, until somebody asks
 * for the service or it has been well for a window. Pure; `now`: ISO 8601.
 */
export function remedyFor(
  project: Project,
  { containers }: Pick<Observed, 'containers'>,
  { held, troubles }: Notes,
  intent: Pick<Intent, 'restarts' | 'replace'>,
  now: string,
): Remedy {
  const restarts: Record<string, string> = {}
  const replace: string[] = []
  const opened: string[] = []
  const next: Record<string, Trouble> = {}
  for (const service of Object.values(project.services)) {
    const { onUnhealthy, retries, window } = healthPolicy(project, service)
    const before = troubles[service.name]
    const its = containers.filter((one) => one.service === service.name && !one.oneOff)
    const since = Date.parse(now) - nanoseconds(window) / 1e6
    const tries = (before?.tries ?? []).filter((time) => Date.parse(time) > since)
    const sick = its.filter(({ state, health }) => state === 'running' && health === 'unhealthy')
    const isIll = sick.length > 0 && held[service.name] === undefined && onUnhealthy !== 'report'
    if (!isIll) {
      // What has been well for a window is trusted anew.
      if (before !== undefined && (tries.length > 0 || sick.length > 0))
        next[service.name] = { ...before, tries }
      continue
    }
    // What was asked for at the last try has not been done so far.
    const isPending = sick.some(
      ({ id, startedAt = '' }) => intent.restarts[id] === startedAt || intent.replace.includes(id),
    )
    if (before !== undefined && (before.open !== undefined || isPending)) {
      next[service.name] = before
      continue
    }
    const reason = reasonOf(sick)
    if (tries.length >= retries) {
      opened.push(service.name)
      next[service.name] = { tries, reason, open: now }
      continue
    }
    next[service.name] = { tries: [...tries, now], reason }
    if (onUnhealthy === 'recreate') replace.push(...sick.map(({ id }) => id))
    else {
      const followers = containers.filter(
        (one) =>
          one.state === 'running' &&
          !one.oneOff &&
          project.services[one.service]?.depends_on?.[service.name]?.restart === true,
      )
      for (const { id, startedAt = '' } of [...sick, ...followers]) restarts[id] = startedAt
    }
  }
  return { restarts, replace, troubles: next, opened }
}

function reasonOf([first]: readonly ObservedContainer[]): string {
  return `${first?.name ?? ''} is unhealthy${lastWords(first?.healthLog ?? [])}`
}
