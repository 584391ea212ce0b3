import type { ObservedImage, Operation, Plan, PlanNode, PlanUnknown, Problem, Project } from '@bulkhead/model'
import type { PlanInput } from './input.ts'
import { plan } from './plan.ts'
import { afterProvisions, dependentsOf } from './provisions.ts'

/** All that a deployment would do, in one plan, as far as it can be known before any of it is done. */
export interface Preview {
  /** Images first, then what follows once they are there. Empty where a problem is an error. */
  readonly plan: Plan
  readonly problems: readonly Problem[]
  readonly unknowns: readonly PlanUnknown[]
  /** Instead of what follows: if every image that is fetched turned out to be another one. */
  readonly possible: Plan
}

/** Images, what they in turn make necessary, the rest. */
const mostRounds = 4

/**
 * The plan to the end: where a round would only get images, they are assumed
 * and the next round is planned too. An image that is missing is assumed to be
 * the one that its containers were made of, where there are any; one that is
 * fetched anew is assumed to come as it is. What follows if not is `possible`.
 */
export function preview(input: PlanInput): Preview {
  const images = previewImages(input)
  const provisions = images.plan.filter(({ operation }) => isProvision(operation))
  if (provisions.length === 0 || input.project === undefined) return images
  return previewProvisions(input, input.project, images)
}

function isProvision(operation: Operation): boolean {
  return operation.type === 'prepareModel' || (operation.type === 'runProvider' && operation.action === 'up')
}

/** What follows once programs have answered: what they answer is not known. */
function previewProvisions(input: PlanInput, project: Project, first: Preview): Preview {
  const later = preview(afterProvisions(input, first.plan, false))
  const otherwise = preview(afterProvisions(input, first.plan, true))
  if (later.problems.some(({ severity }) => severity === 'error')) return later
  const images = referencesIn(first.plan)
  const rest = withoutImages(later.plan, images)
  const shift = first.plan.length
  const joinedPlan = [
    ...first.plan,
    ...rest.map(({ id, operation, after }) => ({
      id: id + shift,
      operation,
      after: [
        ...(makes(operation) ? first.plan.map((node) => node.id) : []),
        ...after.map((one) => one + shift),
      ],
    })),
  ]
  const known = new Set(first.unknowns.map(({ service, message }) => `${service} ${message}`))
  return {
    plan: joinedPlan,
    problems: first.problems.length === 0 ? later.problems : [...first.problems, ...later.problems],
    unknowns: [
      ...first.unknowns,
      ...later.unknowns.filter(({ service, message }) => !known.has(`${service} ${message}`)),
      ...[...dependentsOf(project, first.plan)].map(([service, by]) => ({
        service,
        message: `What ${by} gives is known once it has run; containers that have something else are replaced.`,
      })),
    ],
    possible: [...first.possible, ...later.possible, ...otherwise.plan, ...otherwise.possible],
  }
}

function makes({ type }: Operation): boolean {
  return type === 'createContainer' || type === 'runInit' || type === 'runProvider'
}

/** The nodes but for those that get images that are got already, numbered anew. */
function withoutImages(nodes: Plan, references: readonly string[]): Plan {
  const kept = nodes.filter(({ operation }) => {
    const [reference] = referencesIn([{ id: 0, operation, after: [] }])
    return reference === undefined || !references.includes(reference)
  })
  const ids = new Map(kept.map(({ id }, index) => [id, index + 1]))
  return kept.map(({ id, operation, after }) => ({
    id: ids.get(id) ?? id,
    operation,
    after: after.flatMap((one) => ids.get(one) ?? []),
  }))
}

function previewImages(input: PlanInput): Preview {
  const first = plan(input)
  const fetched = referencesIn(first.plan)
  if (fetched.length === 0) return { ...first, unknowns: [], possible: [] }
  const missing = fetched.filter((reference) => input.observed.images[reference] === undefined)
  const rest = planned(input, missing, (reference) => imageOfContainers(input, reference))
  if (rest.problems.some(({ severity }) => severity === 'error')) {
    return { plan: [], problems: rest.problems, unknowns: [], possible: [] }
  }
  const possible = planned(input, fetched, () => 'another one').plan
  return {
    plan: joined(first.plan, rest.plan),
    problems: [...first.problems, ...rest.problems],
    unknowns: unknownsOf({ fetched, missing, rest: rest.plan, possible }),
    possible,
  }
}

/** References of a plan that gets images; a plan that does anything else has none to be waited for. */
function referencesIn(nodes: Plan): readonly string[] {
  return nodes.flatMap(({ operation }) =>
    operation.type === 'pullImage' || operation.type === 'buildImage' ? [operation.reference] : [],
  )
}

/** What is planned once the images are there. */
function planned(
  input: PlanInput,
  references: readonly string[],
  idOf: (reference: string) => string,
): ReturnType<typeof plan> {
  const { observed, deployment, capabilities } = input
  const { os, architecture } = capabilities
  let images = observed.images
  const assume = (reference: string): ObservedImage => ({
    id: idOf(reference),
    os,
    architecture,
    volumes: images[reference]?.volumes ?? [],
    labels: {},
  })
  let wanted = references
  for (let round = 1; ; round += 1) {
    images = { ...images, ...Object.fromEntries(wanted.map((reference) => [reference, assume(reference)])) }
    const result = plan({
      ...input,
      observed: { ...observed, images },
      deployment: deployment && { ...deployment, refresh: undefined },
    })
    wanted = referencesIn(result.plan)
    if (wanted.length === 0 || round === mostRounds) return result
  }
}

/** The image that containers of the reference were made of; else one that nothing was made of yet. */
function imageOfContainers({ observed }: PlanInput, reference: string): string {
  return observed.containers.find(({ image }) => image === reference)?.imageId ?? 'not there yet'
}

/** One plan of two: what follows is numbered on, and a container comes after the image it is made of. */
function joined(images: Plan, rest: Plan): Plan {
  const shift = images.length
  const gets = (node: PlanNode): readonly number[] => {
    const { operation } = node
    if (operation.type !== 'createContainer' && operation.type !== 'runInit') return []
    return images
      .filter((image) => referencesIn([image]).includes(String(operation.container.body['Image'])))
      .map(({ id }) => id)
  }
  return [
    ...images,
    ...rest.map((node) => ({
      ...node,
      id: node.id + shift,
      after: [...gets(node), ...node.after.map((id) => id + shift)],
    })),
  ]
}

interface Assumed {
  readonly fetched: readonly string[]
  readonly missing: readonly string[]
  readonly rest: Plan
  readonly possible: Plan
}

function unknownsOf({ fetched, missing, rest, possible }: Assumed): readonly PlanUnknown[] {
  const created = (nodes: Plan, references: readonly string[]) =>
    nodes.flatMap(({ operation }) =>
      operation.type === 'createContainer' && references.includes(String(operation.container.body['Image']))
        ? [operation]
        : [],
    )
  const certain = new Set(created(rest, fetched).map(({ service }) => service))
  const perhaps = created(possible, fetched).filter(({ service }) => !certain.has(service))
  const unseen = created(rest, missing)
  return [
    ...once(perhaps, (image) => `Is replaced if ${image} comes as another image than the one it has.`),
    ...once(
      unseen,
      (image) => `What ${image} brings (its anonymous volumes, say) is known once it is there.`,
    ),
  ]
}

function once(
  containers: readonly {
    readonly service: string
    readonly container: { readonly body: Readonly<Record<string, unknown>> }
  }[],
  tell: (image: string) => string,
): readonly PlanUnknown[] {
  const told = new Map(
    containers.map(({ service, container }) => [service, tell(String(container.body['Image']))]),
  )
  return [...told].map(([service, message]) => ({ service, message }))
}
