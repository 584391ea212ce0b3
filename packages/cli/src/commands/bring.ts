import type { DeployRequest } from '@bulkhead/client'
import { pullPolicies } from '@bulkhead/model'
import type { PullPolicy } from '@bulkhead/model'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { collect, isOn } from '../globals.ts'
import type { Unseen } from '../progress/index.ts'
import { replicas } from './replicas.ts'
import { seconds } from './seconds.ts'

/** What `--take-over` is for. */
export const takeOver =
  'keep the project here though another Bulkhead does: for when that one is gone for good'

/** What `up` and `create` have in common, as commander names it. */
export interface BringOptions {
  readonly build?: boolean
  /** `--build` itself: commander keeps one value for it and its opposite. */
  readonly buildAsked?: boolean
  readonly noBuild?: boolean
  readonly pull?: PullPolicy
  readonly quietPull?: boolean
  readonly quietBuild?: boolean
  readonly forceRecreate?: boolean
  /** False with `--no-recreate`. */
  readonly recreate: boolean
  readonly removeOrphans?: boolean
  readonly takeOver?: boolean
  readonly scale?: readonly string[]
  readonly yes?: boolean
  readonly timeout?: string
}

/** Adds the flags that `up` and `create` share. */
export function declareBringing(command: Command): Command {
  command
    .option('--build', 'build images though they exist')
    .option('--no-build', 'build no image, even where one is missing')
    .addOption(
      new Option('--pull <policy>', "in place of the services' own pull_policy").choices(pullPolicies),
    )
    .option('--quiet-pull', 'show nothing of how far pulls are')
    .option('--force-recreate', 'recreate containers though nothing has changed')
    .option('--no-recreate', 'leave containers that are there as they are, until the next up without this')
    .option('--remove-orphans', 'remove containers of services that the files no longer have')
    .option('--take-over', takeOver)
    .option(
      '-y, --yes',
      'make volumes again whose definition has changed, without asking: their data is lost',
    )
    .option(
      '--scale <service=number>',
      'run this many containers of a service, until the next up without this; repeatable',
      collect,
    )
  command.on('option:build', () => command.setOptionValue('buildAsked', true))
  command.on('option:no-build', () => command.setOptionValue('noBuild', true))
  return command
}

/** The part of the request that the shared flags give. @throws BulkheadError BH_USAGE */
export function bringRequest(options: BringOptions, context: Context): Omit<DeployRequest, 'action'> {
  const { buildAsked = false, noBuild = false, forceRecreate = false, recreate } = options
  if (buildAsked && noBuild) throw usageError('--build and --no-build contradict each other.')
  if (forceRecreate && !recreate)
    throw usageError('--force-recreate and --no-recreate contradict each other.')
  return {
    build: buildAsked ? true : undefined,
    noBuild: noBuild ? true : undefined,
    pull: options.pull,
    recreate: forceRecreate ? 'always' : recreate ? undefined : 'never',
    recreateVolumes: options.yes === true ? 'all' : undefined,
    scale: replicas('--scale', options.scale ?? []),
    removeOrphans: options.removeOrphans ?? isOn(context.env.COMPOSE_REMOVE_ORPHANS),
    takeOver: options.takeOver,
    timeoutSeconds: seconds('--timeout', options.timeout),
  }
}

/** Operations whose progress is not to be shown. */
export function unseen({
  quietPull = false,
  quietBuild = false,
}: Pick<BringOptions, 'quietPull' | 'quietBuild'>): Unseen {
  return { pullImage: quietPull, buildImage: quietBuild }
}
