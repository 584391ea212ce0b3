import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { load } from '@bulkhead/compose'
import type { LoadInput, LoadOptions } from '@bulkhead/compose'
import { BulkheadError, toError } from '@bulkhead/model'
import type { Problem, Project } from '@bulkhead/model'
import type { Context } from '../context.ts'
import type { Globals } from '../globals.ts'
import { createReader } from './reader.ts'
import type { RecordingReader } from './reader.ts'

export interface LoadedProject {
  readonly project: Project
  readonly warnings: readonly Problem[]
  readonly input: LoadInput
  readonly reader: RecordingReader
}

/**
 * Loads the project that the global flags name, or that is found as Compose
 * finds it.
 *
 * @throws BulkheadError with all problems when one of them is an error.
 */
export async function loadProject(
  globals: Globals,
  context: Context,
  options: LoadOptions = {},
): Promise<LoadedProject> {
  const { cwd, env } = context
  const reader = createReader(env, await readStdin(globals, context))
  const input: LoadInput = {
    reader,
    workingDir: cwd,
    configFiles: globals.file,
    projectDirectory:
      globals.projectDirectory === undefined ? undefined : resolve(cwd, globals.projectDirectory),
    projectName: globals.projectName,
    profiles: globals.profile,
    environmentFiles: globals.envFile,
    options,
  }
  const { project, problems } = load(input)
  if (project === undefined) throw toError(problems)
  return { project, warnings: problems, input, reader }
}

/**
 * The name of the project, for commands that need no more. Files that are
 * missing or wrong are no obstacle when `-p` gives the name.
 */
export async function projectName(globals: Globals, context: Context): Promise<string> {
  if (globals.projectName !== undefined && globals.file.length === 0) return globals.projectName
  try {
    const { project } = await loadProject(globals, context, { consistency: false, resolveEnvironment: false })
    return project.name
  } catch (error) {
    if (globals.projectName !== undefined && error instanceof BulkheadError) return globals.projectName
    throw error
  }
}

/** `-f -` reads standard input: it stands as the file `-` of the current folder. */
async function readStdin(globals: Globals, { stdin }: Context): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!globals.file.includes('-')) return new Map()
  return new Map([['-', await buffer(stdin)]])
}
