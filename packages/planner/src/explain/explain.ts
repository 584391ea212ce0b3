import type { Cause, Explanation, ObservedContainer, PlanNode } from '@bulkhead/model'
import { isUp } from '../orphans.ts'
import { driftPolicy } from '../policy.ts'
import { wantedReplicas } from '../select.ts'
import { sentence } from '../text.ts'
import { ailment } from './containers.ts'
import { byWhom, notAsked } from './asked.ts'
import { cause, type ExplainInput } from './input.ts'
import { waits } from './waits.ts'

/**
 * Why a service runs, or does not: the chain of causes down to the first. Pure;
 * times stand beside the texts, for whoever shows them in his own way.
 */
export function explain(input: ExplainInput, service: string): Explanation {
  const its = containersOf(input, service)
  const running = its.filter(isUp).length
  const definition = input.project?.services[service]
  const notWanted = notAsked(input, service)
  const wanted =
    notWanted === undefined &&
    definition !== undefined &&
    input.intent !== undefined &&
    definition.provider === undefined
      ? wantedReplicas(definition, input.intent)
      : 0
  const reasons = reasonsOf(input, service, [])
  const isProvided = definition?.provider !== undefined && notWanted === undefined
  const causes = reasons.length > 0 ? reasons : [health(input, service, its)]
  return {
    project: input.name,
    service,
    well: reasons.length === 0 && (isProvided || running === wanted),
    running,
    wanted,
    causes,
  }
}

/** All that keeps a service from being as it was asked for. `path`: the services that are explained by it. */
function reasonsOf(input: ExplainInput, service: string, path: readonly string[]): readonly Cause[] {
  const notWanted = notAsked(input, service)
  if (notWanted !== undefined) return [notWanted]
  const { notes, project } = input
  const definition = project?.services[service]
  const its = containersOf(input, service)
  const ailing = its.flatMap((container) => ailment(input, container) ?? [])
  const isJobDone =
    isJob(input, service) && its.some(({ state, exitCode }) => state === 'exited' && exitCode === 0)
  const upOrDone = definition?.provider !== undefined || isJobDone || (its.length > 0 && its.every(isUp))
  const pending = pendingOf(input, service)
  const isRight = upOrDone && pending.length === 0 && (ailing.length === 0 || isJobDone)
  const drifted = driftOf(input, service)
  if (isRight) return drifted
  const held = notes.held[service]
  if (held !== undefined && !its.some(isUp)) {
    const hint = `Start it with \`bulkhead start ${service}\`.`
    const text = `${service} was stopped from outside, without asking Bulkhead: it is held, and stays so until somebody asks for it`
    return [cause('held', text, { since: held, hint })]
  }
  const waiting =
    upOrDone || path.includes(service)
      ? []
      : waits(input, service, (name) => reasonsOf(input, name, [...path, service]))
  const missing =
    its.length === 0 && waiting.length === 0 && pending.length === 0 && definition?.provider === undefined
  return [
    ...suspension(input),
    ...breaker(input, service),
    ...failing(input, service),
    ...obstacles(input, service),
    ...waiting,
    ...ailing,
    ...(missing ? [cause('missing', `${service} has no container`)] : []),
    ...drifted,
    ...underWay(input, service),
    ...pending,
  ]
}

function containersOf({ observed }: ExplainInput, service: string): readonly ObservedContainer[] {
  return observed.containers.filter((one) => one.service === service && !one.oneOff && one.hook === undefined)
}

/** What runs, and since when. */
function health(input: ExplainInput, service: string, its: readonly ObservedContainer[]): Cause {
  const up = its.filter(isUp)
  if (input.project?.services[service]?.provider !== undefined)
    return cause('provider', `${service} is what its provider made`)
  const since = up.map(({ startedAt }) => startedAt ?? '').toSorted()[0]
  if (up.length === 0) {
    const finished = its[0]?.finishedAt
    return cause('ended', `${service} has done its work: it ended with code 0`, { since: finished })
  }
  const isProbed = up.some((one) => one.health === 'healthy')
  const count = up.length === 1 ? '' : `, ${up.length} replicas`
  return cause('runs', `${service} runs as it was asked for${isProbed ? ', and is healthy' : ''}${count}`, {
    since,
  })
}

function suspension({ suspended, name }: ExplainInput): readonly Cause[] {
  if (suspended === undefined) return []
  const hint = `Have it go on with \`bulkhead resume ${name}\`.`
  return [
    cause('suspended', 'reconciling of the project rests: nothing is put right', { since: suspended, hint }),
  ]
}

function breaker({ notes }: ExplainInput, service: string): readonly Cause[] {
  const trouble = notes.troubles[service]
  if (trouble?.open === undefined) return []
  return [
    cause(
      'breaker',
      `the breaker of ${service} is open after ${counted(trouble.tries.length)}: nothing more is tried`,
      {
        since: trouble.open,
        detail: trouble.reason,
        hint: `Have it tried again with \`bulkhead restart ${service}\`, or after a change.`,
      },
    ),
  ]
}

/** What the service itself could not be brought up for. A wait that failed is told by what was waited for. */
function failing({ notes }: ExplainInput, service: string): readonly Cause[] {
  const failure = notes.failures[service]
  if (failure === undefined || failure.code === 'BH_DEPENDENCY_FAILED') return []
  const { attempts, since, open, next, reason } = failure
  if (open === undefined) {
    const text = `${service} could not be brought up, at ${counted(attempts)}`
    return [cause('failure', text, { since, next, detail: reason })]
  }
  const text = `the breaker of ${service} is open after ${counted(attempts)}: it is tried now and then only`
  const hint = `Have it tried at once with \`bulkhead up ${service}\`.`
  return [cause('breaker', text, { since: open, next, detail: reason, hint })]
}

function counted(tries: number): string {
  return tries === 1 ? 'one try' : `${tries} tries`
}

/** What keeps the loop from planning, and what the last round broke on. */
function obstacles({ problems, failure, project, notes }: ExplainInput, service: string): readonly Cause[] {
  const mine = `/services/${service}/`
  const uses = (kind: string, key: string): boolean =>
    Object.keys(project?.services[service]?.[kind === 'networks' ? 'networks' : 'volumes'] ?? {}).includes(
      key,
    )
  const errors = problems.filter(({ severity }) => severity === 'error')
  const found = errors.map(({ message, hint, path = '' }) => {
    const [, kind = '', key = ''] = path.split('/')
    const isNamed = path === '' && message.includes(`"${service}"`)
    const isOwn = `${path}/`.startsWith(mine) || uses(kind, key) || isNamed
    return cause(
      'problem',
      isOwn ? `${service} cannot be brought up` : 'nothing of the project can be brought up',
      {
        detail: message,
        hint,
      },
    )
  })
  if (failure === undefined || found.length > 0) return found
  if (failure.service !== undefined && failure.service !== service) return []
  // The service's own notes say more of it.
  if (notes.failures[service] !== undefined) return []
  const { at, message, hint } = failure
  return [cause('failure', 'the last round failed', { since: at, detail: message, hint })]
}

function driftOf({ drift, project }: ExplainInput, service: string): readonly Cause[] {
  const definition = project?.services[service]
  const isReported =
    project !== undefined && definition !== undefined && driftPolicy(project, definition) === 'report'
  const become = isReported ? 'it is reported and left so' : 'it is put right'
  return drift
    .filter((one) => one.service === service)
    .map(({ object, field, expected, actual, since, cause: event }) => {
      const by = event === undefined ? '' : `, by \`${event}\` from outside`
      return cause('drift', `${field} of ${object} is ${actual} in place of ${expected}${by}`, {
        since,
        detail: become,
      })
    })
}

function underWay({ deployments }: ExplainInput, service: string): readonly Cause[] {
  return deployments
    .filter(
      ({ state, services }) =>
        (state === 'queued' || state === 'running') && (services === undefined || services.includes(service)),
    )
    .map((one) =>
      cause('deployment', `a deployment is under way, asked for${byWhom(one)}`, { since: one.createdAt }),
    )
}

/** What the loop would do for it now, beside waiting. */
function pendingOf({ plan }: ExplainInput, service: string): readonly Cause[] {
  const its = plan.filter(
    ({ operation }: PlanNode) =>
      'service' in operation && operation.service === service && operation.type !== 'awaitCondition',
  )
  return its.map(({ operation }) => cause('pending', `to be done: ${sentence(operation)}`))
}

function isJob({ project }: ExplainInput, name: string): boolean {
  return Object.values(project?.services ?? {}).some(
    ({ depends_on: needs }) => needs?.[name]?.condition === 'service_completed_successfully',
  )
}
