import type { EngineEvent, PastEvents } from '@bulkhead/engine'
import type { ContainerSettings, EndNote, Notes, Observed, ObservedContainer, Project } from '@bulkhead/model'
import { nanoseconds } from '@bulkhead/planner'
import { momentOf } from './moment.ts'

/** A time of which the engine has not told everything. */
export interface Gap {
  /** ISO 8601, by the engine's clock: the last that was seen before it. */
  readonly since: string
  /** The engine tells less than it can remember: it was started since. */
  readonly restarted: boolean
  /** ISO 8601: the first that the engine tells after it, its own start if it was started since; undefined: nothing yet. */
  readonly told: string | undefined
}

/** What an engine that was not started anew remembers: this many events, of all kinds. */
const remembered = 256

/** The events that are news, and the gap before them; no gap: the engine still knew the last one that was seen. */
export function newsSince(
  since: string,
  { events, count }: PastEvents,
): { readonly news: readonly EngineEvent[]; readonly gap: Gap | undefined } {
  const news = events.filter(({ timeNano }) => BigInt(timeNano) > BigInt(since))
  const isWhole = events.some(({ timeNano }) => timeNano === since)
  if (isWhole) return { news, gap: undefined }
  const [first] = news
  const told = first === undefined ? undefined : momentOf(first.timeNano)
  return { news, gap: { since: momentOf(since), restarted: count < remembered, told } }
}

/** What follows for a project from a gap. */
export interface Bridge {
  /** Services that somebody stopped meanwhile → since when. */
  readonly held: Readonly<Record<string, string>>
  /** Services whose stop was the engine's own, as it went down: they are held no more. */
  readonly released: readonly string[]
  /** Containers that ended with the engine. */
  readonly ended: Readonly<Record<string, EndNote>>
  /** Containers that the engine started out of order: id → that start. */
  readonly restarts: Readonly<Record<string, string>>
}

/**
 * What must have happened in a gap, judged by what is there after it.
 *
 * Where the engine was started anew, what its policy would have running and
 * does not run ended with it, and what needed something that came up later is
 * started again in order, and what needs that too. Where it was not, only
 * somebody's stop explains that a policy did not start a container.
 */
export function bridge(
  gap: Gap,
  project: Project,
  { containers }: Pick<Observed, 'containers'>,
  notes: Notes,
): Bridge {
  const replicas = containers.filter(({ oneOff, startedAt }) => !oneOff && startedAt !== undefined)
  const isLater = (time: string | undefined, other: string): boolean =>
    Date.parse(time ?? '') > Date.parse(other)
  const up = replicas.filter(({ state }) => state === 'running')
  // Its memory may be full of its own start by now.
  const restarted =
    gap.restarted || (up.length > 0 && up.every(({ startedAt }) => isLater(startedAt, gap.since)))
  // One that was killed stops nothing as it goes: what it ran ended, for all it knows, when it came back.
  const wentDown = restarted && !replicas.some(({ finishedAt }) => isLater(finishedAt, gap.since))
  const released = restarted ? stoppedByEngine(gap, notes, wentDown) : []
  const left = replicas.filter(
    (one) =>
      notes.ended[one.id] === undefined &&
      !notes.stopping.includes(one.id) &&
      (released.includes(one.service)
        ? one.state === 'exited'
        : isOwedAStart(one) && notes.held[one.service] === undefined),
  )
  if (!restarted) {
    const held = Object.fromEntries(left.map((one) => [one.service, endOf(one)]))
    return { held, released, ended: {}, restarts: {} }
  }
  const cause = 'ended with the engine'
  const fresh = up.filter(({ startedAt }) => isLater(startedAt, gap.since))
  const ahead = fresh.filter((one) => isAhead(one, project, replicas, isLater))
  const early = withDependents(ahead, fresh, project)
  return {
    held: {},
    released,
    ended: Object.fromEntries(left.map((one) => [one.id, { at: endOf(one), cause }])),
    restarts: Object.fromEntries(early.map(({ id, startedAt = '' }) => [id, startedAt])),
  }
}

/**
 * An engine that is told to end stops every container first, one that was killed
 * stops what still runs when it comes back; both tell so as if somebody had.
 */
function stoppedByEngine(
  { since, told = since }: Gap,
  { held }: Notes,
  wentDown: boolean,
): readonly string[] {
  const [from, to] = wentDown
    ? [Date.parse(since) - patienceMs, Infinity]
    : [Date.parse(told), Date.parse(told) + patienceMs]
  return Object.entries(held)
    .filter(([, at]) => Date.parse(at) >= from && Date.parse(at) <= to)
    .map(([service]) => service)
}

/** Milliseconds that an engine may take to stop all; a stop of somebody's in that time is taken for its own. */
const patienceMs = 60_000

/** Those, and of the others all that need one of them: these start again after it. */
function withDependents(
  first: readonly ObservedContainer[],
  others: readonly ObservedContainer[],
  project: Project,
): readonly ObservedContainer[] {
  const services = new Set(first.map(({ service }) => service))
  const all = others.filter(
    (one) =>
      services.has(one.service) ||
      Object.keys(project.services[one.service]?.depends_on ?? {}).some((name) => services.has(name)),
  )
  return all.every(({ service }) => services.has(service)) ? all : withDependents(all, others, project)
}

/** True for what the engine started before a dependency was as `depends_on` asks. */
function isAhead(
  { service, startedAt = '' }: ObservedContainer,
  project: Project,
  replicas: readonly ObservedContainer[],
  isLater: (time: string | undefined, other: string) => boolean,
): boolean {
  return Object.entries(project.services[service]?.depends_on ?? {}).some(([name, { condition }]) =>
    replicas
      .filter((one) => one.service === name)
      .some(
        (one) =>
          (condition !== 'service_completed_successfully' && isLater(one.startedAt, startedAt)) ||
          (condition === 'service_healthy' &&
            (one.health !== 'healthy' || isLater(firstProbe(one, project), startedAt))),
      ),
  )
}

/** The earliest moment at which the engine can have found a container healthy: it waits before it probes. */
function firstProbe({ service, startedAt = '' }: ObservedContainer, project: Project): string | undefined {
  const {
    interval = '30s',
    start_period,
    start_interval = '5s',
  } = project.services[service]?.healthcheck ?? {}
  const wait = start_period === undefined ? nanoseconds(interval) : nanoseconds(start_interval)
  const started = Date.parse(startedAt)
  return Number.isNaN(started) ? undefined : new Date(started + wait / 1e6).toISOString()
}

/** True for what has ended though its policy starts it again. */
export function isOwedAStart({
  state,
  exitCode,
  restartCount,
  settings,
}: Pick<ObservedContainer, 'state' | 'exitCode' | 'restartCount'> & {
  readonly settings?: Pick<ContainerSettings, 'restart'>
}): boolean {
  if (state !== 'exited') return false
  const [policy, most = '0'] = settings?.restart.split(':') ?? []
  if (policy === 'always' || policy === 'unless-stopped') return true
  return policy === 'on-failure' && exitCode !== 0 && (most === '0' || restartCount < Number(most))
}

function endOf({ startedAt = '', finishedAt = '' }: ObservedContainer): string {
  return Date.parse(finishedAt) > Date.parse(startedAt) ? finishedAt : startedAt
}
