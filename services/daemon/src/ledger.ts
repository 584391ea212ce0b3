import { BulkheadError, imageActions, isBulkheadError, toProblem } from '@bulkhead/model'
import type { DeploymentEventBody, Notes } from '@bulkhead/model'
import type { DesiredState, Ledger, Log } from '@bulkhead/reconciler'
import type { Feed } from './feed.ts'
import { pastOf } from './former.ts'
import type { LoadedProject, Loader } from './loaded.ts'
import type { Logins } from './logins.ts'
import type { Metrics } from './metrics.ts'
import { maskEvent, maskProblem } from './mask.ts'
import { backProblem, earlierOf, goBack, pause } from './rollback.ts'
import type { Tracing } from './tracing.ts'
import type { Notice } from './webhook.ts'
import type { Mask } from './mask.ts'
import type { Store } from './store/store.ts'

export interface LedgerOptions {
  readonly store: Pick<Store, 'projects' | 'deployments' | 'settings' | 'transaction' | 'hashKey'>
  readonly loader: Loader
  readonly feed: Feed
  readonly logins: Pick<Logins, 'drop' | 'maskOf'>
  readonly log: Log
  readonly metrics: Pick<Metrics, 'deploymentEnded'>
  /** Told of each deployment that has ended. */
  readonly tracing?: Pick<Tracing, 'deploymentEnded'>
  /** Told when what the loop noted of a project changes. */
  readonly noted?: (project: string, before: Notes, after: Notes) => void
  readonly newId: () => string
  /** Has one more round of a project made. */
  readonly again: (project: string) => void
  /** Gets what somebody should know who is not looking. */
  readonly notify: (notice: Notice) => void
  readonly now: () => Date
  /** Milliseconds, steady. */
  readonly clock: () => number
}

/** Of one operation's progress, at most one event in this time is kept. */
const progressEveryMs = 100

/**
 * The store as the reconciler sees it. What is said of a deployment that has
 * finished (superseded by another one, say) is dropped; secrets are masked
 * before anything is written.
 */
export function createLedger({
  store,
  loader,
  feed,
  logins,
  log,
  metrics,
  tracing,
  newId,
  again,
  notify,
  noted = () => undefined,
  now,
  clock,
}: LedgerOptions): Ledger {
  const { projects, deployments, hashKey } = store
  const isDue = throttle(clock)

  /** A revision that this version cannot load fails its deployment; without one it is left as it is. */
  const currentOrReport = (name: string, deployment: string | undefined): LoadedProject | undefined => {
    try {
      return loader.current(name)
    } catch (error) {
      log.error({ project: name, err: error }, 'stored revision does not load')
      if (deployment !== undefined) {
        const known = isBulkheadError(error)
          ? error
          : new BulkheadError('BH_INTERNAL', 'The stored revision does not load.')
        deployments.finish(deployment, 'failed', 0, toProblem(known))
        feed.ring(deployment)
      }
      return undefined
    }
  }

  /** What is about images alone comes with its files; without them, after a restart, it is over. */
  const errandOrReport = (deployment: DesiredState['deployment']): DesiredState['deployment'] => {
    if (deployment === undefined || !imageActions.has(deployment.action)) return deployment
    const files = loader.held(deployment.id)
    if (files !== undefined) return { ...deployment, files }
    const lost = new BulkheadError(
      'BH_DEPLOYMENT_CANCELED',
      `The daemon was restarted while it was to ${deployment.action} images.`,
      { hint: 'Ask again: what was done already is not done twice.' },
    )
    deployments.finish(deployment.id, 'failed', 0, toProblem(lost))
    feed.ring(deployment.id)
    return undefined
  }

  /** What the project hides, and what the deployment brought along. */
  const maskFor = (id: string, project: string): Mask => {
    const ofFiles = loader.held(id)?.mask ?? loader.maskOf(project)
    const ofLogins = logins.maskOf(id)
    return (text) => ofLogins(ofFiles(text))
  }

  return {
    projects: () => projects.names(),
    desired(name) {
      const kept = projects.get(name)
      if (kept === undefined) return undefined
      const deployment = errandOrReport(deployments.active(name))
      const loaded = currentOrReport(name, deployment?.id)
      if (loaded === undefined && kept.revision !== undefined) return undefined
      return {
        project: loaded?.project,
        intent: kept.intent,
        revision: kept.revision,
        contexts: loaded?.contexts ?? {},
        deployment,
        hooksRun: projects.hooksRun(name),
        provisions: projects.provisions(name),
        former: pastOf(name, { projects, loader, hashKey }).former,
        suspended: kept.suspended !== undefined,
      }
    },
    restarting(name, restarts, replace = []) {
      store.transaction(() => {
        const kept = projects.get(name)
        if (kept === undefined) return
        const { intent } = kept
        projects.save({
          ...kept,
          intent: {
            ...intent,
            restarts: { ...intent.restarts, ...restarts },
            replace: [...new Set([...intent.replace, ...replace])],
          },
        })
      })
    },
    hookRan: (project, container, run) => projects.hookRan(project, container, run),
    provisioned: (project, provision) => projects.provisioned(project, provision),
    released: (project, service) => projects.released(project, service),
    containerGone: (container) => projects.containerGone(container),
    breakerOpened(project, service, reason, next) {
      const time = now().toISOString()
      const shown = loader.maskOf(project)(reason)
      notify({ type: 'breaker.open', time, project, service, reason: shown, next })
    },
    notes: (name) => projects.notes(name),
    note(name, notes) {
      const before = projects.notes(name)
      projects.note(name, notes)
      if (before !== undefined) noted(name, before, notes)
    },
    together: (write) => store.transaction(write),
    seen: () => store.settings.get('seen'),
    saw: (timeNano) => store.settings.set('seen', timeNano),
    deploymentRunning(id) {
      deployments.running(id)
      feed.ring(id)
    },
    deploymentEvent(id, event) {
      if (event.type === 'progress' && !isDue(id, event)) return
      const project = deployments.get(id)?.project
      if (project === undefined) return
      if (deployments.append(id, maskEvent(event, maskFor(id, project)))) feed.ring(id)
    },
    updatePaused(name, service, reason) {
      store.transaction(() => pause(name, service, reason, projects))
    },
    deploymentFinished(id, outcome, operations, problem, update) {
      const { project, action, revision, createdAt } = deployments.get(id) ?? {}
      if (project === undefined || action === undefined || createdAt === undefined) return
      const shown = problem === undefined ? undefined : maskProblem(problem, maskFor(id, project))
      const goesBack = store.transaction(() => {
        const running = deployments.active(project)
        const unbegun = problem?.code === 'BH_PLAN_STALE' ? deployments.unbegun(id) : undefined
        const isOver = outcome === 'failed' && running?.id === id && unbegun === undefined
        const isUpdate = isOver && update?.onFailure === 'rollback'
        const isAsked = isOver && (isUpdate || running.options.rollback === true) && revision !== undefined
        const back = isAsked ? earlierOf(project, revision, store) : undefined
        const isPaused = isOver && update !== undefined && back === undefined
        // Said before the end, after which nothing more is said of a deployment.
        if (isAsked) deployments.append(id, { type: 'warning', problem: backProblem(revision, back) })
        if (!deployments.finish(id, outcome, operations, shown)) return false
        // Nothing of it was done, so nothing of it is wanted.
        if (unbegun?.before !== undefined) projects.save(unbegun.before)
        else if (unbegun !== undefined) projects.remove(project)
        metrics.deploymentEnded(action, outcome)
        tracing?.deploymentEnded({ id, project, action, outcome, createdAt, code: problem?.code })
        if (outcome === 'failed') {
          const time = now().toISOString()
          notify({ type: 'deployment.failed', time, project, deployment: id, problem: shown })
        }
        // A project without files was kept for this deployment only.
        if (projects.get(project)?.revision === undefined) projects.remove(project)
        if (isPaused) pause(project, update.service, shown?.message ?? 'its update failed', projects)
        if (back !== undefined) goBack(project, back, { store, newId })
        return back !== undefined
      })
      logins.drop(id)
      feed.ring(id)
      loader.letGo(id)
      // It made the loop's own round give way, and did nothing of it.
      if (goesBack || imageActions.has(action)) again(project)
    },
  }
}

/** True at most once in a while for each operation of a deployment. */
function throttle(
  clock: () => number,
): (id: string, event: Extract<DeploymentEventBody, { type: 'progress' }>) => boolean {
  const last = new Map<string, number>()
  return (id, { operation }) => {
    const key = `${id} ${operation.node}`
    const now = clock()
    for (const [other, time] of last) if (now - time >= progressEveryMs) last.delete(other)
    if (last.has(key)) return false
    last.set(key, now)
    return true
  }
}
