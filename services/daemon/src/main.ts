import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  containerConfigHash,
  containerConfigHashes,
  loadBundle,
  networkHash,
  volumeHash,
} from '@bulkhead/compose'
import { findCredentials } from '@bulkhead/client/credentials'
import { connect, locate } from '@bulkhead/engine'
import { BulkheadError, isBulkheadError } from '@bulkhead/model'
import { pino } from 'pino'
import { inheritedSocket } from './activation.ts'
import { startDaemon } from './daemon.ts'
import type { Daemon } from './daemon.ts'
import { noMask } from './mask.ts'
import type { Mask } from './mask.ts'
import { programFolders } from './programs/find.ts'
import { restore } from './store/backup.ts'
import { defaultRetention } from './store/retention.ts'
import type { Retention } from './store/retention.ts'
import { createTracing } from './tracing.ts'
import { ownVersion } from './version.ts'

const usage = `usage: bulkheadd [--socket PATH] [--group GROUP] [--data DIR] [--log-level LEVEL]
                 [--webhook URL] [--keep-revisions N] [--keep-events DAYS]
                 [--keep-audit DAYS] [--keep-logs KIB]
       bulkheadd --restore FILE [--data DIR]

Serves the projects of Compose files on the engine that DOCKER_HOST, or Docker's
current context, names. Listens on a Unix socket alone: the one that systemd hands
over, or its own. Logs to standard error.

  --socket PATH      where to listen (default: ${defaultSocket() ?? 'none here'})
  --group GROUP      who else may use the socket (default: "bulkhead", for root where there is one)
  --data DIR         what was asked for is kept there (default: ${defaultFolder()})
  --log-level LEVEL  debug, info, warn or error (default: info)
  --webhook URL      post what somebody should know to it, as JSON; signed with
                     $BULKHEAD_WEBHOOK_SECRET where there is one
  --keep-revisions N revisions kept of each project (default: ${defaultRetention.revisions})
  --keep-events DAYS how long events are kept (default: ${defaultRetention.eventDays})
  --keep-audit DAYS  how far the audit log goes back (default: ${defaultRetention.auditDays})
  --keep-logs KIB    kept of each container that is removed, for logs --previous (default: ${defaultRetention.logKib})
  --restore FILE     put a backup in the place of what is kept, and end
  --version          print the version
`

/** Milliseconds that a registry gets to tell what systems an image is for. */
const registryTimeoutMs = 3000

await main()

async function main(): Promise<void> {
  let daemon: Daemon
  try {
    const flags = readFlags()
    if (flags === undefined) return
    daemon = await start(flags)
  } catch (error) {
    process.stderr.write(`bulkheadd: ${sentence(error)}\n`)
    process.exitCode = isBulkheadError(error) && error.code === 'BH_USAGE' ? 16 : 1
    return
  }
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    daemon.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`bulkheadd: ${sentence(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

interface Flags {
  readonly socket: string
  readonly group: string | undefined
  readonly data: string
  readonly level: string
  readonly webhook: string | undefined
  readonly retention: Partial<Retention>
}

function readFlags(): Flags | undefined {
  const { values } = parse()
  if (values.help === true) {
    process.stdout.write(usage)
    return undefined
  }
  if (values.version === true) {
    process.stdout.write(`bulkheadd ${ownVersion()}\n`)
    return undefined
  }
  const data = resolve(values.data ?? defaultFolder())
  if (values.restore !== undefined) {
    const { kept, projects } = restore(resolve(values.restore), data, new Date())
    process.stdout.write(
      `Restored ${projects} projects into ${data}.${kept === undefined ? '' : ` What was there is kept in ${kept}.`}\n`,
    )
    return undefined
  }
  const level = values['log-level'] ?? 'info'
  if (!['debug', 'info', 'warn', 'error'].includes(level)) throw wrongUsage(`"${level}" is not a log level.`)
  const socket = values.socket ?? defaultSocket()
  if (socket === undefined) throw wrongUsage('Without XDG_RUNTIME_DIR, --socket is needed.')
  return {
    socket: resolve(socket),
    group: values.group,
    data,
    level,
    webhook: urlOf(values.webhook),
    retention: {
      ...amount('revisions', '--keep-revisions', values['keep-revisions']),
      ...amount('auditDays', '--keep-audit', values['keep-audit']),
      ...amount('logKib', '--keep-logs', values['keep-logs'], 0),
      ...amount('eventDays', '--keep-events', values['keep-events']),
    },
  }
}

function parse() {
  try {
    return parseArgs({
      options: {
        socket: { type: 'string' },
        group: { type: 'string' },
        data: { type: 'string' },
        'log-level': { type: 'string' },
        restore: { type: 'string' },
        webhook: { type: 'string' },
        'keep-revisions': { type: 'string' },
        'keep-events': { type: 'string' },
        'keep-logs': { type: 'string' },
        'keep-audit': { type: 'string' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw wrongUsage(error instanceof Error ? error.message : String(error))
  }
}

async function start({ socket, group, data, level, webhook, retention }: Flags): Promise<Daemon> {
  const inherited = inheritedSocket(process.env, process.pid)
  let mask: Mask = noMask
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => void process.stderr.write(mask(line)) },
  )
  process.on('uncaughtExceptionMonitor', (error) => log.fatal({ err: error }, 'daemon breaks'))
  const surroundings = {
    env: process.env,
    platform: process.platform,
    home: homedir(),
    readFile: (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  }
  const address = locate(surroundings)
  const engine = connect(address, { credentials: (reference) => findCredentials(reference, surroundings) })
  return startDaemon({
    socket,
    group,
    inheritedSocket: inherited,
    folder: data,
    retention,
    engine,
    engineAddress: address.url,
    // Also what no service uses: it may be asked for, and what is declared is never taken for a leftover.
    loadBundle: (bundle) => loadBundle(bundle, { unused: true }),
    composeHashes: {
      service: (_project, service, containers) => containerConfigHash(service, containers),
      forms: containerConfigHashes,
      network: networkHash,
      volume: volumeHash,
    },
    programFolders: programFolders(surroundings, address.url),
    platformsOf: (reference, login) => engine.imagePlatforms(reference, registryTimeoutMs, login),
    log,
    tracing: await createTracing(process.env),
    webhook:
      webhook === undefined ? undefined : { url: webhook, secret: process.env['BULKHEAD_WEBHOOK_SECRET'] },
    onMask: (projects) => {
      mask = projects
    },
  })
}

function urlOf(text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:/.test(text))) return text
  throw wrongUsage(`"${text}" is no http or https address.`)
}

/** @throws BulkheadError BH_USAGE for what is no whole number from `least` on. */
function amount(
  name: keyof Retention,
  flag: string,
  text: string | undefined,
  least = 1,
): Partial<Retention> {
  if (text === undefined) return {}
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return { [name]: Number(text) }
  throw wrongUsage(`${flag} takes a whole number from ${least} on, not "${text}".`)
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function defaultSocket(): string | undefined {
  if (isRoot()) return '/run/bulkhead/bulkhead.sock'
  const folder = process.env['XDG_RUNTIME_DIR']
  return folder?.startsWith('/') === true ? join(folder, 'bulkhead', 'bulkhead.sock') : undefined
}

function defaultFolder(): string {
  const { BULKHEAD_DATA: named, XDG_STATE_HOME: state } = process.env
  if (named !== undefined && named !== '') return named
  if (isRoot()) return '/var/lib/bulkhead'
  const base = state?.startsWith('/') === true ? state : join(homedir(), '.local', 'state')
  return join(base, 'bulkhead')
}

function wrongUsage(message: string): BulkheadError {
  return new BulkheadError('BH_USAGE', message, { hint: 'See `bulkheadd --help`.' })
}

function sentence(error: unknown): string {
  if (!isBulkheadError(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error)
  return error.hint === undefined
    ? `${error.message} (${error.code})`
    : `${error.message} (${error.code})\n${error.hint}`
}
