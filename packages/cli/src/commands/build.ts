import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { askWithFiles, named } from '../project/ask.ts'
import type { AskedWithFiles } from '../project/ask.ts'
import { loadProject } from '../project/load.ts'
import { carryOut } from '../request.ts'
import { collect } from './collect.ts'
import { quietly } from './quietly.ts'
import { checkServices } from './services.ts'

interface BuildOptions {
  readonly pull?: boolean
  readonly cache: boolean
  readonly buildArg: readonly string[]
  readonly withDependencies?: boolean
  readonly push?: boolean
  readonly quiet?: boolean
  readonly memory?: string
  readonly builder?: string
}

export const build: CommandModule = {
  description: `Builds the images of services that have a \`build\` section, and of what they are built upon. No container is
touched: \`up\` takes the new image.`,
  examples: [
    ['bulkhead build', 'all of them'],
    ['bulkhead build --pull --no-cache web', 'one, from the newest base, every step anew'],
    ['bulkhead build --push', 'and send those with an `image` to their registry'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('--pull', 'pull newer images to build upon')
      .option('--no-cache', 'do every step anew')
      .option('--build-arg <name=value>', 'set an argument; NAME alone takes it from here', collect, [])
      .option('--with-dependencies', 'also what the services depend on')
      .option('--push', 'push what was built')
      .option('-m, --memory <bytes>', 'refused: BuildKit knows no limit')
      .option('--builder <name>', "refused: the engine's own builder builds")
      .option('-q, --quiet', 'print nothing of how it is done'),
  ask: askBuild,
  run: runBuild,
}

async function askBuild(
  { globals, args, options: raw }: Invocation,
  context: Context,
): Promise<AskedWithFiles> {
  const options = raw as unknown as BuildOptions
  refuse(options)
  const buildArguments = assigned(options.buildArg, context)
  const loaded = await loadProject(globals, context, args)
  const { name, services, disabledServices } = loaded.project
  checkServices(args, Object.keys({ ...services, ...disabledServices }), name)
  return askWithFiles(
    loaded,
    {
      action: 'build',
      ...named(args),
      includeDependencies: options.withDependencies,
      noCache: options.cache ? undefined : true,
      pullBases: options.pull,
      push: options.push,
      buildArguments: Object.keys(buildArguments).length === 0 ? undefined : buildArguments,
      parallel: globals.parallel,
    },
    context,
  )
}

async function runBuild(invocation: Invocation, context: Context): Promise<number> {
  const { quiet = false } = invocation.options as unknown as BuildOptions
  const asked = await askBuild(invocation, context)
  const errand = { nothing: 'Nothing to do: no service is to be built.', pulls: asked.project }
  return carryOut(asked, errand, quietly(invocation.globals, quiet), context)
}

function refuse({ builder, memory }: BuildOptions): void {
  if (builder !== undefined && builder !== '' && builder !== 'default') {
    throw usageError(
      "--builder names a builder of buildx; bulkhead builds with the engine's own.",
      'Leave it out, or build with `docker buildx bake` and then `bulkhead up --no-build`.',
    )
  }
  if (memory !== undefined && memory !== '0') {
    throw usageError('--memory asks for a limit that BuildKit does not know.', 'Leave it out.')
  }
}

/** `NAME` alone stands for the caller's own; one that is not set is left out, as with Compose. */
function assigned(given: readonly string[], { env }: Context): Record<string, string> {
  return Object.fromEntries(
    given.flatMap((entry) => {
      const at = entry.indexOf('=')
      if (at > 0) return [[entry.slice(0, at), entry.slice(at + 1)] as const]
      if (at === 0) throw usageError(`--build-arg takes NAME=VALUE or NAME, not "${entry}".`)
      const value = env[entry]
      return value === undefined ? [] : [[entry, value] as const]
    }),
  )
}
