/** A service of the project, by its place in it. */
export interface Citizen {
  readonly name: string
  readonly needs: readonly string[]
  /** Whether what needs it waits for its health. */
  readonly healthy: boolean
}

/** Four rows of five: each service needs the one above it, and those of the two upper rows must be healthy first. */
export const citizens: readonly Citizen[] = Array.from({ length: 20 }, (_, index) => ({
  name: `s${String(index + 1).padStart(2, '0')}`,
  needs: index < 5 ? [] : [`s${String(index - 4).padStart(2, '0')}`],
  healthy: index < 10,
}))

export function townYaml(): string {
  const conditionOf = (name: string): string =>
    citizens.find((one) => one.name === name)?.healthy === true ? 'service_healthy' : 'service_started'
  const one = ({ name, needs, healthy }: Citizen): string =>
    [
      `  ${name}:`,
      '    image: bb:1',
      '    pull_policy: never',
      '    init: true',
      '    restart: always',
      '    stop_grace_period: 1s',
      '    command: [sh, -c, "rm -f /tmp/ready; sleep 1; touch /tmp/ready; exec sleep 100000"]',
      ...(healthy
        ? ['    healthcheck: { test: [CMD, test, -f, /tmp/ready], interval: 1s, timeout: 5s, retries: 30 }']
        : []),
      ...(needs.length > 0
        ? ['    depends_on:', ...needs.map((on) => `      ${on}: { condition: ${conditionOf(on)} }`)]
        : []),
    ].join('\n')
  return `services:\n${citizens.map(one).join('\n')}\n`
}
