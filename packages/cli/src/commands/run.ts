import type { Command } from 'commander'
import type { RunRequest } from '@bulkhead/client'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { chosenEngine } from '../daemon/engine.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { isOn } from '../globals.ts'
import type { Globals } from '../globals.ts'
import { createProgress } from '../progress/index.ts'
import { toBundle } from '../project/bundle.ts'
import { digestsOf, packContexts, sendContexts } from '../project/contexts.ts'
import { loadProject } from '../project/load.ts'
import { findLogins } from '../project/logins.ts'
import { unseen } from './bring.ts'
import { collect } from './collect.ts'
import { runRequest } from './run-request.ts'
import type { RunFlags } from './run-request.ts'
import { checkServices } from './services.ts'

interface RunOptions extends RunFlags {
  readonly quiet?: boolean
  readonly quietBuild?: boolean
  readonly quietPull?: boolean
  readonly removeOrphans?: boolean
  readonly envFromFile: readonly string[]
}

export const runCommand: CommandModule = {
  description: `Runs a command once, in a container of its own that is made as the service asks for, behind the same wall.
What the service depends on is brought up first. Its ports are published only with --service-ports. Its exit
code becomes that of bulkhead.`,
  examples: [
    ['bulkhead run --rm web sh', 'a shell in a container like those of web'],
    ['bulkhead run --rm --no-deps web npm test', 'without the services that web needs'],
    ['bulkhead run --rm -T db psql < dump.sql', 'input from a file'],
  ],
  declare: (command: Command) =>
    command
      .argument('<service>', 'whose container')
      .argument('[command...]', "program and arguments, in place of the service's own")
      .passThroughOptions()
      .option('-d, --detach', 'start it, print its name and return')
      .option('--rm', 'remove it when it has ended, with its anonymous volumes')
      .option('-e, --env <name=value>', 'set a variable; NAME alone takes it from here', collect, [])
      .option('--env-from-file <file>', 'set the variables of a file', collect, [])
      .option('-l, --label <name=value>', 'add a label', collect, [])
      .option('--name <name>', 'give the container this name')
      .option('-u, --user <user>', 'as this user')
      .option('-w, --workdir <folder>', 'in this folder of the container')
      .option('--entrypoint <program>', "in place of the image's own")
      .option('--cap-add <capability>', 'add a Linux capability', collect, [])
      .option('--cap-drop <capability>', 'drop a Linux capability', collect, [])
      .option('-v, --volume <volume>', 'mount this too', collect, [])
      .option('-p, --publish <port>', 'publish a port', collect, [])
      .option('-P, --service-ports', "publish the service's own ports")
      .option('--use-aliases', "go by the service's names on its networks")
      .option('--no-deps', 'leave the services alone that it depends on')
      .option('--build', 'build images though they exist')
      .option('--pull <policy>', 'always, missing or never')
      .option('-q, --quiet', 'print nothing of what is done before')
      .option('--quiet-build', 'print nothing of the build')
      .option('--quiet-pull', 'print nothing of the pull')
      .option('--remove-orphans', 'remove containers of services that the files no longer have')
      .option('-i, --interactive [bool]', 'hand on standard input', 'true')
      .option('-T, --no-tty', 'without a terminal'),
  run: runRun,
}

async function runRun({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const options = raw as unknown as RunOptions
  const [service, ...command] = args
  if (service === undefined) throw usageError('run needs a service.')
  const loaded = await loadProject(globals, context, [service])
  const { project } = loaded
  checkServices([service], Object.keys(project.services), project.name)
  const request = await runRequest(service, command, options, context)

  const client = await findOrStartDaemon(globals, context)
  const progress = createProgress('run', progressOf(globals, options), context, unseen(options))
  const interruption = new AbortController()
  const endInterrupt = context.onInterrupt(() => interruption.abort())
  try {
    for (const warning of loaded.warnings) progress.problem(warning)
    const contexts = await packContexts(loaded)
    await sendContexts(contexts, client, progress)
    const bundle = toBundle(loaded, digestsOf(contexts))
    const engine = chosenEngine(context)
    const removeOrphans = options.removeOrphans ?? isOn(context.env.COMPOSE_REMOVE_ORPHANS)
    const credentials = await findLogins(Object.values(project.services), context)
    const whole: RunRequest = {
      ...request,
      credentials,
      // The wire's form of the bundle has no undefined fields.
      bundle: JSON.parse(JSON.stringify(bundle)) as NonNullable<RunRequest['bundle']>,
      ...(removeOrphans ? { removeOrphans } : {}),
      ...(engine === undefined ? {} : { engine }),
    }
    const session = await client.run(project.name, whole, {
      onStep: (event) => progress.event(event),
      signal: interruption.signal,
    })
    progress.close()
    endInterrupt()
    const { id } = session
    if (id === undefined) {
      context.terminal.out(`${session.container}\n`)
      return exitCodes.ok
    }
    const { interact } = await import('../interact.ts')
    const input = request.input ?? false
    return await interact({ client, session: { ...session, id }, context, input, forwardSignals: true })
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    return exitCodes.interrupted
  } finally {
    progress.close()
    endInterrupt()
  }
}

/** With `--quiet` there is nothing but the command's own output. */
function progressOf(globals: Globals, { quiet = false }: RunOptions): Globals {
  return quiet ? { ...globals, progress: 'quiet' } : globals
}
