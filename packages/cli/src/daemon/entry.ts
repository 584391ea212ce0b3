import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BulkheadError } from '@bulkhead/model'

/**
 * The file that runs the daemon. It's found by its path, never imported as a
 * module of ours: the two meet over the socket only.
 */
export function daemonEntry(): string {
  const path = fileURLToPath(new URL('dist/bulkheadd.js', packageFolder()))
  if (existsSync(path)) return path
  throw new BulkheadError('BH_DAEMON_START_FAILED', `The daemon is not built: ${path} is missing.`, {
    hint: 'Run `npm run build`.',
  })
}

function packageFolder(): URL {
  const daemonPackage = '@bulkhead/daemon'
  try {
    return new URL('..', import.meta.resolve(daemonPackage))
  } catch (error) {
    throw new BulkheadError('BH_DAEMON_START_FAILED', `The daemon (${daemonPackage}) is not installed.`, {
      hint: 'Install bulkhead whole, or give the address of a running daemon with -H.',
      cause: error,
    })
  }
}
