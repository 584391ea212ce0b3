import { resolveIsolation } from '@bulkhead/isolation'
import {
  positionOf,
  type Observed,
  type ObservedContainer,
  type Problem,
  type Service,
} from '@bulkhead/model'
import { setAside } from './aside.ts'
import { decide, keepAll, type Decision } from './decide.ts'
import type { Wanted } from './divergence.ts'
import { newDraft } from './draft.ts'
import { emitServices } from './emit.ts'
import { hashOf } from './hash.ts'
import { hookImages, imageOf } from './names.ts'
import { emitLeftovers, planOrphans } from './orphans.ts'
import { emitOneOffLeftovers } from './leftovers.ts'
import type { PlanResult, ServicePlan, UpInput } from './input.ts'
import { doomedVolumes, volumeHolders } from './clear.ts'
import { judge, type Judgment } from './judge.ts'
import { emitFormerNetworks } from './resources.ts'
import { emitReleases } from './release.ts'
import { planRests } from './rests.ts'
import { updatePolicy } from './update.ts'
import { activeServices, isLeft, parentsOf, wantedReplicas } from './select.ts'

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
export function planUp(given: UpInput): PlanResult {
  const { project } = given
  const draft = newDraft(given)
  const leftovers = emitLeftovers(given, draft)
  const input = { ...given, observed: planRests(withoutHookContainers(given), draft) }
  const services = activeServices(project, input.intent).filter(({ provider }) => provider === undefined)
  const about = services.filter(
    (service) => !isLeft(input, service) && !isLeftAway(input, service) && !isAside(input, service),
  )
  const judgment = judge(input, about)
  const plans = decideAll(input, services, judgment)
  const problems = [
    ...judgment.problems,
    ...missingImages(input, about),
    ...missingHookImages(input, about),
    ...missingParents(input, plans),
    ...volumeHolders(input, plans, judgment),
  ]
  if (problems.some(({ severity }) => severity === 'error')) return { plan: [], problems }

  const restarts = emitServices(input, plans, judgment, leftovers, draft)
  emitOneOffLeftovers(input, draft)
  const warnings = [...planOrphans(input, draft), ...emitFormerNetworks(input, draft)]
  emitReleases(input, draft)
  const whole = { plan: draft.plan(), problems: [...problems, ...warnings], restarts }
  return setAside(whole, input.deployment === undefined ? (input.aside ?? new Set()) : new Set())
}

/** Starts and restarts what the labels on the engine tell of: nothing can be made without files. */
export function planLabelled(given: UpInput): PlanResult {
  const draft = newDraft(given)
  const leftovers = emitLeftovers(given, draft)
  const input = { ...given, observed: planRests(withoutHookContainers(given), draft) }
  const plans = new Map<string, ServicePlan>()
  for (const service of activeServices(given.project, given.intent)) {
    const wanted = wantedOf(input, service)
    const bystander = isLeft(input, service)
    const decisions = keepAll(wanted, input.observed)
    plans.set(service.name, {
      wanted,
      decisions,
      bystander,
      restarts: false,
      rests: false,
      update: undefined,
    })
  }
  const restarts = emitServices(input, plans, judge(input, []), leftovers, draft)
  return { plan: draft.plan(), problems: [], restarts }
}

/** What runs a `pre_start` hook is nobody's replica and holds nothing: it only goes. */
function withoutHookContainers(input: UpInput): UpInput {
  const { observed } = input
  const containers = observed.containers.filter(({ hook }) => hook === undefined)
  return containers.length === observed.containers.length
    ? input
    : { ...input, observed: { ...observed, containers } }
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
    const bystander = isLeft(input, service)
    const own = bystander ? keepAll(wanted, input.observed) : decideOwn(input, wanted)
    const parent = parentsOf(service).find(
      (name) => isReplaced(plans.get(name)) || isCreated(plans.get(name)),
    )
    const followed = parent === undefined ? own : own.map((decision) => follow(decision, parent))
    const decisions = followed.flatMap((decision) => withoutVolumes(decision, doomed))
    const restarts = Object.entries(service.depends_on ?? {}).some(
      ([name, { restart }]) =>
        restart === true && (isReplaced(plans.get(name)) || isMadeWhole(plans.get(name))),
    )
    const rests = input.intent.resting[service.name] === 'created'
    const update = rests || bystander ? undefined : updatePolicy(input, wanted, decisions, judgment)
    plans.set(service.name, { wanted, decisions, restarts: restarts && !rests, rests, bystander, update })
  }
  return plans
}

function decideOwn(input: UpInput, wanted: Wanted): readonly Decision[] {
  const { intent, observed, deployment } = input
  const { service } = wanted
  // What was only made may run by now; the loop doesn't replace it by one that doesn't.
  const isFrozen =
    intent.frozen.includes(service.name) ||
    intent.paused?.[service.name] !== undefined ||
    (deployment === undefined && intent.resting[service.name] === 'created')
  return decide(wanted, wantedReplicas(service, intent), observed, isFrozen).filter(
    // Whoever stops a container may be about to remove it: it isn't replaced under his hands either.
    ({ kind }) => !((kind === 'create' || kind === 'replace') && isHeld(input, service)),
  )
}

/** Held, and not even there: somebody took it down, and what it used stays away with it. */
function isLeftAway(input: UpInput, service: Service): boolean {
  return isHeld(input, service) && !hasContainer(input.observed.containers, service)
}

function isAside({ aside, deployment }: UpInput, { name }: Service): boolean {
  return deployment === undefined && aside?.has(name) === true
}

function isHeld({ held, deployment }: UpInput, { name }: Service): boolean {
  return deployment === undefined && held.has(name)
}

export function wantedOf(
  { project, intent, observed, capabilities, hashKey, composeHashes, former, deployment, owner }: UpInput,
  service: Service,
): Wanted {
  const running = observed.containers.find((one) => one.service === service.name && !one.oneOff)
  const profile = resolveIsolation(service, capabilities, { current: running?.runtime })
  const containers = firstIds(observed)
  return {
    project,
    service,
    profile,
    hash: hashOf({ project, service, mode: profile.mode, key: hashKey }),
    composeHash: composeHashes.service(project, service, containers),
    composeForms: composeHashes.forms?.(service, containers),
    replace: new Set(intent.replace),
    keepsImage: deployment === undefined,
    former,
    owner,
  }
}

/** The first container of each service: the one whose namespaces others share. */
function firstIds({ containers }: Observed): ReadonlyMap<string, string> {
  const numbered = containers.filter(({ oneOff, number }) => !oneOff && number !== undefined)
  const descending = [...numbered].sort((a, b) => (b.number ?? 0) - (a.number ?? 0))
  return new Map(descending.map(({ service, id }) => [service, id]))
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

/** True where nothing of the service is there: whoever ran beside it has lost it. */
function isMadeWhole(plan: ServicePlan | undefined): boolean {
  return (
    plan !== undefined && plan.decisions.length > 0 && plan.decisions.every(({ kind }) => kind === 'create')
  )
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

/** What lives in another service's container can't be made where that has none. */
function missingParents(input: UpInput, plans: ReadonlyMap<string, ServicePlan>): readonly Problem[] {
  const { project, observed } = input
  const hasContainers = (name: string): boolean =>
    plans.get(name)?.decisions.some(({ kind }) => kind !== 'remove') ??
    hasContainer(observed.containers, { name })
  return [...plans.values()].flatMap(({ wanted: { service }, decisions }) => {
    const makes =
      !isAside(input, service) && decisions.some(({ kind }) => kind === 'create' || kind === 'replace')
    const missing = makes ? parentsOf(service).find((name) => !hasContainers(name)) : undefined
    if (missing === undefined) return []
    return [
      {
        severity: 'error',
        code: 'BH_DEPENDENCY_FAILED',
        message: `Service "${service.name}" uses the namespaces or volumes of "${missing}", which has no container.`,
        hint: `Bring it up too: \`bulkhead up ${missing}\`, or leave out \`--no-deps\`.`,
        at: positionOf(project, 'services', service.name),
        path: `/services/${service.name}`,
      } satisfies Problem,
    ]
  })
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

/** An image of a hook's own that is not there; only where the hook is to run. */
function missingHookImages(
  { project, observed, deployment }: UpInput,
  services: readonly Service[],
): readonly Problem[] {
  return services
    .filter((service) => deployment !== undefined || !hasContainer(observed.containers, service))
    .flatMap((service) =>
      hookImages(project, service)
        .filter((image) => observed.images[image] === undefined)
        .map((image) => ({
          severity: 'error',
          code: 'BH_IMAGE_NOT_FOUND',
          message: `Image "${image}" of a pre_start hook of service "${service.name}" is not on the engine.`,
          hint: 'Get it with `bulkhead up` or `docker pull`.',
          at: positionOf(project, 'services', service.name, 'pre_start'),
          path: `/services/${service.name}/pre_start`,
        })),
    )
}

function hasContainer(containers: readonly ObservedContainer[], { name }: Pick<Service, 'name'>): boolean {
  return containers.some(({ service, oneOff }) => service === name && !oneOff)
}
