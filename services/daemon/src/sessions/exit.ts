import { setTimeout as delay } from 'node:timers/promises'

/** The output ends a moment before the program is known to have ended. */
const momentMs = 2000

/** The exit code of what has said its last word; undefined: it goes on, so somebody has detached from it. */
export function exitOrDetach(exitCode: () => Promise<number>): Promise<number | undefined> {
  return Promise.race([exitCode(), delay(momentMs, undefined, { ref: false })])
}
