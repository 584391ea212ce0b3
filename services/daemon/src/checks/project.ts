import type { Engine } from '@bulkhead/engine'
import { checkIsolation } from '@bulkhead/isolation'
import { isBulkheadError, toProblem } from '@bulkhead/model'
import { selectServices } from '@bulkhead/planner'
import type { Problem, Project, Service } from '@bulkhead/model'
import type { ProgramFolders } from '../programs/find.ts'
import { checkBuilds } from './build.ts'
import { checkCapabilities } from './capabilities.ts'
import { checkContents } from './contents.ts'
import { checkDevices } from './devices.ts'
import { checkExternals, externalsOf } from './external.ts'
import { checkImageOs } from './image-os.ts'
import type { PlatformsOf } from './image-os.ts'
import { checkReferences, faultOfReference } from './image-reference.ts'
import { checkContainerNames } from './names.ts'
import { checkProviders } from './providers.ts'
import { checkUnsupported } from './unsupported.ts'

export interface ProjectCheck {
  readonly project: Project
  /** Secrets and configs whose content was not sent, as problems at their paths. */
  readonly missing: readonly Problem[]
  /** Those asked for by name; undefined: all enabled ones. */
  readonly services: readonly string[] | undefined
  readonly engine: Engine
  readonly platformsOf: PlatformsOf
  /** Whether NVIDIA's hook is on the engine's machine; undefined: that machine cannot be seen. */
  readonly hasGpuHook: boolean | undefined
  /** Where programs of providers are; undefined: none is run. */
  readonly programFolders?: ProgramFolders | undefined
}

/**
 * All that can be known to stand in the way before anything is touched: modes
 * that the engine cannot give, references, operating systems of images,
 * external networks and volumes. Only of services that are to run.
 *
 * @throws BulkheadError BH_ENGINE_UNREACHABLE when the engine cannot be asked.
 */
export async function checkProject(check: ProjectCheck): Promise<readonly Problem[]> {
  const { project, services: names, engine, platformsOf } = check
  const { services, problems } = selected(project, names)
  const capabilities = await engine.capabilities()
  const externals = externalsOf(project, services)
  const observed = await engine.observe({
    project: project.name,
    networks: [...externals.networks.values()],
    volumes: [...externals.volumes.values()],
    // An engine refuses to look for what is no reference; those are told below.
    images: services.flatMap(({ image }) =>
      image === undefined || faultOfReference(image) !== undefined ? [] : image,
    ),
  })
  const subset = {
    ...project,
    services: Object.fromEntries(services.map((service) => [service.name, service])),
  }
  const found = [
    ...problems,
    ...checkContainerNames(project, services),
    ...checkContents(check, services),
    ...checkUnsupported(project, services, capabilities.os),
    ...checkProviders(project, services, check.programFolders),
    ...(await capabilityProblems(project, services, engine)),
    ...(await deviceProblems(check, services)),
    ...checkReferences(project, services),
    ...checkBuilds(project, services, capabilities),
    ...(await isolationProblems(subset, engine)),
    ...(await checkImageOs({
      project,
      services,
      platformsOf,
      capabilities,
      images: observed.images,
    })),
    ...checkExternals(project, externals, observed),
  ]
  return found.sort(byPlace)
}

/** The part of it that is about getting images, of these services and no other. */
export async function checkImages(
  project: Project,
  names: readonly string[],
  engine: Engine,
): Promise<readonly Problem[]> {
  const services = Object.values(project.services).filter(({ name }) => names.includes(name))
  const found = [
    ...checkReferences(project, services),
    ...checkBuilds(project, services, await engine.capabilities()),
  ]
  return found.sort(byPlace)
}

/** What the engine offered before may have grown: it is asked again before anything is refused. */
async function isolationProblems(project: Project, engine: Engine): Promise<readonly Problem[]> {
  const problems = checkIsolation(project, await engine.capabilities())
  return problems.length === 0 ? problems : checkIsolation(project, await engine.capabilities(true))
}

async function capabilityProblems(
  project: Project,
  services: readonly Service[],
  engine: Engine,
): Promise<readonly Problem[]> {
  const problems = checkCapabilities(project, services, await engine.capabilities())
  return problems.length === 0
    ? problems
    : checkCapabilities(project, services, await engine.capabilities(true))
}

async function deviceProblems(
  { project, engine, hasGpuHook }: ProjectCheck,
  services: readonly Service[],
): Promise<readonly Problem[]> {
  const look = async (refresh: boolean): Promise<readonly Problem[]> =>
    checkDevices({ project, services, capabilities: await engine.capabilities(refresh), hasGpuHook })
  const problems = await look(false)
  return problems.length === 0 ? problems : look(true)
}

/** The services that are to run: those named and all that they need. */
function selected(
  project: Project,
  names: readonly string[] | undefined,
): { readonly services: readonly Service[]; readonly problems: readonly Problem[] } {
  try {
    return { services: selectServices(project, { services: names }), problems: [] }
  } catch (error) {
    if (!isBulkheadError(error)) throw error
    return { services: [], problems: [toProblem(error)] }
  }
}

/** In the order of a reader of the files; what has no place comes first. */
function byPlace({ at: a }: Problem, { at: b }: Problem): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1)
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column
}
