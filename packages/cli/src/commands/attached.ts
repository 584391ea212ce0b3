import type { Command } from 'commander'
import type { Project } from '@bulkhead/model'
import type { AttachOptions } from '../attach.ts'
import { usageError } from '../exit.ts'
import { collect } from './collect.ts'
import { checkServices } from './services.ts'

/** The library keeps both flags' values under one name: `!` tells those of the negative one. */
function collectHidden(value: string, before: unknown): readonly string[] {
  return collect(`!${value}`, Array.isArray(before) ? (before as readonly string[]) : [])
}

function collectShown(value: string, before: unknown): readonly string[] {
  return collect(value, Array.isArray(before) ? (before as readonly string[]) : [])
}

/** Flags of an `up` that stays. */
export interface AttachedFlags {
  readonly detach?: boolean
  readonly wait?: boolean
  readonly abortOnContainerExit?: boolean
  readonly abortOnContainerFailure?: boolean
  readonly exitCodeFrom?: string
  readonly attach?: readonly string[] | boolean
  readonly attachDependencies?: boolean
}

export function declareAttached(command: Command): Command {
  return command
    .option('--abort-on-container-exit', 'stop all when one container ends')
    .option('--abort-on-container-failure', 'stop all when one container fails, with its exit code')
    .option('--exit-code-from <service>', 'return the exit code of this service; stops all when one ends')
    .option(
      '--attach <service>',
      'show the output of this service alone; may be given several times',
      collectShown,
    )
    .option('--no-attach <service>', "don't show the output of this service", collectHidden)
    .option('--attach-dependencies', 'also show the output of what the services depend on')
    .option('--menu', 'taken for the sake of scripts: there is no menu')
}

/** @throws BulkheadError BH_USAGE for flags that exclude each other. */
export function checkAttached(flags: AttachedFlags): void {
  const {
    detach = false,
    wait = false,
    abortOnContainerExit = false,
    abortOnContainerFailure = false,
  } = flags
  const aborts = abortOnContainerExit || abortOnContainerFailure || flags.exitCodeFrom !== undefined
  const attaches = listed(flags).length > 0 || flags.attachDependencies === true
  if ((detach || wait) && (aborts || attaches)) {
    throw usageError(
      `${wait ? '--wait' : '--detach'} excludes --abort-on-container-exit, --abort-on-container-failure, --exit-code-from, --attach and --attach-dependencies.`,
    )
  }
  if (abortOnContainerExit && abortOnContainerFailure)
    throw usageError('--abort-on-container-exit and --abort-on-container-failure exclude each other.')
}

/** What is waited for and shown. @param services asked for by name; empty: all. */
export function attachedTo(
  project: Project,
  services: readonly string[],
  flags: AttachedFlags,
): Pick<AttachOptions, 'watched' | 'shown' | 'abortOnExit' | 'abortOnFailure' | 'exitCodeFrom'> {
  const { exitCodeFrom, attachDependencies = false } = flags
  const named = listed(flags)
  const hidden = named.filter((name) => name.startsWith('!')).map((name) => name.slice(1))
  const positive = named.filter((name) => !name.startsWith('!'))
  const only = positive.length === 0 ? undefined : positive
  const known = Object.keys(project.services)
  checkServices(
    [...(only ?? []), ...hidden, ...(exitCodeFrom === undefined ? [] : [exitCodeFrom])],
    known,
    project.name,
  )
  const asked = services.length === 0 ? known : services
  const watched = attachDependencies ? withDependencies(project, asked) : asked
  const shown = (only ?? watched).filter(
    (name) => !hidden.includes(name) && (only !== undefined || project.services[name]?.attach !== false),
  )
  return {
    watched: services.length === 0 ? undefined : watched,
    shown: shown.length === known.length ? undefined : shown,
    abortOnExit: flags.abortOnContainerExit ?? false,
    abortOnFailure: flags.abortOnContainerFailure ?? false,
    exitCodeFrom,
  }
}

function listed({ attach }: AttachedFlags): readonly string[] {
  return Array.isArray(attach) ? (attach as readonly string[]) : []
}

function withDependencies(project: Project, names: readonly string[]): readonly string[] {
  const all = new Set<string>()
  const visit = (name: string): void => {
    if (all.has(name) || project.services[name] === undefined) return
    all.add(name)
    for (const dependency of Object.keys(project.services[name].depends_on ?? {})) visit(dependency)
  }
  names.forEach(visit)
  return [...all]
}
