import type { EngineEvent } from '@bulkhead/engine'
import { composeLabels } from '@bulkhead/model'

/** Which services somebody else has stopped, as the engine's events tell it. */
export interface Holds {
  of(project: string): ReadonlySet<string>
  /** Somebody asked for the project: nothing of it is held any more. */
  release(project: string): void
  /** We are about to stop this container: its `stop` event is our own. */
  expect(container: string): void
  note(event: EngineEvent): void
}

/**
 * A stop from outside (the engine's `stop` event that no operation of ours
 * explains) is respected until the service is asked for or started again.
 */
export function newHolds(): Holds {
  const held = new Map<string, Set<string>>()
  const expected = new Set<string>()
  const none: ReadonlySet<string> = new Set()
  return {
    of: (project) => held.get(project) ?? none,
    release: (project) => held.delete(project),
    expect: (container) => expected.add(container),
    note({ action, id, project, service, attributes }) {
      if (project === undefined || service === undefined) return
      // A one-off says nothing about its service.
      if (attributes[composeLabels.oneOff] === 'True') return
      if (action === 'destroy') expected.delete(id)
      if (action === 'start') held.get(project)?.delete(service)
      if (action !== 'stop' || expected.delete(id)) return
      held.set(project, (held.get(project) ?? new Set()).add(service))
    },
  }
}
