import type { Engine } from '@bulkhead/engine'
import { ownedByAnother, type Claim } from '@bulkhead/model'

export interface OwnershipOptions {
  readonly engine: Pick<Engine, 'claims' | 'placeClaim' | 'removeClaim'>
  /** Id of this Bulkhead. */
  readonly owner: string
  /** Where it is, for people. */
  readonly place: string
  readonly now: () => Date
}

/**
 * Whose a project is. The engine has it, as that is the one thing that two
 * daemons share: claims are numbered, the first to make one of a number has
 * it, and the highest number holds.
 */
export interface Ownership {
  /** Id of this Bulkhead. */
  readonly owner: string
  /**
   * Makes the project ours where it is nobody's. The answer is the engine's of this moment.
   *
   * @returns the claim of whoever has it instead; undefined: it is ours.
   */
  claim(project: string, options?: { readonly takeOver?: boolean }): Promise<Claim | undefined>
  /** Gives it up. Done too when it is not ours. */
  cede(project: string): Promise<void>
  /** The claims of others that hold: on one project, or all. */
  others(project?: string): Promise<readonly Claim[]>
  /** Projects that are claimed, with the claim that holds: one, or all. */
  all(project?: string): Promise<ReadonlyMap<string, Claim>>
}

export function createOwnership({ engine, owner, place, now }: OwnershipOptions): Ownership {
  const all = async (project?: string): Promise<ReadonlyMap<string, Claim>> => {
    const holding = new Map<string, Claim>()
    for (const claim of await engine.claims(project)) {
      const known = holding.get(claim.project)
      if (known === undefined || known.generation < claim.generation) holding.set(claim.project, claim)
    }
    return holding
  }
  return {
    owner,
    all,
    async claim(project, { takeOver = false } = {}) {
      const there = await engine.claims(project)
      const holding = there.reduce<Claim | undefined>(higher, undefined)
      const isOurs = holding?.owner === owner
      if (holding !== undefined && !isOurs && !takeOver) return holding
      if (!isOurs) {
        const generation = (holding?.generation ?? 0) + 1
        const since = now().toISOString()
        const winner = await engine.placeClaim({ project, generation, owner, place, since })
        if (winner.owner !== owner) return winner
      }
      // Until the last of them is gone the new one holds all the same.
      const former = there.filter((claim) => !isOurs || claim !== holding)
      for (const claim of former) await engine.removeClaim(claim)
      return undefined
    },
    async cede(project) {
      const own = (await engine.claims(project)).filter((claim) => claim.owner === owner)
      for (const claim of own.toSorted((a, b) => a.generation - b.generation)) await engine.removeClaim(claim)
    },
    others: async (project) => [...(await all(project)).values()].filter((claim) => claim.owner !== owner),
  }
}

/** @throws BulkheadError BH_PROJECT_OWNED */
export function checkOurs(claim: Claim | undefined): void {
  if (claim !== undefined) throw ownedByAnother(claim.project, claim)
}

function higher(a: Claim | undefined, b: Claim): Claim {
  return a === undefined || a.generation < b.generation ? b : a
}
