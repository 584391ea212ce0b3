import { claimedIn, type EngineEvent } from '@bulkhead/engine'
import type { Claim } from '@bulkhead/model'
import type { Log } from './log.ts'
import type { Notebook } from './notebook.ts'
import type { Ownership } from './ownership.ts'
import type { Ledger } from './port.ts'

export interface TenureOptions {
  readonly ownership: Ownership
  readonly ledger: Ledger
  readonly notebook: Notebook
  readonly log: Log
  /** Has what runs for a project give way, and its next round say why. */
  readonly giveWay: (project: string) => void
}

/** Sees to it that what we keep is ours, and lets go of what has become another's. */
export interface Tenure {
  /** Compares all that we keep with all claims on the engine; failures are logged, as every round asks again. */
  survey(): Promise<void>
  /** Takes note of a claim that came or went. */
  saw(event: EngineEvent): void
  /** The project is another's now. */
  yieldTo(claim: Claim): void
}

export function createTenure({ ownership, ledger, notebook, log, giveWay }: TenureOptions): Tenure {
  const yieldTo = (claim: Claim): void => {
    const { project, owner, place, since } = claim
    if (notebook.of(project).yielded?.owner === owner) return
    notebook.change(project, () => ({ yielded: { owner, place, since } }))
    log.warn({ project, owner, place }, 'project is kept by another Bulkhead')
  }

  const compare = async (project: string, holding: Claim | undefined): Promise<void> => {
    const { intent, deployment } = ledger.desired(project) ?? {}
    if (intent === undefined || notebook.of(project).yielded !== undefined) return
    if (holding?.owner === ownership.owner) {
      // What went down is given up; the process may have ended in between.
      if (intent.target === 'down' && deployment === undefined) await ownership.cede(project)
      return
    }
    if (intent.target === 'down' && deployment === undefined) return
    const other = holding ?? (await ownership.claim(project))
    if (other === undefined) return
    yieldTo(other)
    giveWay(project)
  }

  const unknown = (error: unknown): void => log.warn({ error: String(error) }, 'who keeps what is not known')

  return {
    yieldTo,
    async survey() {
      try {
        const claims = await ownership.all()
        const kept = ledger.projects()
        for (const project of kept) await compare(project, claims.get(project))
        // The process may have ended between a claim and what was to be kept, or before one was given up.
        const idle = [...claims.values()].filter(({ project }) => !kept.includes(project))
        for (const { project, owner } of idle) if (owner === ownership.owner) await ownership.cede(project)
      } catch (error) {
        unknown(error)
      }
    },
    saw(event) {
      const project = claimedIn(event)
      if (project === undefined || ledger.notes(project) === undefined) return
      ownership
        .all(project)
        .then((claims) => compare(project, claims.get(project)))
        .catch(unknown)
    },
  }
}
