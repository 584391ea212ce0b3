import { noNotes, type Notes } from '@bulkhead/model'
import type { Ledger } from './port.ts'

/** Where the loop writes down what it must not forget; every page is in the store before the next step. */
export interface Notebook {
  of(project: string): Notes
  /** Writes what is different. Of projects that are not kept nothing is written. */
  change(project: string, change: (notes: Notes) => Partial<Notes>): void
}

export function newNotebook(ledger: Pick<Ledger, 'notes' | 'note'>): Notebook {
  const of = (project: string): Notes => ledger.notes(project) ?? noNotes
  return {
    of,
    change(project, change) {
      const before = ledger.notes(project)
      if (before === undefined) return
      const after = { ...before, ...change(before) }
      if (JSON.stringify(after) !== JSON.stringify(before)) ledger.note(project, after)
    },
  }
}

/** Without one entry. The very same where it has none. */
export function without<T>(entries: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  if (!Object.hasOwn(entries, name)) return entries
  return Object.fromEntries(Object.entries(entries).filter(([other]) => other !== name))
}
