/** What the crash is told of: a project that changes all over between two versions. */
export interface CrashProject {
  readonly name: string
  yaml(version: number): string
  /** Names of its containers when it is up. */
  readonly containers: readonly string[]
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
}

const program = "trap 'exit' TERM; while :; do sleep 1 & wait; done"

/** `width` services, the last one twice, one of them with data of its own; each change replaces all of them. */
export function crashProject(name: string, width: number): CrashProject {
  const services = Array.from({ length: width }, (_, index) => `s${index + 1}`)
  const last = services.at(-1) ?? ''
  return {
    name,
    yaml: (version) => `name: ${name}
services:
${services.map((service, index) => serviceText(service, services[index - 2], service === last, version)).join('\n')}
networks:
  default: {}
  back:
    labels: { version: 'v${version}' }
volumes:
  data: {}
`,
    containers: [...services.map((service) => `${name}-${service}-1`), `${name}-${last}-2`].sort(),
    networks: [`${name}_back`, `${name}_default`],
    volumes: [`${name}_data`],
  }
}

function serviceText(name: string, needs: string | undefined, twice: boolean, version: number): string {
  return `  ${name}:
    image: bb:1
    pull_policy: never
    stop_grace_period: 2s
    command: [sh, -c, "${program}"]
    environment: { VERSION: 'v${version}' }
    networks: [default, back]
    volumes: ['data:/data', /own]
    scale: ${twice ? 2 : 1}${needs === undefined ? '' : `\n    depends_on: [${needs}]`}`
}
