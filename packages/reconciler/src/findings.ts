import type { Observed } from '@bulkhead/model'
import type { Drifted } from '@bulkhead/planner'
import { remedyFor } from './breaker.ts'
import type { Clock } from './clock.ts'
import { bridge, type Gap } from './gap.ts'
import type { Log } from './log.ts'
import type { Notebook } from './notebook.ts'
import type { DesiredState, Ledger } from './port.ts'

export interface FindingsOptions {
  readonly ledger: Ledger
  readonly log: Log
  readonly notebook: Notebook
  readonly clock: Clock
  /** The gap since which the project was not looked at; told once. */
  readonly bridged: (project: string) => Gap | undefined
}

/** What the loop's own rounds find out before they plan, and write down. */
export interface Findings {
  /** Notes what must have happened while nobody listened. True: by now more is asked for. */
  lookBack(project: string, desired: DesiredState, observed: Observed): boolean
  /** Asks for what the health policies say. True: by now more is asked for. */
  remedy(project: string, desired: DesiredState, observed: Observed): boolean
  /** Since when each difference is known; what was said of things that are well again is dropped. */
  noteDrift(project: string, drift: readonly Drifted[]): void
}

export function newFindings({ ledger, log, notebook, bridged, clock }: FindingsOptions): Findings {
  return { lookBack, remedy, noteDrift }

  function lookBack(name: string, { project }: DesiredState, observed: Observed): boolean {
    const gap = bridged(name)
    if (gap === undefined || project === undefined) return false
    const { held, released, ended, restarts } = bridge(gap, project, observed, notebook.of(name))
    const isKept = ([service]: readonly [string, string]): boolean => !released.includes(service)
    notebook.change(name, (notes) => ({
      held: { ...held, ...Object.fromEntries(Object.entries(notes.held).filter(isKept)) },
      ended: { ...ended, ...notes.ended },
    }))
    if (Object.keys(restarts).length === 0) return false
    ledger.restarting(name, restarts)
    return true
  }

  function remedy(name: string, { project, intent }: DesiredState, observed: Observed): boolean {
    if (project === undefined) return false
    const active = Object.fromEntries(
      Object.entries(project.services).filter(([service]) => intent.resting[service] === undefined),
    )
    const { restarts, replace, troubles, opened } = remedyFor(
      { ...project, services: active },
      observed,
      notebook.of(name),
      intent,
      new Date(clock.now()).toISOString(),
    )
    notebook.change(name, () => ({ troubles }))
    for (const service of opened) {
      const reason = troubles[service]?.reason ?? ''
      log.warn({ project: name, service, reason }, 'breaker opened')
      ledger.breakerOpened(name, service, reason)
    }
    if (Object.keys(restarts).length === 0 && replace.length === 0) return false
    ledger.restarting(name, restarts, replace)
    return true
  }

  function noteDrift(name: string, drift: readonly Drifted[]): void {
    const now = new Date(clock.now()).toISOString()
    notebook.change(name, ({ differs, touched }) => ({
      differs: Object.fromEntries(
        drift.map((one) => [keyOf(one), differs[keyOf(one)] ?? touched[one.object]?.at ?? now]),
      ),
      touched: drift.length === 0 ? {} : touched,
    }))
  }
}

/** Under what a difference is written down. */
export function keyOf({ object, field }: Pick<Drifted, 'object' | 'field'>): string {
  return `${object} ${field}`
}
