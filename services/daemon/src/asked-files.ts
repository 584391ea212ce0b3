import type { DeploymentRequest } from '@bulkhead/api'
import { BulkheadError } from '@bulkhead/model'
import type { Bundle } from '@bulkhead/model'
import type { Loader } from './loaded.ts'
import type { Store } from './store/store.ts'
import { unknownProject, unknownRevision } from './unknown.ts'
import { bringing, readsFiles } from './wish.ts'

/** @throws BulkheadError BH_REVISION_NOT_FOUND */
export function earlier(
  { project: name, revision, action }: DeploymentRequest,
  projects: Store['projects'],
): Bundle | undefined {
  if (revision === undefined) return undefined
  if (name === undefined || !bringing.has(action)) {
    throw new BulkheadError('BH_BAD_REQUEST', 'A revision is asked for with `project` and the action `up`.', {
      hint: 'Name the project, or send a bundle.',
    })
  }
  const bundle = projects.bundle(name, revision)
  if (bundle !== undefined) return bundle
  if (projects.get(name) === undefined) throw unknownProject(name)
  throw unknownRevision(name, revision, projects.history(name))
}

/**
 * The newest revision, where services are asked for that its profiles don't
 * enable: it's loaded anew, and kept as a revision that enables them.
 */
export function storedForProfiles(
  { action, project: name, services = [] }: DeploymentRequest,
  { projects, loader }: { readonly projects: Store['projects']; readonly loader: Loader },
): Bundle | undefined {
  const revision = activates(action) && name !== undefined ? projects.latest(name) : undefined
  if (revision === undefined || name === undefined) return undefined
  const disabled = loader.latest(name)?.project.disabledServices ?? {}
  return services.some((service) => Object.hasOwn(disabled, service))
    ? projects.bundle(name, revision)
    : undefined
}

/** What has a service run that is named; what only ends one needs no profile for it. */
function activates(action: DeploymentRequest['action']): boolean {
  return readsFiles(action) || action === 'start' || action === 'restart'
}

/** Who asks for services by name activates their profiles. */
export function asking(bundle: Bundle, { action, services = [] }: DeploymentRequest): Bundle {
  if (!activates(action) || services.length === 0) return bundle
  return withServices(bundle, [...new Set([...(bundle.services ?? []), ...services])])
}

/** Services that enable nothing are left out, so that the same files stay the same revision. */
export function withServices(bundle: Bundle, services: readonly string[] | undefined): Bundle {
  return { ...bundle, services: services?.length === 0 ? undefined : services }
}

/** The bundle under the name that the request gives it. */
export function named(bundle: Bundle, name: string | undefined): Bundle {
  if (name === undefined) return bundle
  if (bundle.projectName !== undefined && bundle.projectName !== name) {
    throw new BulkheadError(
      'BH_BAD_REQUEST',
      `The request is for project "${name}", its bundle for "${bundle.projectName}".`,
      { hint: 'Give one name.' },
    )
  }
  return { ...bundle, projectName: name }
}
