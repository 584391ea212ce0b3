import { randomUUID } from 'node:crypto'
import type { NewProjectEvent } from '@bulkhead/model'
import { createAuditStore } from './audit.ts'
import type { AuditStore, NewAuditRecord } from './audit.ts'
import { snapshotOf } from './backup.ts'
import { createContextStore } from './contexts.ts'
import type { ContextStore } from './contexts.ts'
import { openDatabase } from './database.ts'
import type { StoreDatabase } from './database.ts'
import { createDeploymentStore } from './deployments.ts'
import type { DeploymentStore } from './deployments.ts'
import { createEventStore } from './events.ts'
import type { EventStore } from './events.ts'
import { prepareDataFolder } from './folder.ts'
import { lockDataFolder } from './lock.ts'
import { createPlanStore } from './plans.ts'
import type { PlanStore } from './plans.ts'
import { createProjectStore } from './projects.ts'
import type { ProjectStore } from './projects.ts'
import { defaultRetention } from './retention.ts'
import type { Retention } from './retention.ts'
import { openSeal } from './seal.ts'
import { createSettingsStore } from './settings.ts'
import type { SettingsStore } from './settings.ts'

export interface StoreOptions {
  /** The data folder, absolute. */
  readonly folder: string
  readonly now: () => Date
  /** Largest build context, in bytes. */
  readonly contextLimit: number
  /** @default defaultRetention */
  readonly retention?: Partial<Retention> | undefined
}

/** What was asked for, on disk: the truth that a restarted daemon begins from. */
export interface Store {
  readonly projects: ProjectStore
  readonly deployments: DeploymentStore
  readonly contexts: ContextStore
  readonly plans: PlanStore
  readonly events: EventStore
  readonly audit: AuditStore
  /** Tells this Bulkhead from another one on the same engine; the same for the life of the data folder. */
  readonly owner: string
  /** What is kept once for all, by name. */
  readonly settings: SettingsStore
  /** Key for hashes on the engine that cover secrets. */
  readonly hashKey: string
  transaction<T>(body: () => T): T
  /** The path of a snapshot of the database, for the caller to remove. */
  snapshot(): string
  close(): void
}

/**
 * Takes the data folder and opens what is in it, making both where they are not there.
 *
 * @throws BulkheadError BH_DAEMON_RUNNING when another daemon has the folder;
 * BH_DAEMON_START_FAILED or BH_STORE_FAILED when it cannot be used.
 */
export function openStore({ folder: path, now, contextLimit, retention }: StoreOptions): Store {
  const folder = prepareDataFolder(path)
  const lock = lockDataFolder(folder.lock)
  try {
    const database = openDatabase(folder.database)
    const hasRevisions = database.get('SELECT 1 AS found FROM revisions LIMIT 1') !== undefined
    const seal = openSeal(folder.key, !hasRevisions)
    const settings = createSettingsStore(database)
    const { revisions, eventDays, auditDays } = { ...defaultRetention, ...retention }
    const projects = createProjectStore(database, seal, { now, historyLength: revisions })
    const audit = createAuditStore(database, { now, days: auditDays })
    const events = createEventStore(database, { now, days: eventDays })
    const contexts = createContextStore(folder.contexts, contextLimit)
    const plans = createPlanStore(database, seal, now)
    contexts.prune(new Set([...projects.contextsInUse(), ...plans.contextsInUse()]), now())
    return {
      projects,
      deployments: createDeploymentStore(database, now, (event) => {
        events.append(event)
        if (ended.has(event.action)) audit.append(endOf(event))
      }),
      contexts,
      plans,
      events,
      audit,
      owner: ownerOf(settings, database),
      settings,
      hashKey: seal.derive('hash').toString('hex'),
      transaction: (body) => database.transaction(body),
      snapshot: () => snapshotOf(database, folder.path),
      close() {
        flushed(events)
        database.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function ownerOf(settings: SettingsStore, database: StoreDatabase): string {
  return database.transaction(() => {
    const known = settings.get('owner')
    if (known !== undefined) return known
    const owner = randomUUID()
    settings.set('owner', owner)
    return owner
  })
}

const ended: ReadonlySet<string> = new Set(['succeeded', 'failed', 'canceled', 'superseded'])

/** The end of a deployment, told with the store's own change of it: both are on disk, or neither. */
function endOf({ project, action, id, attributes }: NewProjectEvent): NewAuditRecord {
  const { author, action: asked } = attributes
  return {
    ...(author === undefined ? {} : { actor: author }),
    operation: 'deploymentEnded',
    project,
    ...(id === undefined ? {} : { deployment: id }),
    request: { action: asked },
    outcome: action,
  }
}

/** What could not be written until now is lost, and nothing else with it. */
function flushed(events: EventStore): void {
  try {
    events.flush()
  } catch {
    return
  }
}
