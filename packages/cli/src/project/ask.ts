import type { DeployRequest } from '@bulkhead/client'
import type { Asked } from '../command.ts'
import type { Context } from '../context.ts'
import type { Project } from '@bulkhead/model'
import { chosenEngine } from '../daemon/engine.ts'
import { toBundle } from './bundle.ts'
import { digestsOf, packContexts } from './contexts.ts'
import type { LoadedProject } from './load.ts'

/** What is asked of a project by its name alone. */
export function askByName(project: string, request: DeployRequest, context: Context): Asked {
  return { request: { project, ...request, engine: chosenEngine(context) }, contexts: [], warnings: [] }
}

/** What is asked, and the project that it is about. */
export interface AskedWithFiles extends Asked {
  readonly project: Project
}

/** What is asked with the files as they are now. */
export async function askWithFiles(
  loaded: LoadedProject,
  request: DeployRequest,
  context: Context,
): Promise<AskedWithFiles> {
  const { project, warnings } = loaded
  const contexts = await packContexts(loaded)
  const bundle = toBundle(loaded, digestsOf(contexts))
  return {
    project,
    request: { project: project.name, bundle, ...request, engine: chosenEngine(context) },
    contexts,
    warnings,
  }
}

/** What is asked of images alone that are not built: no build context is needed. */
export function askForImages(
  loaded: LoadedProject,
  { services = [], ...request }: DeployRequest,
  context: Context,
): AskedWithFiles {
  const { project, warnings } = loaded
  const bundle = toBundle(loaded, {})
  return {
    project,
    request: { project: project.name, bundle, ...request, ...named(services), engine: chosenEngine(context) },
    contexts: [],
    warnings,
  }
}

/** Absent where none is named: all. */
export function named(services: readonly string[]): Pick<DeployRequest, 'services'> {
  return services.length === 0 ? {} : { services }
}
