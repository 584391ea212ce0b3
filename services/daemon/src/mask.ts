import type {
  Bundle,
  DeploymentEventBody,
  FieldChange,
  Problem,
  Project,
  Provision,
  ProjectStatus,
  Service,
} from '@bulkhead/model'

/** What stands where a secret stood. */
const masked = '********'

/** Replaces every secret value that shows in a text. */
export type Mask = (text: string) => string

export const noMask: Mask = (text) => text

/** Shorter values are in every text by chance. */
const shortestDeclared = 4
const shortestGuessed = 6
const shortestLine = 8
const secretName = /passw(or)?d|passphrase|secret|token|credential|api_?key|private_?key|access_?key/i

/**
 * The mask for what is said of a project: values of its `secrets`, and of
 * variables whose names say that they are secret. A value that is also a public
 * word of the project (a service, an image, …) is left: masking it would hide
 * the word everywhere and tell the secret by the gap.
 */
export function maskFor(project: Project | undefined, bundle: Bundle): Mask {
  const declared = Object.values(project?.secrets ?? {}).flatMap(({ content, file, environment }) => [
    content,
    file === undefined ? undefined : textOf(bundle.files[file]),
    environment === undefined ? undefined : bundle.environment[environment],
  ])
  const environments = [
    bundle.environment,
    ...(project === undefined ? [] : servicesOf(project)).map(({ environment }) => environment ?? {}),
  ]
  const guessed = environments.flatMap((environment) =>
    Object.entries(environment).flatMap(([name, value]) =>
      secretName.test(name) ? [value ?? undefined] : [],
    ),
  )
  const publicWords = project === undefined ? '' : publicWordsOf(project)
  const values = [...long(declared, shortestDeclared), ...long(guessed, shortestGuessed)].filter(
    (value) => !publicWords.includes(value),
  )
  return maskOf(values)
}

/** The mask of what providers gave: nobody but them knows what is secret in it. */
export function provisionMask(project: Project | undefined, provisions: readonly Provision[]): Mask {
  const publicWords = project === undefined ? '' : publicWordsOf(project)
  const values = provisions
    .filter(({ kind }) => kind === 'provider')
    .flatMap(({ variables, rawVariables }) => [...Object.values(variables), ...Object.values(rawVariables)])
  return maskOf(long(values, shortestGuessed).filter((value) => !publicWords.includes(value)))
}

/** The mask of some values; longer ones first, so that no part of one stays. */
export function maskOf(values: readonly string[]): Mask {
  // As they are, and as they stand in JSON.
  const forms = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
  const distinct = [...new Set(forms)].sort((a, b) => b.length - a.length)
  if (distinct.length === 0) return noMask
  const pattern = new RegExp(distinct.map(escapeRegExp).join('|'), 'gu')
  return (text) => text.replace(pattern, masked)
}

export function maskProblem(problem: Problem, mask: Mask): Problem {
  const { message, hint, excerpt } = problem
  return {
    ...problem,
    message: mask(message),
    ...(hint === undefined ? {} : { hint: mask(hint) }),
    ...(excerpt === undefined ? {} : { excerpt: mask(excerpt) }),
  }
}

export function maskEvent(event: DeploymentEventBody, mask: Mask): DeploymentEventBody {
  if (event.type === 'progress') return { ...event, message: mask(event.message) }
  if (event.type === 'output') return { ...event, text: mask(event.text) }
  if ('problem' in event) return { ...event, problem: maskProblem(event.problem, mask) }
  return event
}

/** Masks what a status repeats of a container's configuration: its command and its labels' values. */
export function maskStatus(status: ProjectStatus, mask: Mask): ProjectStatus {
  return {
    ...status,
    ...(status.drift === undefined
      ? {}
      : {
          drift: status.drift.map((one) => ({
            ...one,
            expected: mask(one.expected),
            actual: mask(one.actual),
          })),
        }),
    services: status.services.map((service) => ({
      ...service,
      ...(service.breaker === undefined
        ? {}
        : { breaker: { ...service.breaker, reason: mask(service.breaker.reason) } }),
      ...(service.failing === undefined
        ? {}
        : { failing: { ...service.failing, reason: mask(service.failing.reason) } }),
      replicas: service.replicas.map((replica) => ({
        ...replica,
        command: mask(replica.command),
        labels: Object.fromEntries(
          Object.entries(replica.labels).map(([name, value]) => [name, mask(value)]),
        ),
      })),
    })),
  }
}

/**
 * What changed of a service as it may be shown: values under names that say
 * that they are secret are masked, whatever they are.
 */
export function maskChanges(changes: readonly FieldChange[], mask: Mask): readonly FieldChange[] {
  return changes.map(({ path, ...values }) => {
    const name = path.split('.').at(-1) ?? path
    const shown = Object.entries(values).map(([field, value]) => [field, maskNamed(name, value, mask)])
    return { path, ...(Object.fromEntries(shown) as Omit<FieldChange, 'path'>) }
  })
}

function maskNamed(name: string, value: unknown, mask: Mask): unknown {
  if (typeof value === 'string') return secretName.test(name) ? masked : mask(value)
  if (Array.isArray(value)) return value.map((item) => maskNamed(name, item, mask))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [field, maskNamed(field, inner, mask)]),
  )
}

/** Values of variables that nobody wrote into a file that we know: who can tell what they are. */
export function maskVariables(changes: readonly FieldChange[]): readonly FieldChange[] {
  return changes.map((change) =>
    change.path.startsWith('environment.') && 'old' in change ? { ...change, old: masked } : change,
  )
}

/** The project as it may be shown: contents of secrets, and values of variables named like secrets, masked. */
export function maskProject(project: Project, mask: Mask): Record<string, unknown> {
  const { positions: _positions, secrets, configs, services, disabledServices, ...rest } = project
  return {
    ...rest,
    configs: Object.fromEntries(
      Object.entries(configs).map(([name, config]) => [
        name,
        config.file === undefined ? config : { ...config, content: undefined },
      ]),
    ),
    services: maskServices(services, mask),
    disabledServices: maskServices(disabledServices, mask),
    secrets: Object.fromEntries(
      Object.entries(secrets).map(([name, secret]) => [
        name,
        secret.content === undefined
          ? secret
          : { ...secret, content: secret.file === undefined ? masked : undefined },
      ]),
    ),
  }
}

function maskServices(services: Project['services'], mask: Mask): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => [
      name,
      maskDeep({ ...service, image: undefined, environment: undefined }, mask, {
        image: service.image,
        environment: maskEnvironment(service.environment, mask),
        name: service.name,
      }),
    ]),
  )
}

function maskEnvironment(environment: Service['environment'], mask: Mask): unknown {
  if (environment === undefined) return undefined
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value === null ? null : secretName.test(name) ? masked : mask(value),
    ]),
  )
}

function maskDeep(
  object: Readonly<Record<string, unknown>>,
  mask: Mask,
  asTheyAre: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const inside = (value: unknown): unknown => {
    if (typeof value === 'string') return mask(value)
    if (Array.isArray(value)) return value.map(inside)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, inside(field)]))
  }
  const entries = Object.entries(object).map(([name, value]) => [name, inside(value)] as const)
  return { ...Object.fromEntries(entries), ...asTheyAre }
}

function textOf(file: Bundle['files'][string] | undefined): string | undefined {
  if (file === undefined) return undefined
  return typeof file === 'string' ? file : Buffer.from(file.base64, 'base64').toString('utf8')
}

function long(values: readonly (string | undefined)[], shortest: number): readonly string[] {
  return values.flatMap((value) => {
    const text = value?.trim()
    if (text === undefined || text.length < shortest) return []
    // Logs come in lines: a line of a key is a secret too.
    const lines = text.split('\n').map((line) => line.trim())
    return [text, ...lines.filter((line) => line.length >= shortestLine)]
  })
}

function servicesOf({ services, disabledServices }: Project): readonly Service[] {
  return [...Object.values(services), ...Object.values(disabledServices)]
}

function publicWordsOf(project: Project): string {
  const services = servicesOf(project).flatMap(({ name, image = '', container_name = '' }) => [
    name,
    image,
    container_name,
  ])
  const resources = [project.networks, project.volumes, project.configs, project.secrets].flatMap((objects) =>
    Object.entries(objects).flatMap(([key, { name }]) => [key, name]),
  )
  return [project.name, ...services, ...resources].join('\n')
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&')
}
