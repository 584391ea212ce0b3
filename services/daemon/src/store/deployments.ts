import type {
  Deployment,
  DeploymentAction,
  DeploymentEvent,
  DeploymentEventBody,
  DeploymentOptions,
  DeploymentOutcome,
  DeploymentState,
  NewProjectEvent,
  PastDeployment,
  Problem,
} from '@bulkhead/model'
import type { Approval } from '@bulkhead/planner'
import type { Row, StoreDatabase } from './database.ts'
import type { KeptProject } from './projects.ts'

interface NewDeployment {
  readonly id: string
  readonly project: string
  readonly action: DeploymentAction
  readonly revision: number | undefined
  readonly options: DeploymentOptions
  readonly approved?: Approved | undefined
  /** Who asks, as the client says. */
  readonly author?: string | undefined
}

interface ActiveDeployment {
  readonly id: string
  readonly createdAt: string
  readonly action: DeploymentAction
  readonly options: DeploymentOptions
  readonly approval: Approval | undefined
  readonly begun: boolean
}

/** What somebody approved to be done, and what to go back to when that can't be begun. */
export interface Approved {
  readonly approval: Approval
  /** Undefined: the project was not kept. */
  readonly before: KeptProject | undefined
}

export interface DeploymentStore {
  /** Queues it, and supersedes those of the project that have not finished; returns the ids of these. */
  create(deployment: NewDeployment): readonly string[]
  get(id: string): Deployment | undefined
  /** Newest first. */
  list(project: string | undefined): readonly Deployment[]
  /** The one of a project that has not finished. */
  active(project: string): ActiveDeployment | undefined
  running(id: string): void
  /** Appends an event; false when the deployment has finished (or was never there). */
  append(id: string, event: DeploymentEventBody): boolean
  /**
   * Writes the final event and state; false when it had finished before.
   * `operations`: at least so many were done; more where an earlier process told of more.
   */
  finish(id: string, outcome: DeploymentOutcome, operations: number, problem: Problem | undefined): boolean
  /** Those with an id above `after`, in order. */
  events(id: string, after: number): readonly DeploymentEvent[]
  /** Of one that was approved and of which nothing was planned yet. */
  unbegun(id: string): Approved | undefined
  removeOf(project: string): void
  /** The newest revision before one that a deployment of the project brought up to its end; undefined: none is known. */
  lastGood(project: string, before: number): number | undefined
  /** Who asked for what, newest first. */
  asked(project: string): readonly PastDeployment[]
  /** By revision, how its newest deployment stands. */
  outcomes(project: string): ReadonlyMap<number, DeploymentState>
}

/** Finished deployments kept of each project. */
const historyLength = 50
const unfinished = "state IN ('queued', 'running')"

export function createDeploymentStore(
  database: StoreDatabase,
  now: () => Date,
  tell: (event: NewProjectEvent) => void = () => undefined,
): DeploymentStore {
  const isActive = (id: string): boolean =>
    database.get(`SELECT 1 AS found FROM deployments WHERE id = ? AND ${unfinished}`, id) !== undefined

  /** How a deployment stands now, told to whoever follows what happens. */
  const tellState = (id: string): void => {
    const row = database.get(
      'SELECT project, action, state, revision, operations, problem, author FROM deployments WHERE id = ?',
      id,
    )
    if (row === undefined) return
    const { project, action, state, revision, operations, problem, author } = row
    const { message } = typeof problem === 'string' ? (JSON.parse(problem) as Problem) : {}
    const attributes = {
      action: String(action),
      ...(typeof revision === 'number' ? { revision: String(revision) } : {}),
      ...(state === 'succeeded' || state === 'failed' ? { operations: String(operations) } : {}),
      ...(typeof author === 'string' ? { author } : {}),
      ...(message === undefined ? {} : { problem: message }),
    }
    tell({ project: String(project), type: 'deployment', action: String(state), id, attributes })
  }

  const insertEvent = (id: string, event: DeploymentEventBody): void => {
    database.run(
      `INSERT INTO deployment_events (deployment, id, event)
       SELECT ?, coalesce(max(id), 0) + 1, ? FROM deployment_events WHERE deployment = ?`,
      id,
      JSON.stringify({ time: now().toISOString(), ...event }),
      id,
    )
  }

  const finish: DeploymentStore['finish'] = (id, outcome, operations, problem) =>
    database.transaction(() => {
      if (!isActive(id)) return false
      insertEvent(id, { type: 'finished', outcome, ...(problem === undefined ? {} : { problem }) })
      database.run(
        'UPDATE deployments SET state = ?, finished_at = ?, operations = max(operations, ?), problem = ? WHERE id = ?',
        outcome,
        now().toISOString(),
        operations,
        problem === undefined ? undefined : JSON.stringify(problem),
        id,
      )
      tellState(id)
      return true
    })

  return {
    finish,
    create: ({ id, project, action, revision, options, approved, author }) =>
      database.transaction(() => {
        const superseded = database
          .all(`SELECT id FROM deployments WHERE project = ? AND ${unfinished}`, project)
          .map((row) => String(row['id']))
        for (const old of superseded) finish(old, 'superseded', 0, undefined)
        database.run(
          `INSERT INTO deployments (id, project, action, revision, build, options, approved, author, state, created_at, operations)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, 0)`,
          id,
          project,
          action,
          revision,
          options.build === true ? 1 : 0,
          JSON.stringify(options),
          approved === undefined ? undefined : JSON.stringify(approved),
          author,
          now().toISOString(),
        )
        database.run(
          `DELETE FROM deployments WHERE project = ? AND NOT ${unfinished} AND sequence NOT IN
             (SELECT sequence FROM deployments WHERE project = ? ORDER BY sequence DESC LIMIT ?)`,
          project,
          project,
          historyLength,
        )
        tellState(id)
        return superseded
      }),
    get(id) {
      const row = database.get('SELECT * FROM deployments WHERE id = ?', id)
      return row === undefined ? undefined : toDeployment(row)
    },
    list: (project) =>
      (project === undefined
        ? database.all('SELECT * FROM deployments ORDER BY sequence DESC')
        : database.all('SELECT * FROM deployments WHERE project = ? ORDER BY sequence DESC', project)
      ).map(toDeployment),
    active(project) {
      const row = database.get(
        `SELECT id, action, build, created_at, options, approved, begun FROM deployments WHERE project = ? AND ${unfinished}
         ORDER BY sequence DESC LIMIT 1`,
        project,
      )
      if (row === undefined) return undefined
      return {
        id: String(row['id']),
        action: row['action'] as DeploymentAction,
        createdAt: String(row['created_at']),
        options: optionsOf(row),
        approval: approvedOf(row)?.approval,
        begun: row['begun'] === 1,
      }
    },
    running(id) {
      const changed = database.run(
        "UPDATE deployments SET state = 'running' WHERE id = ? AND state = 'queued'",
        id,
      )
      if (changed > 0) tellState(id)
    },
    append: (id, event) =>
      database.transaction(() => {
        if (!isActive(id)) return false
        insertEvent(id, event)
        if (event.type === 'planned') database.run('UPDATE deployments SET begun = 1 WHERE id = ?', id)
        if (event.type === 'done' && event.operation.type !== 'awaitCondition') {
          database.run('UPDATE deployments SET operations = operations + 1 WHERE id = ?', id)
        }
        return true
      }),
    events: (id, after) =>
      database
        .all('SELECT id, event FROM deployment_events WHERE deployment = ? AND id > ? ORDER BY id', id, after)
        .map((row) => ({
          id: Number(row['id']),
          ...(JSON.parse(String(row['event'])) as DeploymentEventBody & { time: string }),
        })),
    unbegun(id) {
      const row = database.get('SELECT approved FROM deployments WHERE id = ? AND begun = 0', id)
      return row === undefined ? undefined : approvedOf(row)
    },
    lastGood(project, before) {
      const row = database.get(
        `SELECT max(revision) AS revision FROM deployments
         WHERE project = ? AND revision < ? AND state = 'succeeded' AND action IN ('up', 'create', 'scale')
           AND revision IN (SELECT number FROM revisions WHERE project = ?)`,
        project,
        before,
        project,
      )
      return typeof row?.['revision'] === 'number' ? row['revision'] : undefined
    },
    asked: (project) =>
      database
        .all(
          'SELECT id, action, build, options, author, state, created_at FROM deployments WHERE project = ? ORDER BY sequence DESC',
          project,
        )
        .map((row) => ({
          id: String(row['id']),
          action: row['action'] as DeploymentAction,
          author: typeof row['author'] === 'string' ? row['author'] : undefined,
          services: optionsOf(row).services,
          state: row['state'] as DeploymentState,
          createdAt: String(row['created_at']),
        })),
    outcomes: (project) =>
      new Map(
        database
          .all(
            `SELECT revision, state FROM deployments
             WHERE project = ? AND action IN ('up', 'create', 'scale') ORDER BY sequence`,
            project,
          )
          .map(({ revision, state }) => [Number(revision), state as DeploymentState]),
      ),
    removeOf(project) {
      database.run('DELETE FROM deployments WHERE project = ?', project)
    },
  }
}

/** One that was stored before there were options has only ever said whether to build. */
function optionsOf({ options, build }: Row): DeploymentOptions {
  if (typeof options === 'string') return JSON.parse(options) as DeploymentOptions
  return build === 1 ? { build: true } : {}
}

function approvedOf({ approved }: Row): Approved | undefined {
  return typeof approved === 'string' ? (JSON.parse(approved) as Approved) : undefined
}

function toDeployment(row: Row): Deployment {
  return {
    id: String(row['id']),
    project: String(row['project']),
    action: row['action'] as DeploymentAction,
    revision: typeof row['revision'] === 'number' ? row['revision'] : undefined,
    plan: approvedOf(row)?.approval.plan,
    state: row['state'] as DeploymentState,
    createdAt: String(row['created_at']),
    finishedAt: typeof row['finished_at'] === 'string' ? row['finished_at'] : undefined,
    operations: Number(row['operations']),
    problem: typeof row['problem'] === 'string' ? (JSON.parse(row['problem']) as Problem) : undefined,
  }
}
