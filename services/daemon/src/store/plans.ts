import type { PlanRequest } from '@bulkhead/api'
import type { PlanDocument } from '@bulkhead/model'
import type { Approval } from '@bulkhead/planner'
import type { StoreDatabase } from './database.ts'
import type { Seal } from './seal.ts'

/** A plan that was shown, and all that it takes to carry it out. */
export interface StoredPlan {
  readonly document: PlanDocument
  readonly approval: Approval
  /** What was asked for, with the bundle: sealed on disk, for it holds secrets. */
  readonly request: PlanRequest
}

export interface PlanStore {
  /** Keeps a plan; the oldest of its project, and those that are too old, go. */
  save(plan: StoredPlan): void
  /** By its id, or by the beginning of it where no other begins so. */
  get(id: string): StoredPlan | undefined
  /** Digests of the build contexts that kept plans need. */
  contextsInUse(): ReadonlySet<string>
}

/** Plans kept of each project, and how long. */
const historyLength = 20
const ageLimitMs = 7 * 24 * 3600 * 1000

export function createPlanStore(database: StoreDatabase, seal: Seal, now: () => Date): PlanStore {
  // Of several rows the database gives bytes without the clothes of a Buffer.
  const open = (sealed: unknown): PlanRequest =>
    JSON.parse(seal.open(Buffer.from(sealed as ArrayBuffer))) as PlanRequest
  return {
    save: ({ document, approval, request }) =>
      database.transaction(() => {
        const { id, project } = document
        const time = now()
        database.run('DELETE FROM plans WHERE id = ?', id)
        database.run(
          'INSERT INTO plans (id, project, document, approval, request, created_at) VALUES (?, ?, ?, ?, ?, ?)',
          id,
          project,
          JSON.stringify(document),
          JSON.stringify(approval),
          seal.seal(JSON.stringify(request)),
          time.toISOString(),
        )
        database.run(
          `DELETE FROM plans WHERE created_at < ? OR project = ? AND sequence NOT IN
             (SELECT sequence FROM plans WHERE project = ? ORDER BY sequence DESC LIMIT ?)`,
          new Date(time.getTime() - ageLimitMs).toISOString(),
          project,
          project,
          historyLength,
        )
      }),
    get(id) {
      const [row, another] = database.all(
        'SELECT document, approval, request FROM plans WHERE substr(id, 1, ?) = ? LIMIT 2',
        id.length,
        id,
      )
      if (row === undefined || another !== undefined) return undefined
      return {
        document: JSON.parse(String(row['document'])) as PlanDocument,
        approval: JSON.parse(String(row['approval'])) as Approval,
        request: open(row['request']),
      }
    },
    contextsInUse() {
      const requests = database.all('SELECT request FROM plans').map(({ request }) => open(request))
      return new Set(requests.flatMap(({ bundle }) => Object.values(bundle?.contexts ?? {})))
    },
  }
}
