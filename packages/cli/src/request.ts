import type { Client } from '@bulkhead/client'
import { isBulkheadError } from '@bulkhead/model'
import type { Project } from '@bulkhead/model'
import type { Asked } from './command.ts'
import type { Context } from './context.ts'
import { findOrStartDaemon } from './daemon/find.ts'
import { exitCodes } from './exit.ts'
import type { Globals } from './globals.ts'
import { createProgress } from './progress/index.ts'
import type { Progress, Unseen } from './progress/index.ts'
import { sendContexts } from './project/contexts.ts'
import { findLogins } from './project/logins.ts'
import { deployAsking } from './volumes.ts'

export interface Errand {
  /** Said when there was nothing to do. */
  readonly nothing: string
  /** A project that nobody knows is one with nothing to do. */
  readonly mayBeUnknown?: boolean
  readonly unseen?: Unseen
  /** Its images may be pulled: the user's logins go along. With the deployment alone: a plan is kept, and a login is not. */
  readonly pulls?: Project
  /** What comes after a deployment that succeeded. */
  readonly afterwards?: (client: Client, progress: Progress) => Promise<void>
}

/**
 * Asks the daemon for one thing and shows how it is done. Ctrl-C ends the
 * watching; the daemon goes on.
 *
 * @returns the exit code.
 */
export async function carryOut(
  { request, contexts, warnings }: Asked,
  { nothing, mayBeUnknown = false, unseen, pulls, afterwards }: Errand,
  globals: Globals,
  context: Context,
): Promise<number> {
  const client = await findOrStartDaemon(globals, context)
  const progress = createProgress(request.action, globals, context, unseen)
  const interruption = new AbortController()
  const endInterrupt = context.onInterrupt(() => interruption.abort())
  try {
    for (const warning of warnings) progress.problem(warning)
    await sendContexts(contexts, client, progress)
    const credentials =
      pulls === undefined ? undefined : await findLogins(Object.values(pulls.services), context)
    const whole = credentials === undefined ? request : { ...request, credentials }
    const { operations } = await deployAsking(client, whole, progress, {
      context,
      signal: interruption.signal,
    })
    if (operations === 0) progress.say(nothing)
    await afterwards?.(client, progress)
    return exitCodes.ok
  } catch (error) {
    if (mayBeUnknown && isBulkheadError(error) && error.code === 'BH_PROJECT_NOT_FOUND') {
      progress.say(nothing)
      return exitCodes.ok
    }
    if (!interruption.signal.aborted) throw error
    progress.say(`The ${request.action} of ${String(request.project)} goes on in the daemon.`)
    return exitCodes.interrupted
  } finally {
    progress.close()
    endInterrupt()
  }
}
