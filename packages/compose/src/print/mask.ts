import type { Project, Service } from '@bulkhead/model'

/** What stands in the place of a value that may be a secret. */
export const mask = '********'

/**
 * A copy of the project with the values masked of variables, build arguments
 * and options whose names say that they are secret. Secrets themselves are
 * never printed.
 */
export function maskProject(project: Project): Project {
  return {
    ...project,
    services: maskServices(project.services),
    disabledServices: maskServices(project.disabledServices),
  }
}

const secretName = /pass(?:word|wd|phrase)?|secret|token|api_?key|private_?key|access_?key|credential|auth/i
const userInfo = /(:\/\/[^/\s:@]*):[^/\s@]+@/g

function maskServices(services: Readonly<Record<string, Service>>): Readonly<Record<string, Service>> {
  const result = Object.create(null) as Record<string, Service>
  for (const [name, service] of Object.entries(services)) result[name] = maskService(service)
  return result
}

function maskService(service: Service): Service {
  const { environment, build, logging } = service
  return {
    ...service,
    ...(environment === undefined ? {} : { environment: maskValues(environment) }),
    ...(build?.args === undefined ? {} : { build: { ...build, args: maskValues(build.args) } }),
    ...(logging?.options === undefined
      ? {}
      : { logging: { ...logging, options: maskValues(logging.options) } }),
  }
}

function maskValues<T extends string | null>(
  values: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const result = Object.create(null) as Record<string, T>
  for (const [name, value] of Object.entries(values)) result[name] = maskValue(name, value)
  return result
}

function maskValue<T extends string | null>(name: string, value: T): T {
  if (typeof value !== 'string' || value === '') return value
  // A masked text is a text still; the cast only says so for the narrower type.
  return (secretName.test(name) ? mask : value.replaceAll(userInfo, `$1:${mask}@`)) as T
}
