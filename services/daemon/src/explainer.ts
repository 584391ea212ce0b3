import type { Engine } from '@bulkhead/engine'
import { BulkheadError } from '@bulkhead/model'
import type { Cause, Explanation, ObservedContainer } from '@bulkhead/model'
import { closureOf, explain } from '@bulkhead/planner'
import type { Insight } from '@bulkhead/reconciler'
import type { Failures } from './failures.ts'
import type { Loader } from './loaded.ts'
import type { Mask } from './mask.ts'
import type { Store } from './store/store.ts'
import { unknownProject } from './unknown.ts'

export interface ExplainerOptions {
  readonly store: Pick<Store, 'projects' | 'deployments' | 'events'>
  readonly loader: Pick<Loader, 'current' | 'maskOf'>
  readonly engine: Pick<Engine, 'logs'>
  readonly insightOf: (project: string) => Promise<Insight>
  readonly failures: Pick<Failures, 'of'>
}

/** Why services run, or don't. @throws BulkheadError BH_PROJECT_NOT_FOUND, BH_SERVICE_NOT_FOUND */
export type Explainer = (project: string, service: string) => Promise<Explanation>

/** Containers whose last lines are looked at. */
const mostWords = 5
const lastLines = 3
const longestLine = 200
const wordsMs = 2000

/** Gathers what an explanation is made from, and masks what comes of it. */
export function createExplainer({
  store: { projects, deployments, events },
  loader,
  engine,
  insightOf,
  failures,
}: ExplainerOptions): Explainer {
  return async (name, service) => {
    const kept = projects.get(name)
    const project = loader.current(name)?.project
    const { observed, notes, plan, problems, status } = await insightOf(name)
    const services = [
      ...Object.keys(project?.services ?? {}),
      ...Object.keys(project?.disabledServices ?? {}),
      ...observed.containers.map((one) => one.service),
    ]
    if (services.length === 0 && kept === undefined) throw unknownProject(name)
    if (!services.includes(service)) throw unknownService(name, service, services)

    const needed =
      project?.services[service] === undefined ? new Set([service]) : closureOf(project, [service])
    const its = observed.containers.filter((one) => needed.has(one.service) && !one.oneOff)
    const explanation = explain(
      {
        name,
        project,
        intent: kept?.intent,
        suspended: kept?.suspended,
        observed,
        notes,
        plan,
        problems,
        drift: status.drift ?? [],
        deployments: deployments.asked(name),
        failure: failures.of(name),
        healthSince: Object.fromEntries(
          its.flatMap(({ id, health }) => {
            const event = events.lastHealth(name, id)
            return event?.attributes['health'] === health ? [[id, event.time]] : []
          }),
        ),
        lastLines: await wordsOf(its, engine),
      },
      service,
    )
    const mask = loader.maskOf(name)
    return { ...explanation, causes: explanation.causes.map((one) => masked(one, mask)) }
  }
}

function masked({ text, detail, hint, causes, ...rest }: Cause, mask: Mask): Cause {
  return {
    ...rest,
    text: mask(text),
    ...(detail === undefined ? {} : { detail: mask(detail) }),
    ...(hint === undefined ? {} : { hint: mask(hint) }),
    causes: causes.map((one) => masked(one, mask)),
  }
}

/** The last lines of what ended badly. One that can't be read says nothing. */
async function wordsOf(
  containers: readonly ObservedContainer[],
  engine: Pick<Engine, 'logs'>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const bad = containers
    .filter(({ state, exitCode }) => state === 'restarting' || (state === 'exited' && exitCode !== 0))
    .slice(0, mostWords)
  const words = await Promise.all(bad.map(async ({ id }) => [id, await readLast(engine, id)] as const))
  return Object.fromEntries(words)
}

async function readLast(engine: Pick<Engine, 'logs'>, id: string): Promise<readonly string[]> {
  const lines: string[] = []
  try {
    const signal = AbortSignal.timeout(wordsMs)
    const options = { follow: false, tail: lastLines, timestamps: false, signal }
    for await (const { text } of engine.logs(id, options)) lines.push(text.slice(0, longestLine))
  } catch {
    // It was removed meanwhile, or its log driver can't be read.
  }
  return lines.slice(-lastLines)
}

function unknownService(project: string, service: string, known: readonly string[]): BulkheadError {
  return new BulkheadError('BH_SERVICE_NOT_FOUND', `Project "${project}" has no service "${service}".`, {
    hint: `It has: ${[...new Set(known)].toSorted().join(', ')}.`,
  })
}
