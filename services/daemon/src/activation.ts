import { BulkheadError } from '@bulkhead/model'

/** Descriptors that a service manager hands over begin here. */
const firstDescriptor = 3

/**
 * The socket that the service manager listens on for us, as sd_listen_fds(3)
 * has it: a descriptor; undefined when there is none. The variables that tell
 * of it are taken out of `env`, so that no child process takes it for its own.
 *
 * @throws BulkheadError BH_DAEMON_START_FAILED where it hands over more than one.
 */
export function inheritedSocket(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_PID: addressee, LISTEN_FDS: count } = env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  if (count === undefined || addressee !== String(pid)) return undefined
  if (count === '1') return firstDescriptor
  throw new BulkheadError('BH_DAEMON_START_FAILED', `The service manager handed over ${count} sockets.`, {
    hint: 'Give bulkheadd.socket one ListenStream alone.',
  })
}
