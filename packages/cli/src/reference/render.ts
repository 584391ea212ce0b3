import { Readable } from 'node:stream'
import type { CommandEntry } from '../command.ts'
import { commands } from '../commands/index.ts'
import type { Context } from '../context.ts'
import { run } from '../program.ts'

const introduction = `# The command line

Made from \`bulkhead --help\`; do not edit. The words and flags are those of \`docker compose\` wherever the
thing exists there. Global options stand before the command.

## Variables of the environment

- \`BULKHEAD_HOST\`: daemon to talk to, as \`-H\`; no other is looked for and none is started.
- \`BULKHEAD_DATA\`: folder for what a daemon keeps, as \`--data\`.
- \`BULKHEAD_DEBUG\`: show where in bulkhead an unexpected error comes from.
- \`COMPOSE_FILE\`, \`COMPOSE_PATH_SEPARATOR\`, \`COMPOSE_PROJECT_NAME\`, \`COMPOSE_PROFILES\`, \`COMPOSE_ENV_FILES\`,
  \`COMPOSE_DISABLE_ENV_FILE\`: as in Compose.
- \`COMPOSE_PROGRESS\`, \`COMPOSE_ANSI\`, \`COMPOSE_PARALLEL_LIMIT\`, \`COMPOSE_REMOVE_ORPHANS\`: as \`--progress\`, \`--ansi\`,
  \`--parallel\` and \`--remove-orphans\`. They are taken from \`.env\` or \`--env-file\` too.
- \`DOCKER_HOST\`, \`DOCKER_CONTEXT\`, \`DOCKER_CONFIG\`: the engine that you would use. A daemon on another refuses; a
  daemon that is started takes it.
- \`NO_COLOR\`: no colors.

## Exit codes

- 0: done.
- 1: a problem, which has been printed.
- 16: wrong use of the command line.
- 130: ended by Ctrl-C.

## Which daemon

With \`-H\` or \`BULKHEAD_HOST\`: that one and no other. Else the system's, \`/run/bulkhead/bulkhead.sock\`; else your own,
\`$XDG_RUNTIME_DIR/bulkhead/bulkhead.sock\` (without \`XDG_RUNTIME_DIR\`: in a folder of yours among the temporary
files). When none answers, the commands that need one start your own (root: the system's) and say so. It keeps its data and
its log in \`$XDG_STATE_HOME/bulkhead\`, else \`~/.local/state/bulkhead\` (root: \`/var/lib/bulkhead\`).
`

/** docs/reference/cli.md: the help of every command, as the command itself prints it. */
export async function renderReference(): Promise<string> {
  const paths = [[], ...(await pathsOf(commands, []))]
  const sections: string[] = []
  for (const path of paths) sections.push(await section(path))
  return `${introduction}\n${sections.join('\n')}`
}

async function pathsOf(
  entries: readonly CommandEntry[],
  parent: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const paths: (readonly string[])[] = []
  for (const entry of entries) {
    const path = [...parent, entry.name]
    const { subcommands = [] } = await entry.load()
    paths.push(path, ...(await pathsOf(subcommands, path)))
  }
  return paths
}

async function section(path: readonly string[]): Promise<string> {
  let help = ''
  await run(
    [...path, '--help'],
    contextFor((text) => (help += text)),
  )
  return `## ${['bulkhead', ...path].join(' ')}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`
}

/** A context in which nothing can be done but print. */
function contextFor(print: (text: string) => void): Context {
  const nothing = () => {}
  return {
    terminal: {
      out: print,
      err: print,
      write: () => Promise.resolve(),
      raw: () => () => {},
      inIsTty: false,
      outIsTty: false,
      errIsTty: false,
      columns: () => 100,
      rows: () => 1000,
      onResize: () => nothing,
    },
    env: {},
    cwd: '/',
    stdin: Readable.from([]),
    user: { uid: undefined, home: '/', temporary: '/' },
    spawn: () => {
      throw new Error('help starts no process')
    },
    daemonEntry: () => '/',
    now: () => 0,
    onInterrupt: () => nothing,
    systemSocket: '/',
  }
}
