import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProjectLogLine } from '@bulkhead/api'
import type { Engine, LogLine } from '@bulkhead/engine'
import type { LeavingContainer } from '@bulkhead/reconciler'
import type { FastifyBaseLogger } from 'fastify'

/** The last lines of containers that were removed or replaced, in files that only the daemon's user may read. */
export interface PreviousLogs {
  /** Called before a container goes. What can't be read or kept is logged, and holds nothing up for long. */
  keep(container: LeavingContainer): Promise<void>
  /** Services of which something is kept. */
  services(project: string): readonly string[]
  /** Container by container, the one that went first first. */
  lines(project: string, services: readonly string[]): readonly ProjectLogLine[]
  forget(project: string): void
}

export interface PreviousLogsOptions {
  /** Absolute. */
  readonly folder: string
  readonly engine: Pick<Engine, 'logs'>
  readonly now: () => Date
  readonly log: Pick<FastifyBaseLogger, 'warn'>
  /** Kept of each container at most, in KiB; 0: nothing. */
  readonly kib: number
  /** Containers of a service of which something is kept. @default 5 */
  readonly containers?: number
}

/** Lines that are asked of the engine; the limit in bytes cuts them further. */
const mostLines = 5000
/** Milliseconds that the engine gets to tell them. */
const patienceMs = 3000

interface Kept {
  readonly container: string
  readonly lines: readonly LogLine[]
}

export function createPreviousLogs({
  folder,
  engine,
  now,
  log,
  kib,
  containers = 5,
}: PreviousLogsOptions): PreviousLogs {
  // A service may be called `..`.
  const folderOf = (project: string, service: string): string => join(folder, project, `@${service}`)

  const read = async (id: string): Promise<readonly LogLine[]> => {
    const lines: LogLine[] = []
    const signal = AbortSignal.timeout(patienceMs)
    const options = { follow: false, tail: mostLines, timestamps: true, signal }
    for await (const line of engine.logs(id, options)) lines.push(line)
    return lastOf(lines, kib * 1024)
  }

  const prune = (path: string): void => {
    const names = namesIn(path)
    for (const name of names.slice(0, Math.max(0, names.length - containers))) rmSync(join(path, name))
  }

  return {
    async keep({ project, service, container, name }) {
      if (kib === 0) return
      try {
        const lines = await read(container)
        if (lines.length === 0) return
        const path = folderOf(project, service)
        mkdirSync(path, { recursive: true, mode: 0o700 })
        const kept: Kept = { container: name, lines }
        const file = `${now().toISOString().replaceAll(':', '')}-${container.slice(0, 12)}.json`
        writeFileSync(join(path, file), JSON.stringify(kept), { mode: 0o600 })
        prune(path)
      } catch (error) {
        log.warn({ project, service, container: name, error: String(error) }, 'last lines are not kept')
      }
    },
    services: (project) => namesIn(join(folder, project)).map((name) => name.slice(1)),
    lines: (project, services) =>
      services.flatMap((service) => {
        const path = folderOf(project, service)
        return namesIn(path).flatMap((file) => {
          const { container, lines } = JSON.parse(readFileSync(join(path, file), 'utf8')) as Kept
          return lines.map(({ stream, text, time }): ProjectLogLine => ({
            service,
            container,
            stream,
            text,
            ...(time === undefined ? {} : { time }),
          }))
        })
      }),
    forget: (project) => rmSync(join(folder, project), { recursive: true, force: true }),
  }
}

/** In order: names begin with the time. */
function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path).toSorted()
  } catch {
    return []
  }
}

/** The last lines that go into so many bytes. */
function lastOf(lines: readonly LogLine[], most: number): readonly LogLine[] {
  let bytes = 0
  const from = lines.findLastIndex(({ text }) => {
    bytes += Buffer.byteLength(text) + 1
    return bytes > most
  })
  return lines.slice(from + 1)
}
