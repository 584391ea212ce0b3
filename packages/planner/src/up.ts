import { resolveIsolation } from '@bulkhead/isolation'
import { positionOf, type ObservedContainer, type Problem, type Service } from '@bulkhead/model'
import { decide, type Decision } from './decide.ts'
import type { Wanted } from './divergence.ts'
import { newDraft } from './draft.ts'
import { emitServices } from './emit.ts'
import { hashOf } from './hash.ts'
import { imageOf } from './names.ts'
import { planOrphans } from './orphans.ts'
import type { PlanResult, ServicePlan, UpInput } from './input.ts'
import { doomedVolumes, volumeHolders } from './clear.ts'
import { judge, type Judgment } from './judge.ts'
import { emitFormerNetworks } from './resources.ts'
import { parentsOf, selectServices, wantedReplicas } from './select.ts'

/**
 * The plan for a project that is to run.
 *
 * Networks and volumes first, then containers. All of them may be created at
 * once; a container *starts* (and the one it replaces stops) only when the
 * conditions of its `depends_on` hold, so that a change keeps the old one
 * serving for as long as possible.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#depends_on
 */
export function planUp(input: UpInput): PlanResult {
  const { project, intent } = input
  const services = selectServices(project, intent).filter(({ provider }) => provider === undefined)
  const judgment = judge(input, services)
  const plans = decideAll(input, services, judgment)
  const problems = [
    ...judgment.problems,
    ...missingImages(input, services),
    ...volumeHolders(input, plans, judgment),
  ]
  if (problems.some(({ severity }) => severity === 'error')) return { plan: [], problems }

  const draft = newDraft()
  emitServices(input, plans, judgment, draft)
  const warnings = [...planOrphans(input, draft), ...emitFormerNetworks(input, draft)]
  return { plan: draft.plan(), problems: [...problems, ...warnings] }
}

/** Decisions for all services, dependencies first: what happens to one may touch those that need it. */
function decideAll(
  input: UpInput,
  services: readonly Service[],
  judgment: Judgment,
): ReadonlyMap<string, ServicePlan> {
  const doomed = doomedVolumes(judgment)
  const plans = new Map<string, ServicePlan>()
  for (const service of services) {
    const wanted = wantedOf(input, service)
    const own = decide(wanted, wantedReplicas(service, input.intent), input.observed).filter(
      ({ kind }) => !(kind === 'create' && isHeld(input, service)),
    )
    const parent = parentsOf(service).find(
      (name) => isReplaced(plans.get(name)) || isCreated(plans.get(name)),
    )
    const followed = parent === undefined ? own : own.map((decision) => follow(decision, parent))
    const decisions = followed.flatMap((decision) => withoutVolumes(decision, doomed))
    const restarts = Object.entries(service.depends_on ?? {}).some(
      ([name, { restart }]) => restart === true && isReplaced(plans.get(name)),
    )
    plans.set(service.name, { wanted, decisions, restarts })
  }
  return plans
}

function isHeld({ held, deployment }: UpInput, { name }: Service): boolean {
  return deployment === undefined && held.has(name)
}

export function wantedOf(
  { project, intent, observed, capabilities, hashKey, composeHashes, former }: UpInput,
  service: Service,
): Wanted {
  const running = observed.containers.find((one) => one.service === service.name && !one.oneOff)
  const profile = resolveIsolation(service, capabilities, { current: running?.runtime })
  const nonce = intent.nonces[service.name] ?? 0
  return {
    project,
    service,
    profile,
    hash: hashOf({ project, service, mode: profile.mode, key: hashKey, nonce }),
    composeHash: composeHashes.service(project, service),
    nonce,
    former,
  }
}

function isReplaced(plan: ServicePlan | undefined): boolean {
  return (
    plan?.decisions.some(
      (decision) =>
        decision.kind === 'replace' ||
        decision.kind === 'finish' ||
        (decision.kind === 'create' && decision.replaced !== undefined),
    ) ?? false
  )
}

/** A volume is made again only when nothing mounts it any more: its users are removed first, then created anew. */
function withoutVolumes(decision: Decision, doomed: ReadonlySet<string>): readonly Decision[] {
  if (doomed.size === 0 || decision.kind === 'create' || decision.kind === 'remove') return [decision]
  const { number, container } = decision
  const all = decision.kind === 'finish' ? [container, ...decision.replaced] : [container]
  const volume = all.flatMap(({ mounts }) => mounts).find(({ name = '' }) => doomed.has(name))?.name
  if (volume === undefined) return [decision]
  const cause = `volume ${volume} is made again`
  return [
    ...all.map((one): Decision => ({ kind: 'remove', container: one, cause })),
    { kind: 'create', number, cause, replaced: all.at(-1) ?? container },
  ]
}

function isCreated(plan: ServicePlan | undefined): boolean {
  return plan?.decisions.some(({ kind }) => kind === 'create') ?? false
}

/** A container that lives in another's namespaces is replaced with it. */
function follow(decision: Decision, parent: string): Decision {
  if (decision.kind !== 'keep') return decision
  return {
    kind: 'replace',
    number: decision.number,
    container: decision.container,
    cause: `"${parent}" is replaced`,
  }
}

function missingImages(
  { project, observed, deployment }: UpInput,
  services: readonly Service[],
): readonly Problem[] {
  return services
    .filter((service) => observed.images[imageOf(project, service)] === undefined)
    .filter((service) => deployment !== undefined || !hasContainer(observed.containers, service))
    .map((service) => ({
      severity: 'error',
      code: 'BH_IMAGE_NOT_FOUND',
      message: `Image "${imageOf(project, service)}" of service "${service.name}" is not on the engine${service.pull_policy === 'never' ? ', and its pull_policy is never' : ''}.`,
      hint: 'Get it with `bulkhead up`, `docker pull` or `docker build`.',
      at: positionOf(project, 'services', service.name, 'image'),
      path: `/services/${service.name}/image`,
    }))
}

function hasContainer(containers: readonly ObservedContainer[], { name }: Service): boolean {
  return containers.some(({ service, oneOff }) => service === name && !oneOff)
}
