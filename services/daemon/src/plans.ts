import type { PlanRequest } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError, ownedByAnother, toError, toProblem } from '@bulkhead/model'
import type { Claim, Deployment, FieldChange, PlanBasis, PlanDocument, Problem } from '@bulkhead/model'
import {
  actionsOf,
  approvalOf,
  basisOf,
  containerChanges,
  movedSince,
  planDocument,
  replacements,
} from '@bulkhead/planner'
import type { Replacement } from '@bulkhead/planner'
import { listed, stale } from '@bulkhead/reconciler'
import type { Foresight, Ownership, Reconciler } from '@bulkhead/reconciler'
import type { Deployments, Prepared } from './deployments.ts'
import { pastOf } from './former.ts'
import type { Past } from './former.ts'
import { keptOf } from './kept.ts'
import type { Loader } from './loaded.ts'
import { maskChanges, maskProblem, maskVariables, provisionMask } from './mask.ts'
import type { Mask } from './mask.ts'
import type { Store } from './store/store.ts'

export interface PlansOptions {
  readonly store: Store
  readonly loader: Loader
  readonly deployments: Deployments
  readonly engine: Pick<Engine, 'describe'>
  readonly ownership: Pick<Ownership, 'others'>
  readonly foresee: Reconciler['foresee']
  readonly now: () => Date
}

/** Plans: what a deployment would do, kept so that exactly it can be done. */
export interface Plans {
  /** @throws BulkheadError as a deployment would, before it is accepted. */
  make(request: PlanRequest): Promise<PlanDocument>
  /** @throws BulkheadError BH_PLAN_NOT_FOUND */
  get(id: string): PlanDocument
  /**
   * Has a kept plan carried out.
   *
   * @param more as in a deployment's request.
   * @throws BulkheadError BH_PLAN_NOT_FOUND; BH_PLAN_STALE when anything moved since.
   */
  apply(id: string, more: Pick<PlanRequest, 'engine' | 'credentials'>): Promise<Deployment>
}

export function createPlans({
  store,
  loader,
  deployments,
  engine,
  ownership,
  foresee,
  now,
}: PlansOptions): Plans {
  const { hashKey: key, projects } = store

  const lookAhead = async (prepared: Prepared): Promise<Ahead> => {
    const { name, action, wanted, wish } = prepared
    const { intent, options } = wish()
    const kept = keptOf(store, name)
    const past = pastOf(name, { projects, loader, hashKey: key })
    const foresight = await foresee(name, {
      project: wanted?.project,
      intent,
      revision: kept?.revision,
      contexts: wanted?.contexts ?? {},
      deployment: { id: '', action, createdAt: now().toISOString(), options },
      hooksRun: projects.hooksRun(name),
      provisions: projects.provisions(name),
      former: past.former,
    })
    const { observed, project } = foresight.input
    const { plan } = foresight.preview
    const basis = basisOf({ kept, project, intent, observed, plan, key })
    return { foresight, basis, past }
  }

  const find = (id: string) => {
    const found = store.plans.get(id)
    if (found !== undefined) return found
    throw new BulkheadError('BH_PLAN_NOT_FOUND', `No plan is kept under "${id}".`, {
      hint: 'Make it again with `bulkhead plan`.',
    })
  }

  return {
    async make({ keep = true, credentials, ...kept }) {
      const request = credentials === undefined ? kept : { ...kept, credentials }
      const prepared = await deployments.prepare(request, { contexts: keep ? 'needed' : 'not needed' })
      const { name, action, wanted, warnings } = prepared
      const { foresight, basis, past } = await lookAhead(prepared)
      const owners = request.takeOver === true ? [] : await ownership.others(name)
      const provided = provisionMask(wanted?.project, projects.provisions(name))
      const mask: Mask = (text) => provided(past.mask(wanted?.mask(text) ?? text))
      const problems = foresight.preview.problems.map((problem) => maskProblem(problem, mask))
      if (problems.some(({ severity }) => severity === 'error')) throw toError(problems)
      const document = planDocument({
        project: name,
        action,
        preview: {
          ...foresight.preview,
          problems: [...warnings, ...problems, ...underWay(store, name), ...owners.map(ofAnother)],
        },
        basis,
        changes: await changesIn(foresight, engine, mask),
        mask,
      })
      if (keep) {
        const approval = approvalOf(document.id, basis, foresight.preview)
        // A login is for its own request, and is kept nowhere.
        store.plans.save({ document, approval, request: kept })
      }
      return document
    },
    get: (id) => find(id).document,
    async apply(id, more) {
      const { request, approval } = find(id)
      const asked = { ...request, ...more }
      const prepared = await deployments.prepare(asked, { contexts: 'needed' })
      const { basis } = await lookAhead(prepared)
      const moved = movedSince(approval.basis, basis)
      if (moved.length > 0) throw stale(`Since it was made: ${listed(moved)}`)
      return deployments.accept(prepared, approval)
    },
  }
}

interface Ahead {
  readonly foresight: Foresight
  readonly basis: PlanBasis
  readonly past: Past
}

/** What is different of each container that is replaced: by the files where they are known, else by the container. */
async function changesIn(
  { input, preview }: Foresight,
  engine: PlansOptions['engine'],
  mask: Mask,
): Promise<ReadonlyMap<string, readonly FieldChange[]>> {
  const found = replacements(input, preview, actionsOf(preview.plan))
  const entries = await Promise.all(
    found.map(async (one) => {
      const changes = one.changes ?? (await changesSeen(one, engine))
      return changes === undefined ? undefined : ([one.subject, maskChanges(changes, mask)] as const)
    }),
  )
  return new Map(entries.filter((entry) => entry !== undefined))
}

async function changesSeen(
  { container, specification }: Replacement,
  engine: PlansOptions['engine'],
): Promise<readonly FieldChange[] | undefined> {
  const description = await engine.describe(container.id)
  return description && maskVariables(containerChanges(specification, description))
}

/** What is planned can't be done here. */
function ofAnother(claim: Claim): Problem {
  return { ...toProblem(ownedByAnother(claim.project, claim)), severity: 'warning' }
}

function underWay({ deployments }: Store, name: string): readonly Problem[] {
  const active = deployments.active(name)
  if (active === undefined) return []
  return [
    {
      severity: 'warning',
      code: 'BH_CONFLICT',
      message: `A deployment of ${name} is under way: what the plan starts from is still moving.`,
      hint: 'Plan again when it has finished.',
    },
  ]
}
