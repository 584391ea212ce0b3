import { spawn } from 'node:child_process'
import { Agent } from 'node:http'
import type { AgentOptions } from 'node:http'
import { Duplex } from 'node:stream'
import type { Route } from './address.ts'

/** How much of what ssh says is kept for an error. */
const wordsKept = 2000

/**
 * Carries HTTP over `ssh HOST docker system dial-stdio`, as Docker's client
 * does: the user's own ssh, its configuration, keys and agent. One process a
 * connection, kept alive between requests.
 */
export class SshAgent extends Agent {
  readonly #route: Extract<Route, { kind: 'ssh' }>
  readonly #command: string

  constructor(route: Extract<Route, { kind: 'ssh' }>, command: string, options: AgentOptions) {
    super(options)
    this.#route = route
    this.#command = command
  }

  // The declared return type is a socket's; Node's agent asks no more of it than of a Duplex.
  override createConnection(): Duplex {
    return dialStdio(this.#command, sshArguments(this.#route))
  }
}

function sshArguments({ host, port, user, socket }: Extract<Route, { kind: 'ssh' }>): readonly string[] {
  const remote = socket === '' ? [] : ['--host', `unix://${socket}`]
  const login = user === '' ? [] : ['-l', user]
  const at = port === '' ? [] : ['-p', port]
  return [
    '-o',
    'ConnectTimeout=30',
    '-T',
    ...login,
    ...at,
    '--',
    host,
    'docker',
    ...remote,
    'system',
    'dial-stdio',
  ]
}

function dialStdio(command: string, args: readonly string[]): Duplex {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    words = (words + chunk).slice(-wordsKept)
  })
  const connection = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void child.stdin.write(chunk, done),
    final: (done) => void child.stdin.end(done),
    destroy: (error, done) => {
      child.kill()
      done(error)
    },
  })
  child.stdout.on('data', (chunk: Buffer) => {
    if (!connection.push(chunk)) child.stdout.pause()
  })
  child.stdin.on('error', () => undefined)
  child.on('error', (error) => connection.destroy(error))
  child.on('close', (status) => {
    if (status === 0) connection.push(null)
    else if (!connection.destroyed)
      connection.destroy(new Error(`ssh: ${words.trim() || `ended with status ${String(status)}`}`))
  })
  return Object.assign(connection, socketManners(child))
}

/** What Node's HTTP client calls on a socket beyond a stream's own methods. */
function socketManners(child: { ref(): void; unref(): void }) {
  return {
    setKeepAlive: () => undefined,
    setNoDelay: () => undefined,
    setTimeout: () => undefined,
    ref: () => child.ref(),
    unref: () => child.unref(),
  }
}
