import { hostname } from 'node:os'
import type { Context } from './context.ts'

/** Who asks, for the history: `ann@desk`. */
export function actor({ env, user }: Pick<Context, 'env' | 'user'>): string {
  return `${env['USER'] ?? `uid ${user.uid ?? '?'}`}@${hostname()}`.slice(0, 200)
}
