import type { DeployRequest } from '@bulkhead/client'
import type { Project } from '@bulkhead/model'
import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { chosenEngine } from '../daemon/engine.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { deployAsking } from '../volumes.ts'
import { exitCodes, usageError } from '../exit.ts'
import { createProgress } from '../progress/index.ts'
import { toBundle } from '../project/bundle.ts'
import { digestsOf, packContexts, sendContexts } from '../project/contexts.ts'
import { loadProject } from '../project/load.ts'
import { findLogins } from '../project/logins.ts'
import { actor } from '../actor.ts'
import { attachedTo, checkAttached, declareAttached } from './attached.ts'
import type { AttachedFlags } from './attached.ts'
import { bringRequest, declareBringing, unseen, type BringOptions } from './bring.ts'
import { seconds } from './seconds.ts'
import { checkServices } from './services.ts'

interface UpOptions extends BringOptions, AttachedFlags {
  readonly detach?: boolean
  readonly rollback?: boolean
  /** False with `--no-start`. */
  readonly start: boolean
  /** False with `--no-deps`. */
  readonly deps: boolean
  readonly alwaysRecreateDeps?: boolean
  readonly renewAnonVolumes?: boolean
  readonly wait?: boolean
  readonly waitTimeout?: string
  readonly color: boolean
  readonly logPrefix: boolean
  readonly timestamps?: boolean
}

export const up: CommandModule = {
  description: `Creates and starts the services of a project, or changes what runs into what the files say now.

Only what has changed is recreated; a second up with nothing changed does nothing. Without -d the command stays and shows the output of the services; Ctrl-C stops them, a second Ctrl-C kills them.`,
  examples: [
    ['bulkhead up', 'start, and follow the output'],
    ['bulkhead up -d --wait', 'start, return when all is healthy'],
    ['bulkhead -f compose.yaml -f prod.yaml up -d web', 'two files merged; web and what it depends on'],
  ],
  declare: (command: Command) =>
    declareAttached(
      declareBringing(command)
        .argument('[services...]', 'only these, and what they depend on')
        .option('-d, --detach', 'return when the deployment is finished, and leave the services running')
        .option('--rollback', 'when it fails, go back to the newest revision that was brought up whole')
        .option(
          '--wait',
          'wait until the services run, or are healthy where they have a healthcheck; implies -d',
        )
        .option('--wait-timeout <seconds>', 'give up waiting after this long')
        .option('--quiet-build', 'show nothing of how far builds are')
        .option('--no-start', 'create containers and start none')
        .option('--no-deps', 'leave what the services depend on as it is')
        .option('--always-recreate-deps', 'recreate what the services depend on though nothing has changed')
        .option('-V, --renew-anon-volumes', 'give recreated containers new anonymous volumes')
        .option('-t, --timeout <seconds>', 'wait this long for a container to stop, then kill it')
        .option('--timestamps', 'show when each line was printed')
        .option('--no-color', 'print the output of services without colors')
        .option('--no-log-prefix', 'print the output of services without their names'),
    ),
  ask: askUp,
  run: runUp,
}

/** What `up` asks for, and the project that it is about. */
export async function askUp(
  { globals, args, options: raw }: Invocation,
  context: Context,
): Promise<Asked & { readonly project: Project }> {
  const options = raw as unknown as UpOptions
  const flags = upFlags(options, context)
  const loaded = await loadProject(globals, context, args)
  const { project, warnings } = loaded
  checkServices(args, Object.keys({ ...project.services, ...project.disabledServices }), project.name)
  const contexts = await packContexts(loaded)
  return {
    project,
    warnings,
    contexts,
    request: {
      project: project.name,
      action: options.start ? 'up' : 'create',
      ...flags,
      bundle: toBundle(loaded, digestsOf(contexts)),
      ...(args.length === 0 ? {} : { services: args }),
      allResources: globals.allResources || undefined,
      parallel: globals.parallel,
      rollback: options.rollback,
      author: actor(context),
      engine: chosenEngine(context),
    },
  }
}

function upFlags(options: UpOptions, context: Context): Omit<DeployRequest, 'action'> {
  const flags = bringRequest(options, context)
  const { alwaysRecreateDeps, renewAnonVolumes, start, wait } = options
  if (flags.recreate === 'never' && (alwaysRecreateDeps === true || renewAnonVolumes === true))
    throw usageError('--no-recreate contradicts --always-recreate-deps and --renew-anon-volumes.')
  if (!start && wait === true) throw usageError('--no-start and --wait contradict each other.')
  return {
    ...flags,
    noDependencies: options.deps ? undefined : true,
    recreateDependencies: alwaysRecreateDeps,
    renewAnonymousVolumes: renewAnonVolumes,
  }
}

async function runUp(invocation: Invocation, context: Context): Promise<number> {
  const { globals, args, options: raw } = invocation
  const options = raw as unknown as UpOptions
  const timeoutSeconds = seconds('--timeout', options.timeout)
  const waitSeconds = seconds('--wait-timeout', options.waitTimeout)
  if (waitSeconds !== undefined && options.wait !== true) throw usageError('--wait-timeout needs --wait.')
  checkAttached(options)
  const asked = await askUp(invocation, context)
  const { project } = asked

  const client = await findOrStartDaemon(globals, context)
  const progress = createProgress('up', globals, context, unseen(options))
  const interruption = new AbortController()
  const endInterrupt = context.onInterrupt(() => interruption.abort())
  const attached = options.detach !== true && options.wait !== true && options.start
  const since = new Date(context.now()).toISOString()
  try {
    for (const warning of asked.warnings) progress.problem(warning)
    await sendContexts(asked.contexts, client, progress)
    // With the deployment alone: a plan is kept, and a login is not.
    const credentials = await findLogins(Object.values(project.services), context)
    const request = { ...asked.request, credentials }
    const { operations } = await deployAsking(client, request, progress, {
      context,
      signal: interruption.signal,
    })
    if (operations === 0) progress.say('Nothing to do: everything is up to date.')
    if (options.wait === true) {
      const { waitUntilReady } = await import('../wait.ts')
      await waitUntilReady({
        client,
        project,
        services: args,
        timeoutSeconds: waitSeconds,
        progress,
        context,
      })
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    if (!attached) {
      progress.say(`The deployment of ${project.name} goes on in the daemon. Stop it with \`bulkhead down\`.`)
      return exitCodes.interrupted
    }
  } finally {
    progress.close()
    endInterrupt()
  }
  if (!attached) return exitCodes.ok
  const { attach } = await import('../attach.ts')
  return attach({
    client,
    project: project.name,
    ...attachedTo(project, args, options),
    since,
    interrupted: interruption.signal.aborted,
    timeoutSeconds,
    color: options.color,
    prefix: options.logPrefix,
    timestamps: options.timestamps ?? false,
    globals,
    context,
  })
}
