import { BulkheadError } from '@bulkhead/model'
import type { SourcePosition } from '@bulkhead/model'
import type { Programs } from '@bulkhead/reconciler'
import { findModelRunner, findProgram } from './find.ts'
import type { Program, ProgramFolders } from './find.ts'
import { prepareModel } from './models.ts'
import { runProvider } from './provider.ts'

const nowhere: ProgramFolders = { plugins: [], path: [], environment: {} }

/** The programs of this machine that provide services and models. */
export function createPrograms(folders: ProgramFolders = nowhere): Programs {
  return {
    provide: async (operation, surroundings) =>
      runProvider(operation, surroundings, {
        folders,
        program: found(findProgram(operation.program, folders), operation.program, operation.at),
      }),
    prepareModel: async (operation, surroundings) =>
      prepareModel(operation, surroundings, {
        folders,
        program: found(findModelRunner(folders), 'docker-model', operation.at),
      }),
  }
}

function found(program: Program | undefined, name: string, at: SourcePosition | undefined): Program {
  if (program !== undefined) return program
  throw new BulkheadError('BH_PROVIDER_NOT_FOUND', `The program "${name}" is not there any more.`, {
    hint: "Install it where Docker looks for plugins, or in the daemon's PATH.",
    at,
  })
}
