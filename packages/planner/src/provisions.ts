import {
  pointer,
  positionOf,
  type Model,
  type OperationOf,
  type Plan,
  type Project,
  type Provision,
  type ProvisionOptions,
  type Service,
} from '@bulkhead/model'
import { newDraft, type Draft } from './draft.ts'
import { canonical } from './hash.ts'
import type { PlanInput, PlanResult, UpInput } from './input.ts'
import { release } from './release.ts'
import { activeServices, closureOf, isBystander } from './select.ts'
import { planUp } from './up.ts'

type Step = OperationOf<'runProvider' | 'prepareModel'>

/**
 * What programs outside the engine have to provide before the rest can be
 * planned: the containers of whoever uses it are made of what they answer.
 * Services that a provider depends on come before it.
 *
 * @returns undefined: all of it is there.
 */
export function planProvisions(input: UpInput): PlanResult | undefined {
  const due = dueServices(input)
  const ready = due.filter((service) => !needs(input.project, service).some((one) => due.includes(one)))
  const needed = ready.flatMap((service) =>
    needs(input.project, service).filter((one) => one.provider === undefined),
  )
  if (needed.length > 0) {
    const services = [...new Set(needed.map(({ name }) => name))]
    const first = planUp({ ...input, intent: { ...input.intent, services } })
    if (first.plan.length > 0 || first.problems.some(({ severity }) => severity === 'error')) return first
  }
  const draft = newDraft(input)
  for (const service of ready) addProvider(input, service, draft)
  for (const step of dueModels(input)) draft.add(step, [])
  const nodes = draft.plan()
  return nodes.length === 0 ? undefined : { plan: nodes, problems: [] }
}

/** Provider services that have to be asked, in start order. */
function dueServices(input: UpInput): readonly Service[] {
  return activeServices(input.project, input.intent).filter(
    (service) => !isBystander(input.deployment, service) && causeToProvide(input, service) !== undefined,
  )
}

function causeToProvide(input: UpInput, { name, provider }: Service): string | undefined {
  if (provider === undefined) return undefined
  return causeFor(input, 'provider', name, provider.type, optionsOf(provider.options))
}

function causeFor(
  { provisions = [], deployment }: UpInput,
  kind: Provision['kind'],
  name: string,
  source: string,
  options: ProvisionOptions,
): string | undefined {
  const found = provisions.find((one) => one.kind === kind && one.name === name)
  if (found === undefined) return 'not provided'
  if (!found.settled) return 'interrupted'
  if (found.stopped === true) return 'stopped'
  if (found.source !== source || canonical(found.options) !== canonical(options)) return 'options changed'
  const isAsked = deployment?.options.renewProvisions?.includes(name) === true
  return isAsked && deployment?.provided?.has(name) !== true ? 'asked for' : undefined
}

/** All that a service needs, itself left out. */
function needs(project: Project, service: Service): readonly Service[] {
  return [...closureOf(project, [service.name])].flatMap((name) =>
    name === service.name ? [] : (project.services[name] ?? []),
  )
}

function addProvider(input: UpInput, service: Service, draft: Draft): void {
  const { project, observed, provisions = [] } = input
  const { name, provider } = service
  const cause = causeToProvide(input, service)
  if (provider === undefined || cause === undefined) return
  const after: number[] = []
  for (const [needed, { condition, required }] of Object.entries(service.depends_on ?? {})) {
    const containers = observed.containers
      .filter((one) => one.service === needed && !one.oneOff && one.hook === undefined)
      .map(({ id }) => id)
    if (containers.length === 0 || condition === 'service_started') continue
    const wait = { type: 'awaitCondition', service: needed, condition, required, containers } as const
    after.push(draft.add({ ...wait, cause: `needed by ${name}` }, []))
  }
  const former = provisions.find((one) => one.kind === 'provider' && one.name === name)
  // Another program knows nothing of what the former one made.
  if (former !== undefined && former.source !== provider.type)
    after.push(draft.add(release(former, 'provided by another program'), after))
  draft.add(
    {
      type: 'runProvider',
      service: name,
      action: 'up',
      program: provider.type,
      options: optionsOf(provider.options),
      definition: service,
      at: positionOf(project, 'services', name, 'provider'),
      cause,
    },
    after,
  )
}

/** Models of the services that are to run, each once. */
function dueModels(input: UpInput): readonly Step[] {
  const { project, intent, deployment } = input
  const services = activeServices(project, intent).filter((one) => !isBystander(deployment, one))
  const used = [...new Set(services.flatMap(({ models }) => Object.keys(models ?? {})))].sort()
  return used.flatMap((name): readonly Step[] => {
    const model = project.models[name]
    if (model === undefined) return []
    const options = modelOptions(model)
    const cause = causeFor(input, 'model', name, model.model, options)
    if (cause === undefined) return []
    const at = positionOf(project, 'models', name)
    return [{ type: 'prepareModel', model: name, reference: model.model, options, at, cause }]
  })
}

function modelOptions({ context_size: size, runtime_flags: flags = [] }: Model): ProvisionOptions {
  return {
    ...(size === undefined || size <= 0 ? {} : { 'context-size': [String(size)] }),
    ...(flags.length === 0 ? {} : { 'runtime-flags': flags }),
  }
}

/** By name, so that the order in a file never matters; a list is given as often as it has items. */
function optionsOf(options: Readonly<Record<string, unknown>> = {}): ProvisionOptions {
  return Object.fromEntries(
    Object.entries(options)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String)]),
  )
}

/** The project with all that its providers and models gave: that is what containers are made from. */
export function withProvisions(project: Project, provisions: readonly Provision[]): Project {
  if (provisions.length === 0) return project
  const given = ({ services }: Pick<Project, 'services'>): Project['services'] =>
    Object.fromEntries(
      Object.entries(services).map(([name, service]) => [name, withGiven(service, provisions)]),
    )
  return {
    ...project,
    services: given(project),
    disabledServices: given({ services: project.disabledServices }),
  }
}

function withGiven(service: Service, provisions: readonly Provision[]): Service {
  const given = provisions.map((provision) => variablesFor(service, provision))
  if (given.every((variables) => Object.keys(variables).length === 0)) return service
  return {
    ...service,
    environment: Object.assign({}, service.environment, ...given) as Service['environment'] & {},
  }
}

/** The variables that a service gets of a provision, none where it does not use it. */
function variablesFor(service: Service, provision: Provision): Readonly<Record<string, string>> {
  const { kind, name, variables, rawVariables } = provision
  if (kind === 'provider') {
    if (service.depends_on?.[name] === undefined) return {}
    const prefixed = Object.entries(variables).map(([key, value]) => [`${prefixOf(name)}_${key}`, value])
    return { ...(Object.fromEntries(prefixed) as Record<string, string>), ...rawVariables }
  }
  const use = service.models?.[name]
  if (use === undefined) return {}
  const { URL: url, MODEL: model } = variables
  return {
    ...(url === undefined ? {} : { [use?.endpoint_var ?? `${prefixOf(name)}_URL`]: url }),
    ...(model === undefined ? {} : { [use?.model_var ?? `${prefixOf(name)}_MODEL`]: model }),
  }
}

/** A name as a part of a variable's. */
function prefixOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}

/** Variables that a service has of its own and that a provision puts another value in the place of. */
export function overriddenBy(
  project: Project,
  provision: Provision,
): readonly { readonly service: string; readonly variable: string; readonly path: string }[] {
  if (provision.kind === 'model') return []
  return Object.values(project.services).flatMap((service) => {
    const given = variablesFor(service, { ...provision, variables: {} })
    return Object.entries(given).flatMap(([variable, value]) => {
      const own = service.environment?.[variable]
      if (own === undefined || own === value) return []
      return [{ service: service.name, variable, path: pointer('services', service.name, 'environment') }]
    })
  })
}

/**
 * The input of the next round, once what a plan asks programs for is there.
 * What they will answer is not known: as before, or (`changed`) otherwise.
 */
export function afterProvisions(input: PlanInput, nodes: Plan, changed: boolean): PlanInput {
  const { deployment, project, provisions = [] } = input
  const answered = nodes.flatMap(({ operation }) => {
    const wanted = wantedBy(operation)
    return wanted === undefined ? [] : [wanted]
  })
  const others = provisions.filter(
    (old) => !answered.some((one) => one.kind === old.kind && one.name === old.name),
  )
  const settled = answered.map((one): Provision => {
    const old = provisions.find(({ kind, name }) => kind === one.kind && name === one.name)
    const variables = one.kind === 'model' ? { MODEL: one.source } : {}
    return { ...one, variables: old?.variables ?? variables, rawVariables: old?.rawVariables ?? {} }
  })
  const unknown = settled.map((one) => ({ ...one, variables: { ...one.variables, URL: 'not known yet' } }))
  return {
    ...input,
    project: project && withProvisions(project, changed ? unknown : settled),
    provisions: [...others, ...settled],
    deployment: deployment && {
      ...deployment,
      provided: new Set([...(deployment.provided ?? []), ...answered.map(({ name }) => name)]),
    },
  }
}

function wantedBy(operation: Plan[number]['operation']): Provision | undefined {
  const empty = { settled: true, variables: {}, rawVariables: {} }
  if (operation.type === 'prepareModel')
    return {
      kind: 'model',
      name: operation.model,
      source: operation.reference,
      options: operation.options,
      ...empty,
    }
  if (operation.type !== 'runProvider' || operation.action !== 'up') return undefined
  return {
    kind: 'provider',
    name: operation.service,
    source: operation.program,
    options: operation.options,
    ...empty,
  }
}

/** Services whose containers are made of what a plan asks programs for: name → by what. */
export function dependentsOf(project: Project, nodes: Plan): ReadonlyMap<string, string> {
  const steps = nodes.flatMap(({ operation }) => wantedBy(operation) ?? [])
  return new Map(
    Object.values(project.services).flatMap((service) => {
      const step = steps.find(({ kind, name }) =>
        kind === 'model' ? service.models?.[name] !== undefined : service.depends_on?.[name] !== undefined,
      )
      if (step === undefined || service.provider !== undefined) return []
      return [[service.name, `${step.kind} ${step.name}`] as const]
    }),
  )
}
