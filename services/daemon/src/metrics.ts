import type { Engine, EngineEvent } from '@bulkhead/engine'
import { isBulkheadError } from '@bulkhead/model'
import type { Observer } from '@bulkhead/reconciler'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics extends Observer {
  /** The engine, each of its calls timed. */
  timed(engine: Engine): Engine
  deploymentEnded(action: string, outcome: string): void
  /** Counts restarts. */
  engineEvent(event: EngineEvent): void
  /** Prometheus' text format. */
  text(): Promise<string>
  readonly contentType: string
}

/** What is asked for when the metrics are read, and not counted as it happens. */
export interface Gauges {
  readonly projects: () => number
  /** Projects that wait for a round. */
  readonly waiting: () => number
  /** Operations that wait for their turn on the engine. */
  readonly operationsWaiting?: () => number
  /** Differences that are known and not put right. */
  readonly drift?: () => number
}

const seconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300]

/** Streams and what takes as long as it takes say nothing of how quick the engine is. */
const untimed = new Set(['events', 'logs', 'close', 'pullImage', 'buildImage', 'pushImage'])

/** What the daemon counts, in Prometheus' terms: base units, `_total` for what only grows. */
export function createMetrics({ projects, waiting, operationsWaiting, drift }: Gauges): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const durations = (what: string, help: string, labelNames: readonly string[]): Histogram =>
    new Histogram({
      name: `bulkhead_${what}_duration_seconds`,
      help,
      labelNames: [...labelNames],
      buckets: seconds,
      registers,
    })
  const rounds = durations('round', 'Rounds of the loop, by what came of them: settled, changed or failed.', [
    'outcome',
  ])
  const operations = durations(
    'operation',
    'Operations on the engine, by type and outcome: done or failed.',
    ['type', 'outcome'],
  )
  const calls = durations(
    'engine_call',
    'Calls of the engine, by name and outcome: ok, or the code of the error.',
    ['call', 'outcome'],
  )
  const deployments = new Counter({
    name: 'bulkhead_deployments_total',
    help: 'Deployments that have ended, by action and outcome.',
    labelNames: ['action', 'outcome'],
    registers,
  })
  const gauge = (name: string, help: string, ask: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(ask())
      },
    })
  gauge('bulkhead_projects', 'Projects that are kept.', projects)
  gauge('bulkhead_projects_waiting', 'Projects that wait for a round.', waiting)

  if (operationsWaiting !== undefined)
    gauge(
      'bulkhead_operations_waiting',
      'Operations that wait for their turn on the engine.',
      operationsWaiting,
    )
  if (drift !== undefined)
    gauge('bulkhead_drift', 'Differences from what was asked for that are known and not put right.', drift)
  const restarts = new Counter({
    name: 'bulkhead_container_restarts_total',
    help: 'Containers that were started again after they had ended, by whomever.',
    labelNames: ['project', 'service'],
    registers,
  })
  /** Containers that have ended and are still there. */
  const ended = new Set<string>()

  const time = (call: string, outcome: string, began: number): void =>
    calls.observe({ call, outcome }, (performance.now() - began) / 1000)
  const timedCall =
    (call: string, method: (...args: readonly unknown[]) => unknown, engine: Engine) =>
    (...args: readonly unknown[]): unknown => {
      const began = performance.now()
      const answer = method.apply(engine, [...args])
      if (!(answer instanceof Promise)) return answer
      answer.then(
        () => time(call, 'ok', began),
        (error: unknown) => time(call, isBulkheadError(error) ? error.code : 'error', began),
      )
      return answer
    }

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    engineEvent({ type, action, id, project, service }) {
      if (type !== 'container' || project === undefined || service === undefined) return
      if (action === 'die') ended.add(id)
      if (action === 'destroy') ended.delete(id)
      if (action === 'start' && ended.delete(id)) restarts.inc({ project, service })
    },
    roundEnded: ({ outcome, milliseconds }) => rounds.observe({ outcome }, milliseconds / 1000),
    operationEnded: ({ operation: { type }, outcome, milliseconds }) =>
      operations.observe({ type, outcome }, milliseconds / 1000),
    deploymentEnded: (action, outcome) => deployments.inc({ action, outcome }),
    timed: (engine) =>
      new Proxy(engine, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver)
          if (typeof value !== 'function' || typeof name !== 'string' || untimed.has(name)) return value
          return timedCall(name, value as (...args: readonly unknown[]) => unknown, target)
        },
      }),
  }
}
