import type { EngineEvent } from '@bulkhead/engine'
import { composeLabels } from '@bulkhead/model'
import { momentOf } from './moment.ts'
import { without, type Notebook } from './notebook.ts'

/** What others did to containers, as the engine's events tell it, and what follows from it. */
export interface Holds {
  /** Services that somebody else has stopped. */
  of(project: string): ReadonlySet<string>
  /** Somebody asked for these services: they are held no more. Undefined: for all. */
  release(project: string, services: readonly string[] | undefined): void
  hold(project: string, service: string, since: string): void
  /** We are about to stop this container: its `stop` event is our own. */
  expect(project: string, container: string): void
  /** We are about to send it a signal: if that ends it, so be it. */
  signal(container: string): void
  note(event: EngineEvent): void
  stop(): void
}

export interface HoldsOptions {
  readonly notebook: Notebook
  /** A container ended that is to run again. */
  readonly onEnded: (project: string) => void
  /** Milliseconds after a container's end in which the engine may still say that it was stopped. */
  readonly graceMs?: number
}

/** The engine tells `kill`, `die` and then `stop` when it stops a container; `kill` and `die` alone when it is killed. */
const usualGraceMs = 250

/**
 * How many times as long the `stop` is waited for where it is likely: a stop
 * begins with a signal to end, and the engine takes the container off its
 * networks before it tells. A `docker kill` sends SIGKILL at once.
 */
const likelyStopFactor = 20

/** What the engine tells when somebody changes a thing, and that has no note of its own. */
const touches: ReadonlySet<string> = new Set(['rename', 'update', 'pause', 'destroy'])

/**
 * A stop from outside (the engine's `stop` event that no operation of ours
 * explains) is respected until the service is asked for or started again. A
 * container that a signal from outside ended without being stopped is to run again.
 */
export function newHolds({ notebook, onEnded, graceMs = usualGraceMs }: HoldsOptions): Holds {
  /** Signals that others sent, by container. */
  const signals = new Map<string, string>()
  const ownSignals = new Set<string>()
  const verdicts = new Map<string, NodeJS.Timeout>()

  const forget = (id: string): void => {
    signals.delete(id)
    ownSignals.delete(id)
    clearTimeout(verdicts.get(id))
    verdicts.delete(id)
  }

  const hold = (project: string, service: string, since: string): void =>
    notebook.later(project, ({ held }) => ({ held: { ...held, [service]: held[service] ?? since } }))

  function onDie(project: string, service: string, { id, timeNano, attributes }: EngineEvent): void {
    const signal = signals.get(id)
    if (signal === undefined) return
    const at = momentOf(timeNano)
    const cause = `killed from outside${signal === '' ? '' : ` (${signalName(signal)})`}`
    const verdict = setTimeout(
      () => {
        forget(id)
        const { held, stopping } = notebook.of(project)
        if (held[service] !== undefined || stopping.includes(id)) return
        notebook.later(project, ({ ended, touched }) => ({
          ended: { ...ended, [id]: { at, cause } },
          touched: { ...touched, [attributes['name'] ?? id]: { at, action: 'kill' } },
        }))
        onEnded(project)
      },
      graceMs * (isKill(signal) ? 1 : likelyStopFactor),
    )
    verdict.unref()
    clearTimeout(verdicts.get(id))
    verdicts.set(id, verdict)
  }

  function onStart(project: string, service: string, id: string, name: string): void {
    forget(id)
    notebook.later(project, ({ held, ended, stopping, touched }) => ({
      held: without(held, service),
      ended: without(ended, id),
      stopping: stopping.filter((other) => other !== id),
      touched: touched[name]?.action === 'kill' ? without(touched, name) : touched,
    }))
  }

  return {
    of: (project) => new Set(Object.keys(notebook.of(project).held)),
    hold,
    release(project, services) {
      notebook.change(project, ({ held }) => ({
        held:
          services === undefined
            ? {}
            : Object.fromEntries(Object.entries(held).filter(([name]) => !services.includes(name))),
      }))
    },
    expect(project, container) {
      notebook.change(project, ({ stopping }) => ({
        stopping: stopping.includes(container) ? stopping : [...stopping, container],
      }))
    },
    signal: (container) => void ownSignals.add(container),
    note(event) {
      const { action, id, project, service, timeNano, attributes } = event
      if (project === undefined || service === undefined) return
      // A one-off says nothing about its service.
      if (attributes[composeLabels.oneOff] === 'True') return
      const name = attributes['name'] ?? id
      const isOurs = notebook.of(project).stopping.includes(id)
      if (touches.has(action) && !isOurs)
        notebook.later(project, ({ touched }) => ({
          touched: { ...touched, [name]: { at: momentOf(timeNano), action } },
        }))
      if (action === 'start') onStart(project, service, id, name)
      if (action === 'kill' && !isOurs && !ownSignals.delete(id)) {
        const before = signals.get(id)
        // What a stop sends after its grace does not make it another thing.
        if (before === undefined || isKill(before)) signals.set(id, attributes['signal'] ?? '')
      }
      if (action === 'die') onDie(project, service, event)
      if (action === 'destroy') {
        forget(id)
        notebook.later(project, ({ ended, stopping }) => ({
          ended: without(ended, id),
          stopping: stopping.filter((other) => other !== id),
        }))
      }
      if (action !== 'stop') return
      forget(id)
      if (isOurs)
        notebook.later(project, ({ stopping }) => ({
          stopping: stopping.filter((other) => other !== id),
        }))
      else hold(project, service, momentOf(timeNano))
    },
    stop() {
      for (const verdict of verdicts.values()) clearTimeout(verdict)
    },
  }
}

function isKill(signal: string): boolean {
  return signalName(signal) === 'SIGKILL'
}

/** The engine tells a signal by its number. */
function signalName(signal: string): string {
  return signalNames[signal] ?? `signal ${signal}`
}

const signalNames: Readonly<Record<string, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  15: 'SIGTERM',
}
