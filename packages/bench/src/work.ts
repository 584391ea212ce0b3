/** A Compose project to measure with, and what it is made of, for those who make it without Compose. */
export interface Work {
  readonly name: string
  readonly yaml: string
  readonly services: readonly string[]
  /** Each service waits for the one before it to be healthy. */
  readonly chained: boolean
}

const image = 'bb:1'
/** Ends at once on SIGTERM, so that stopping measures the tool and not a grace period. */
const script = 'trap exit TERM; while :; do sleep 1 & wait; done'

/** `count` services with nothing between them. */
export function independent(count: number): Work {
  const services = Array.from({ length: count }, (_, index) => `s${index + 1}`)
  const yaml = services.map((name) => [`  ${name}:`, ...base].join('\n'))
  return { name: `${count} services`, yaml: `services:\n${yaml.join('\n')}\n`, services, chained: false }
}

/** `count` services with healthchecks, each waiting for the one before it. */
export function chain(count: number): Work {
  const services = Array.from({ length: count }, (_, index) => `s${index + 1}`)
  const yaml = services.map((name, index) => {
    const before = services[index - 1]
    const needs =
      before === undefined ? [] : ['    depends_on:', `      ${before}: {condition: service_healthy}`]
    return [`  ${name}:`, ...base, ...health, ...needs].join('\n')
  })
  return {
    name: `chain of ${count} healthchecks`,
    yaml: `services:\n${yaml.join('\n')}\n`,
    services,
    chained: true,
  }
}

const base = [
  `    image: ${image}`,
  `    command: [sh, -c, '${script.replaceAll('$', '$$')}']`,
  '    pull_policy: never',
  '    stop_grace_period: 2s',
]
const health = [
  '    healthcheck:',
  '      test: [CMD, "true"]',
  '      interval: 100ms',
  '      timeout: 2s',
  '      retries: 20',
]

/** The same container without Compose: the body of the engine's own create call. */
export function containerBody(chained: boolean): Readonly<Record<string, unknown>> {
  return {
    Image: image,
    Cmd: ['sh', '-c', script],
    StopTimeout: 2,
    ...(chained
      ? { Healthcheck: { Test: ['CMD', 'true'], Interval: 100e6, Timeout: 2e9, Retries: 20 } }
      : {}),
  }
}
