import type { Command } from 'commander'
import type { Client } from '@bulkhead/client'
import type { CommandModule } from '../command.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes } from '../exit.ts'
import { projectName } from '../project/load.ts'

/** A command that asks one thing of the daemon about one project: named, or that of the folder. */
function about(
  description: string,
  examples: NonNullable<CommandModule['examples']>,
  ask: (client: Client, project: string) => Promise<void>,
  done: (project: string) => string,
): CommandModule {
  return {
    description,
    examples,
    declare: (command: Command) => command.argument('[project]', 'its name (default: that of the files)'),
    async run({ globals, args }, context) {
      const project = args[0] ?? (await projectName(globals, context))
      await ask(await findOrStartDaemon(globals, context), project)
      context.terminal.out(`${done(project)}\n`)
      return exitCodes.ok
    },
  }
}

export const suspend = about(
  'Has reconciling of a project rest, over restarts of the daemon too: what happens to it is seen and shown, and nothing is put right. A running deployment is canceled, new ones are refused.',
  [['bulkhead suspend shop', 'to work on its containers by hand']],
  (client, project) => client.suspend(project),
  (project) => `Reconciling of ${project} rests. \`bulkhead resume ${project}\` has it go on.`,
)

export const resume = about(
  'Has reconciling of a suspended project go on: it is brought back to what was asked for.',
  [['bulkhead resume shop', 'what was changed by hand meanwhile is put right']],
  (client, project) => client.resume(project),
  (project) => `Reconciling of ${project} goes on.`,
)

export const release = about(
  'Stops keeping a project and leaves all of it as it runs, for Docker Compose or another Bulkhead to take over. Its revisions are forgotten.',
  [['bulkhead release shop', 'nothing is stopped']],
  (client, project) => client.release(project),
  (project) => `${project} is kept no more. What runs of it runs on.`,
)
