import type { EngineEvent } from '@bulkhead/engine'
import { composeLabels } from '@bulkhead/model'
import type { NewProjectEvent, Notes } from '@bulkhead/model'
import type { Observer } from '@bulkhead/reconciler'
import type { Mask } from './mask.ts'

/** Writes down what happens, for `bulkhead events`. */
export interface Chronicle extends Observer {
  engineEvent(event: EngineEvent): void
  /** What the loop noted of a project is another now. */
  noted(project: string, before: Notes, after: Notes): void
}

export interface ChronicleOptions {
  readonly append: (event: NewProjectEvent) => void
  readonly maskOf: (project: string) => Mask
}

export function createChronicle({ append, maskOf }: ChronicleOptions): Chronicle {
  /** Operations done in the round of each project that is under way. */
  const done = new Map<string, number>()
  /** Projects of which the last round that was told did not settle. */
  const unsettled = new Set<string>()

  const tell = (event: NewProjectEvent): void => {
    const mask = maskOf(event.project)
    const attributes = Object.entries(event.attributes).map(([name, value]) => [name, mask(value)])
    append({ ...event, attributes: Object.fromEntries(attributes) as NewProjectEvent['attributes'] })
  }

  return {
    engineEvent(event) {
      const told = ofContainer(event)
      if (told !== undefined) tell(told)
    },
    noted(project, before, after) {
      for (const event of ofNotes(project, before, after)) tell(event)
    },
    operationEnded({ project, deployment, operation, outcome, milliseconds, error }) {
      const { type, subject, service, cause } = operation
      if (outcome === 'done') done.set(project, (done.get(project) ?? 0) + 1)
      // What waits has no effect on the engine.
      if (type === 'awaitCondition' && outcome === 'done') return
      tell({
        project,
        type: 'operation',
        action: type,
        ...(service === undefined ? {} : { service }),
        ...(deployment === undefined ? {} : { id: deployment }),
        attributes: {
          subject,
          cause,
          outcome,
          milliseconds: String(Math.round(milliseconds)),
          ...(error === undefined ? {} : { problem: error.message, code: error.code }),
        },
      })
    },
    roundEnded({ project, deployment, outcome, milliseconds, error }) {
      const operations = done.get(project) ?? 0
      done.delete(project)
      // That there is nothing to do is news once.
      if (outcome === 'settled' && !unsettled.delete(project)) return
      if (outcome !== 'settled') unsettled.add(project)
      tell({
        project,
        type: 'round',
        action: outcome,
        ...(deployment === undefined ? {} : { id: deployment }),
        attributes: {
          operations: String(operations),
          milliseconds: String(Math.round(milliseconds)),
          ...(error === undefined ? {} : { problem: error.message, code: error.code }),
        },
      })
    },
  }
}

/** As `docker compose events` tells it: of services' containers, without what Compose itself wrote on them. */
function ofContainer(event: EngineEvent): NewProjectEvent | undefined {
  const { type, action, id, project, service, health, timeNano, attributes } = event
  if (type !== 'container' || project === undefined || service === undefined) return undefined
  if (attributes[composeLabels.oneOff] === 'True') return undefined
  const shown = Object.entries(attributes).filter(
    ([name]) => !name.startsWith('com.docker.compose.') && !name.startsWith('dev.bulkhead.'),
  )
  return {
    time: new Date(Number(timeNano.slice(0, -6))).toISOString(),
    project,
    service,
    type: 'container',
    action,
    id,
    attributes: { ...Object.fromEntries(shown), ...(health === undefined ? {} : { health }) },
  }
}

/** What a change of the loop's notes means. Pure. */
export function ofNotes(project: string, before: Notes, after: Notes): readonly NewProjectEvent[] {
  const added = <T>(from: Readonly<Record<string, T>>, to: Readonly<Record<string, T>>) =>
    Object.entries(to).filter(([name]) => from[name] === undefined)
  type Attributes = NewProjectEvent['attributes']
  const drift = (key: string, action: string, more: Attributes): NewProjectEvent => {
    const space = key.lastIndexOf(' ')
    const attributes = { object: key.slice(0, space), field: key.slice(space + 1), ...more }
    return { project, type: 'drift', action, attributes }
  }
  const hold = (service: string, action: string, attributes: Attributes): NewProjectEvent => ({
    project,
    service,
    type: 'hold',
    action,
    attributes,
  })
  return [
    ...added(before.held, after.held).map(([service, since]) =>
      hold(service, 'held', { since, cause: 'stopped from outside' }),
    ),
    ...added(after.held, before.held).map(([service, since]) => hold(service, 'released', { since })),
    ...added(before.differs, after.differs).map(([key, since]) => {
      const cause = after.touched[key.slice(0, key.lastIndexOf(' '))]?.action
      return drift(key, 'found', { since, ...(cause === undefined ? {} : { cause }) })
    }),
    ...added(after.differs, before.differs).map(([key, since]) => drift(key, 'gone', { since })),
    ...ofTroubles(project, before.troubles, after.troubles),
    ...ofFailures(project, before.failures, after.failures),
  ]
}

function ofFailures(
  project: string,
  before: Notes['failures'],
  after: Notes['failures'],
): readonly NewProjectEvent[] {
  const services = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return services.flatMap((service): readonly NewProjectEvent[] => {
    const [was, is] = [before[service], after[service]]
    const base = { project, service, type: 'breaker' as const }
    if (is === undefined)
      return was?.open === undefined ? [] : [{ ...base, action: 'closed', attributes: { since: was.open } }]
    if (is.last === was?.last) return []
    const action = is.open !== undefined && was?.open === undefined ? 'open' : 'try'
    const { reason, attempts, next } = is
    return [{ ...base, action, attributes: { reason, tries: String(attempts), next } }]
  })
}

function ofTroubles(
  project: string,
  before: Notes['troubles'],
  after: Notes['troubles'],
): readonly NewProjectEvent[] {
  const services = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return services.flatMap((service): readonly NewProjectEvent[] => {
    const [was, is] = [before[service], after[service]]
    const base = { project, service, type: 'breaker' as const }
    if (is?.open !== undefined && was?.open === undefined)
      return [{ ...base, action: 'open', attributes: { reason: is.reason, tries: String(is.tries.length) } }]
    if (was?.open !== undefined && is?.open === undefined)
      return [{ ...base, action: 'closed', attributes: { since: was.open } }]
    const isTried = is !== undefined && is.tries.length > 0 && is.tries.at(-1) !== was?.tries.at(-1)
    if (!isTried) return []
    return [{ ...base, action: 'try', attributes: { reason: is.reason, tries: String(is.tries.length) } }]
  })
}
