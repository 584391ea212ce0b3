import { BulkheadError } from '@bulkhead/model'
import type { Client } from '@bulkhead/client'
import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { chosenEngine } from '../daemon/engine.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { deploy } from '../deployment.ts'
import { actor } from '../actor.ts'
import { exitCodes } from '../exit.ts'
import { createProgress } from '../progress/index.ts'
import { findLoginsOfPlan } from '../project/logins.ts'
import { projectName } from '../project/load.ts'
import { revisionNumber } from './history.ts'

export const rollback: CommandModule = {
  description: `Goes back to what an earlier revision of the project says, as a new revision: the files of the folder are not
read and stay as they are. Without a number: to the newest one before the current that was brought up whole. An image that
was built or pulled again under the same name since is not brought back: name images by tags that never move, or by digest.`,
  examples: [
    ['bulkhead rollback', 'undo the last change'],
    ['bulkhead rollback 6', 'to what revision 6 said'],
  ],
  declare: (command: Command) => command.argument('[revision]', 'its number, as `bulkhead history` lists it'),
  async run({ globals, args }: Invocation, context: Context): Promise<number> {
    const given = args[0] === undefined ? undefined : revisionNumber(args[0])
    const project = await projectName(globals, context)
    const client = await findOrStartDaemon(globals, context)
    const revision = given ?? (await lastGood(client, project))
    const progress = createProgress('up', globals, context)
    const interruption = new AbortController()
    const endInterrupt = context.onInterrupt(() => interruption.abort())
    try {
      const request = {
        project,
        action: 'up' as const,
        revision,
        author: actor(context),
        engine: chosenEngine(context),
      }
      // The files of then are the daemon's: which registries they draw from, the plan tells.
      const foreseen = await client.makePlan({ ...request, keep: false })
      const credentials = await findLoginsOfPlan(foreseen, context)
      const whole = { ...request, credentials }
      const { operations } = await deploy(client, whole, progress, interruption.signal)
      if (operations === 0) progress.say(`Nothing to do: ${project} is as revision ${revision} says.`)
      return exitCodes.ok
    } catch (error) {
      if (!interruption.signal.aborted) throw error
      progress.say(`Going back to revision ${revision} goes on in the daemon.`)
      return exitCodes.interrupted
    } finally {
      progress.close()
      endInterrupt()
    }
  },
}

async function lastGood(client: Client, project: string): Promise<number> {
  const revisions = await client.revisions(project)
  const current = revisions.find((revision) => revision.current)?.number ?? Infinity
  const good = revisions.find(({ number, outcome }) => number < current && outcome === 'succeeded')
  if (good !== undefined) return good.number
  throw new BulkheadError(
    'BH_REVISION_NOT_FOUND',
    `No earlier revision of ${project} that was brought up whole is kept.`,
    { hint: 'See `bulkhead history`, and name one.' },
  )
}
