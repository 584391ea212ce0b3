import type { FastifyInstance } from 'fastify'
import { parseTime } from '../clock.ts'
import { containerNamed } from '../container.ts'
import type { Container } from '../state/container.ts'
import { flag } from '../json.ts'
import { encodeEntry, isWanted, selectEntries } from '../log.ts'
import type { LogEntry, LogQuery } from '../log.ts'
import { Refusal } from '../refusal.ts'
import { answer, parameterOf, queryOf, stream } from '../wire.ts'
import type { World } from '../state/world.ts'

/** Logs and numbers of containers. */
export function streamRoutes(app: FastifyInstance, world: World): void {
  app.get('/containers/:id/logs', (request, reply) => {
    const given = queryOf(request)
    const container = containerNamed(world, parameterOf(request, 'id'))
    const query = logQuery(given)
    const framed = container.config['Tty'] !== true
    const encode = (entry: LogEntry): Buffer => encodeEntry(entry, query.timestamps, framed)
    const out = stream(request, reply, logType(world, framed))
    for (const entry of selectEntries(container.log.entries, query)) out.write(encode(entry))
    if (!flag(given['follow']) || container.running === undefined) {
      out.end()
      return
    }
    const forget = container.log.listen((entry) => {
      if (isWanted(query, entry)) out.write(encode(entry))
    })
    const waiting = whenOver(container, () => out.end())
    out.onClose(() => {
      forget()
      waiting()
    })
  })
  // Who attaches without an upgrade of the connection is told in plain text.
  app.post('/containers/:id/attach', (request, reply) => {
    try {
      containerNamed(world, parameterOf(request, 'id'))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return reply.status(error.status).type('text/plain').send(error.message)
    }
    throw new Refusal(400, 'attaching needs an upgrade of the connection')
  })
  app.get('/containers/:id/stats', (request, reply) => {
    const container = containerNamed(world, parameterOf(request, 'id'))
    return answer(reply, {
      id: container.id,
      name: `/${container.name}`,
      cpu_stats: { cpu_usage: { total_usage: 0 }, system_cpu_usage: 0, online_cpus: 2 },
      precpu_stats: { cpu_usage: { total_usage: 0 }, system_cpu_usage: 0, online_cpus: 2 },
      memory_stats: { usage: 0, limit: 0 },
      pids_stats: { current: container.running === undefined ? 0 : 1 },
      networks: {},
    })
  })
}

/** Media type of what a container wrote: newer engines tell framed streams from raw ones. */
export function logType({ rules }: World, framed: boolean): string {
  return framed && !rules.dieFirst
    ? 'application/vnd.docker.multiplexed-stream'
    : 'application/vnd.docker.raw-stream'
}

/** A log that is followed ends with the container, also with one that its policy restarts. */
export function whenOver(container: Container, work: () => void): () => void {
  const { running } = container
  container.overs.add(work)
  if (running === undefined) work()
  return () => container.overs.delete(work)
}

function logQuery(given: Readonly<Record<string, string | undefined>>): LogQuery {
  const { stdout, stderr, timestamps, tail, since, until } = given
  if (!flag(stdout) && !flag(stderr))
    throw new Refusal(400, 'Bad parameters: you must choose at least one stream')
  const moment = (text: string | undefined): bigint | undefined =>
    text === undefined || text === '' || text === '0' ? undefined : parseTime(text)
  return {
    stdout: flag(stdout),
    stderr: flag(stderr),
    timestamps: flag(timestamps),
    tail: tail === undefined || tail === 'all' || !/^\d+$/u.test(tail) ? undefined : Number(tail),
    since: moment(since),
    until: moment(until),
  }
}
