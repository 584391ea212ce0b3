import { pointer, positionOf } from '@bulkhead/model'
import type { Problem, Project, Service } from '@bulkhead/model'
import { findModelRunner, findProgram, isProgramName } from '../programs/find.ts'
import type { ProgramFolders } from '../programs/find.ts'

/** Programs of providers and the model runner must be there before anything is touched. */
export function checkProviders(
  project: Project,
  services: readonly Service[],
  folders: ProgramFolders | undefined,
): readonly Problem[] {
  return services.flatMap((service) => [
    ...provider(project, service, folders),
    ...models(project, service, folders),
  ])
}

function provider(
  project: Project,
  { name, provider: its }: Service,
  folders: ProgramFolders | undefined,
): readonly Problem[] {
  if (its === undefined || (folders !== undefined && findProgram(its.type, folders) !== undefined)) return []
  const path = ['services', name, 'provider', 'type']
  return [
    {
      severity: 'error',
      code: 'BH_PROVIDER_NOT_FOUND',
      message: isProgramName(its.type)
        ? `Service "${name}" is provided by "${its.type}", and the daemon has no such program.`
        : `Service "${name}": "${its.type}" is no name of a provider.`,
      hint: isProgramName(its.type)
        ? `Install the plugin docker-${its.type} where Docker looks for plugins, or ${its.type} in the daemon's PATH.`
        : 'Write the name of a program, without a folder; "compose" is none.',
      at: positionOf(project, ...path),
      path: pointer(...path),
    },
  ]
}

function models(
  project: Project,
  { name, models: its }: Service,
  folders: ProgramFolders | undefined,
): readonly Problem[] {
  const isUsed = Object.keys(its ?? {}).length > 0
  if (!isUsed || (folders !== undefined && findModelRunner(folders) !== undefined)) return []
  return [
    {
      severity: 'error',
      code: 'BH_PROVIDER_NOT_FOUND',
      message: `Service "${name}" uses models, and the daemon has no Docker plugin "model" to get them with.`,
      hint: 'Install docker-model where Docker looks for plugins.',
      at: positionOf(project, 'services', name, 'models'),
      path: pointer('services', name, 'models'),
    },
  ]
}
