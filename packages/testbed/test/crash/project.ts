/** What the crash is told of: a project that changes all over between two versions. */
export interface CrashProject {
  readonly name: string
  yaml(version: number): string
  /** Names of its containers when it is up. */
  readonly containers: readonly string[]
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
  /** Those of them that a change makes anew, with consent; their label `version` tells of which change they are. */
  readonly renewed: readonly string[]
}

export interface CrashProjectOptions {
  /** Whether each change changes a volume too. @default false */
  readonly renewsVolume?: boolean
}

const program = "trap 'exit' TERM; while :; do sleep 1 & wait; done"

/** `width` services, the last one twice, one of them with data of its own; each change replaces all of them, and a network. */
export function crashProject(
  name: string,
  width: number,
  { renewsVolume = false }: CrashProjectOptions = {},
): CrashProject {
  const services = Array.from({ length: width }, (_, index) => `s${index + 1}`)
  const last = services.at(-1) ?? ''
  return {
    name,
    yaml: (version) => `name: ${name}
services:
${services.map((service, index) => text({ name: service, version, needs: services[index - 2], twice: service === last, renews: renewsVolume && service === last })).join('\n')}
networks:
  default: {}
  back:
    labels: { version: 'v${version}' }
volumes:
  data: {}
${renewsVolume ? `  scratch:\n    labels: { version: 'v${version}' }\n` : ''}`,
    containers: [...services.map((service) => `${name}-${service}-1`), `${name}-${last}-2`].sort(),
    networks: [`${name}_back`, `${name}_default`],
    volumes: [`${name}_data`, ...(renewsVolume ? [`${name}_scratch`] : [])],
    renewed: renewsVolume ? [`${name}_scratch`] : [],
  }
}

interface Part {
  readonly name: string
  readonly version: number
  readonly needs: string | undefined
  readonly twice: boolean
  /** Whether it uses the volume that is made anew. */
  readonly renews: boolean
}

function text({ name, version, needs, twice, renews }: Part): string {
  return `  ${name}:
    image: bb:1
    pull_policy: never
    stop_grace_period: 2s
    command: [sh, -c, "${program}"]
    environment: { VERSION: 'v${version}' }
    networks: [default, back]
    volumes: ['data:/data', /own${renews ? `, 'scratch:/scratch'` : ''}]
    scale: ${twice ? 2 : 1}${needs === undefined ? '' : `\n    depends_on: [${needs}]`}`
}
