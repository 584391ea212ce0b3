import { apiAtLeast, pointer, positionOf } from '@bulkhead/model'
import type { Build, EngineCapabilities, Problem, Project, Service } from '@bulkhead/model'

/** What a build asks for that an engine cannot do, told before anything is touched. */
interface Limit {
  readonly attribute: keyof Build
  /** True: this build runs into it. */
  readonly met: (build: Build, engine: EngineCapabilities) => boolean
  readonly severity: Problem['severity']
  readonly says: string
  readonly hint: string
}

const containerdHint = "Turn on the engine's containerd image store, or leave it out."

const limits: readonly Limit[] = [
  {
    attribute: 'ssh',
    met: ({ ssh = [] }) => ssh.length > 0,
    severity: 'error',
    says: 'forwards SSH keys, and the daemon has no way to the agent of whoever asks',
    hint: 'Give the key as a build secret, and have the step use it from there.',
  },
  {
    attribute: 'network',
    met: ({ network }, { os }) =>
      os === 'linux' && network !== undefined && !['default', 'host', 'none'].includes(network),
    severity: 'error',
    says: 'asks for a network of its own, and BuildKit knows `default`, `host` and `none`',
    hint: 'Use one of these; `extra_hosts` tells the build where others are.',
  },
  {
    attribute: 'cache_to',
    met: ({ cache_to: places = [] }, { containerdImages }) =>
      places.some(
        (place) => !place.includes('type=inline') && !(containerdImages === true && isRegistry(place)),
      ),
    severity: 'error',
    says: "writes its cache to a place that this engine's builder cannot write to",
    hint: 'Use `type=inline`; with the containerd image store `type=registry` works too.',
  },
  {
    attribute: 'cache_from',
    met: ({ cache_from: places = [] }) => places.some((place) => !isRegistry(place)),
    severity: 'error',
    says: "reads its cache from a place that the engine's builder cannot read",
    hint: 'Use an image of a registry.',
  },
  ...(['provenance', 'sbom'] as const).map((attribute): Limit => ({
    attribute,
    met: (build, { containerdImages }) => isOn(build[attribute]) && containerdImages !== true,
    severity: 'error',
    says: `asks for ${attribute}, an attestation, which the engine's image store cannot keep`,
    hint: containerdHint,
  })),
  {
    attribute: 'additional_contexts',
    met: ({ additional_contexts: contexts = {} }, engine) =>
      Object.keys(contexts).length > 0 && !apiAtLeast(engine, '1.42'),
    severity: 'error',
    says: 'has further contexts, which the builder of Docker 20.10 does not know',
    hint: 'Upgrade the engine to Docker 23 or newer.',
  },
  ...(['ulimits', 'shm_size'] as const).map((attribute): Limit => ({
    attribute,
    met: (build, engine) => build[attribute] !== undefined && !apiAtLeast(engine, '1.42'),
    severity: 'warning',
    says: `sets ${attribute}, which the builder of Docker 20.10 leaves out`,
    hint: 'Upgrade the engine to Docker 23 or newer.',
  })),
  {
    attribute: 'platforms',
    met: ({ platforms = [] }, { containerdImages }) => platforms.length > 1 && containerdImages !== true,
    severity: 'warning',
    says: "lists several platforms, and the engine's image store keeps one: the engine's own, or the first",
    hint: containerdHint,
  },
  {
    attribute: 'dockerfile_inline',
    met: ({ context = '', dockerfile_inline: text }) =>
      text !== undefined && /^(?:[a-z]+:\/\/|git@|github\.com\/)/u.test(context),
    severity: 'error',
    says: 'has its Dockerfile inline, and a context that the engine fetches by itself',
    hint: 'Use a Dockerfile of that context, or a folder for a context.',
  },
]

/** The builds of services that are to run, as far as this engine cannot make them. */
export function checkBuilds(
  project: Project,
  services: readonly Service[],
  capabilities: EngineCapabilities,
): readonly Problem[] {
  return services.flatMap((service) => {
    const { name, build } = service
    if (build === undefined) return []
    const found = limits
      .filter(({ met }) => met(build, capabilities))
      .map(({ attribute, severity, says, hint }) =>
        problem(project, name, attribute, {
          severity,
          message: `The build of service "${name}" ${says}.`,
          hint,
        }),
      )
    return [...found, ...strangers(project, name, build)]
  })
}

/** Contexts that are images of services that there are not, or that are not built. */
function strangers(
  project: Project,
  name: string,
  { additional_contexts: contexts = {} }: Build,
): readonly Problem[] {
  return Object.values(contexts).flatMap((context) => {
    const other = context.startsWith('service:') ? context.slice('service:'.length) : undefined
    if (other === undefined) return []
    if (project.services[other] === undefined) {
      const message = `The build of service "${name}" takes the image of "${other}", which is no service of the project.`
      return [
        problem(project, name, 'additional_contexts', {
          severity: 'error',
          message,
          hint: 'Correct the name, or activate its profile.',
        }),
      ]
    }
    if (!reaches(project, other, name, new Set())) return []
    const message = `The build of service "${name}" takes the image of "${other}", which is built upon it.`
    return [
      problem(project, name, 'additional_contexts', {
        severity: 'error',
        message,
        hint: 'Remove one of the two contexts.',
      }),
    ]
  })
}

function reaches(project: Project, from: string, to: string, seen: Set<string>): boolean {
  if (from === to) return true
  if (seen.has(from)) return false
  seen.add(from)
  const contexts = Object.values(project.services[from]?.build?.additional_contexts ?? {})
  return contexts.some(
    (context) =>
      context.startsWith('service:') && reaches(project, context.slice('service:'.length), to, seen),
  )
}

function problem(
  project: Project,
  service: string,
  attribute: keyof Build,
  more: Pick<Problem, 'severity' | 'message' | 'hint'>,
): Problem {
  const path = ['services', service, 'build', attribute] as const
  return { ...more, code: 'BH_COMPOSE_UNSUPPORTED', at: positionOf(project, ...path), path: pointer(...path) }
}

function isRegistry(place: string): boolean {
  return !place.includes('=') || place.includes('type=registry') || !place.includes('type=')
}

function isOn(value: string | boolean | undefined): boolean {
  return value !== undefined && value !== false && value !== 'false'
}
