import type { DeploymentEvent, OperationReference, OperationType, Problem } from '@bulkhead/model'

/** One thing that is worked on, as one line of progress. */
export interface Row {
  /** `Container db-web-db-1`. */
  readonly id: string
  readonly status: 'working' | 'done' | 'warning' | 'error'
  /** `Creating`, `Created`, … */
  readonly text: string
  /** What goes on inside, e.g. the last message of a pull. */
  readonly detail: string | undefined
  /** Between 0 and 1, where the end is known. */
  readonly share: number | undefined
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number | undefined
}

/** Rows by id, in the order in which they appeared. */
export type Rows = ReadonlyMap<string, Row>

const words: Readonly<Record<OperationType, readonly [working: string, done: string]>> = {
  pullImage: ['Pulling', 'Pulled'],
  buildImage: ['Building', 'Built'],
  pushImage: ['Pushing', 'Pushed'],
  removeImage: ['Removing', 'Removed'],
  createNetwork: ['Creating', 'Created'],
  removeNetwork: ['Removing', 'Removed'],
  connectNetwork: ['Connecting', 'Connected'],
  disconnectNetwork: ['Disconnecting', 'Disconnected'],
  createVolume: ['Creating', 'Created'],
  removeVolume: ['Removing', 'Removed'],
  createContainer: ['Creating', 'Created'],
  startContainer: ['Starting', 'Started'],
  stopContainer: ['Stopping', 'Stopped'],
  killContainer: ['Killing', 'Killed'],
  removeContainer: ['Removing', 'Removed'],
  renameContainer: ['Renaming', 'Renamed'],
  unpauseContainer: ['Unpausing', 'Unpaused'],
  updateContainer: ['Updating', 'Updated'],
  runHook: ['Running', 'Done'],
  runInit: ['Running', 'Done'],
  runProvider: ['Running', 'Done'],
  prepareModel: ['Running', 'Done'],
  awaitCondition: ['Waiting', 'Started'],
  aliasContainer: ['Naming', 'Named'],
  awaitReplica: ['Proving', 'Proven'],
  wait: ['Waiting', 'Waited'],
}

/**
 * What an event changes: the row as it is after it; undefined when it concerns
 * no row.
 *
 * @param now milliseconds since the epoch.
 */
export function rowAfter(rows: Rows, event: DeploymentEvent, now: number): Row | undefined {
  if (!('operation' in event) || event.type === 'output') return undefined
  const id = idOf(event.operation)
  const before = rows.get(id)
  const [working, done] = words[event.operation.type]
  const row: Row = {
    id,
    status: 'working',
    text: working,
    detail: undefined,
    share: undefined,
    startedAt: before?.startedAt ?? now,
    endedAt: undefined,
  }
  switch (event.type) {
    case 'started':
      return { ...row, detail: reasonOf(event.operation, before) }
    case 'progress':
      return { ...row, detail: lastLine(event.message), share: shareOf(event.current, event.total) }
    case 'done':
      return { ...row, status: 'done', text: doneWord(event.operation, done), endedAt: now }
    case 'failed':
      return { ...row, status: 'error', text: 'Error', detail: event.problem.message, endedAt: now }
    case 'skipped':
      return { ...row, status: 'warning', text: 'Skipped', endedAt: now }
  }
}

/** A row that the command itself works on, e.g. the upload of a build context. */
export function ownRow(rows: Rows, id: string, change: Partial<Row>, now: number): Row {
  const before = rows.get(id)
  return {
    id,
    status: 'working',
    text: '',
    detail: undefined,
    share: undefined,
    startedAt: before?.startedAt ?? now,
    endedAt: change.status === undefined || change.status === 'working' ? undefined : now,
    ...change,
  }
}

/** The problem that an event tells, beside what its row shows. */
export function problemOf(event: DeploymentEvent): Problem | undefined {
  return event.type === 'warning' ? event.problem : undefined
}

/**
 * What an operation acts on, as a line begins: `Container db-web-web-1`. A
 * container has one line for its whole way, also while it is called otherwise
 * until its predecessor is gone; a service that is waited for has one too.
 */
function idOf({ type, subject }: OperationReference): string {
  if (type === 'wait') return `Service ${subject.split(' ').at(-1) ?? ''}`
  if (type === 'runHook' || type === 'runInit') return hookId(subject)
  const [kind = '', ...names] = subject.split(' ')
  const name = first.has(type) ? names[0] : names.at(-1)
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${(name ?? '').replace(temporaryPrefix, '')}`.trimEnd()
}

/** What they act on stands first in their subject, what else they concern after it. */
const first: ReadonlySet<OperationType> = new Set([
  'aliasContainer',
  'awaitCondition',
  'connectNetwork',
  'disconnectNetwork',
  'runProvider',
])

/** `post_start[0] in container web-1` has a line of its own beside that of the container. */
function hookId(subject: string): string {
  const [hook = '', , kind = '', name = ''] = subject.split(' ')
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${name} ${hook}`
}

/** In front of the name of a container that replaces another, until that is gone. */
const temporaryPrefix = /^[0-9a-f]{12}_/

/** Causes that say no more than the word beside them. */
const plainCauses: ReadonlySet<string> = new Set([
  '',
  'not found',
  'not found on the engine',
  'not running',
  'not started',
  'project goes down',
  'asked for',
  'asked for with --volumes',
])

/** Why, where it isn't the normal case; told with the first of the steps that it leads to. */
function reasonOf({ type, cause }: OperationReference, before: Row | undefined): string | undefined {
  return before !== undefined || type === 'awaitCondition' || plainCauses.has(cause) ? undefined : cause
}

/** What is waited for stands last in the subject: `service db healthy`. */
function doneWord({ type, subject }: OperationReference, done: string): string {
  if (type !== 'awaitCondition') return done
  if (subject.endsWith('healthy')) return 'Healthy'
  return subject.endsWith('completed_successfully') ? 'Exited' : 'Started'
}

function shareOf(current: number | undefined, total: number | undefined): number | undefined {
  if (current === undefined || total === undefined || total <= 0) return undefined
  return Math.min(1, current / total)
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
