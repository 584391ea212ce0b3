import type { TestEngine } from './engine.ts'

/**
 * The environment of commands and daemons that are about a test engine.
 *
 * @param socket of the daemon that the command line is to ask.
 * @param dockerHost where the engine is reached, if not at its own socket.
 */
export function environmentOf(
  engine: Pick<TestEngine, 'dockerHost' | 'dockerConfig'>,
  socket: string,
  dockerHost: string = engine.dockerHost,
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DOCKER_HOST: dockerHost,
    DOCKER_CONFIG: engine.dockerConfig,
    BULKHEAD_HOST: `unix://${socket}`,
    NO_COLOR: '1',
  }
}
