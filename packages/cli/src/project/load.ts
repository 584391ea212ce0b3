import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { load, record } from '@bulkhead/compose'
import type { LoadInput, LoadOptions, LoadResult, Recorder } from '@bulkhead/compose'
import { isBulkheadError, toError } from '@bulkhead/model'
import type { Problem, Project } from '@bulkhead/model'
import type { Context } from '../context.ts'
import type { Globals } from '../globals.ts'
import { createReader } from './reader.ts'

export interface LoadedProject {
  readonly project: Project
  readonly document: NonNullable<LoadResult['document']>
  readonly warnings: readonly Problem[]
  readonly input: LoadInput
  readonly recorder: Recorder
  /** Services asked for by name where their profiles are active because of it; else empty. */
  readonly activating: LoadResult['activating']
}

/**
 * Loads the project that the global flags name, or that is found as Compose
 * finds it.
 *
 * @param services asked for by name: their profiles are active for them.
 * @throws BulkheadError with all problems when one of them is an error.
 */
export async function loadProject(
  globals: Globals,
  context: Context,
  services: readonly string[],
  options: LoadOptions = {},
): Promise<LoadedProject> {
  const { cwd } = context
  const env = globals.compatibility ? { ...context.env, COMPOSE_COMPATIBILITY: '1' } : context.env
  const recorder = record(createReader(env, await readStdin(globals, context)))
  const { projectDirectory } = globals
  const input: LoadInput = {
    reader: recorder.reader,
    workingDir: cwd,
    configFiles: globals.file,
    projectDirectory: projectDirectory === undefined ? undefined : resolve(cwd, projectDirectory),
    projectName: globals.projectName,
    profiles: globals.profile,
    services,
    environmentFiles: globals.envFile,
    options,
  }
  const { project, document, activating, problems } = load(input)
  if (project === undefined || document === undefined) throw toError(problems)
  return { project, document, warnings: problems, input, recorder, activating }
}

/**
 * The name of the project, for commands that need no more. Files that are
 * missing or wrong are no obstacle when `-p` gives the name.
 */
export async function projectName(globals: Globals, context: Context): Promise<string> {
  if (globals.projectName !== undefined && globals.file.length === 0) return globals.projectName
  try {
    const { project } = await loadProject(globals, context, [], {
      consistency: false,
      resolveEnvironment: false,
    })
    return project.name
  } catch (error) {
    if (globals.projectName !== undefined && isBulkheadError(error)) return globals.projectName
    throw error
  }
}

/** `-f -` reads standard input: it stands as the file `-`. */
async function readStdin(globals: Globals, { stdin }: Context): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!globals.file.includes('-')) return new Map()
  return new Map([['-', await buffer(stdin)]])
}
