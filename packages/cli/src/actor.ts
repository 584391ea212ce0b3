import { hostname, userInfo } from 'node:os'
import type { Context } from './context.ts'

/** Who asks, for the history: `ann@desk`. */
export function actor({ env, user }: Pick<Context, 'env' | 'user'>): string {
  return `${env['USER'] ?? nameOf(user.uid)}@${hostname()}`.slice(0, 200)
}

function nameOf(uid: number | undefined): string {
  try {
    return userInfo().username
  } catch {
    // A user id without an entry in the user database, as in many containers.
    return `uid ${uid ?? '?'}`
  }
}
