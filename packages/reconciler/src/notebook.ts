import { noNotes, type Notes } from '@bulkhead/model'
import type { Ledger } from './port.ts'

/** Where the loop writes down what it must not forget. */
export interface Notebook {
  of(project: string): Notes
  /** Writes what is different: it is in the store when this returns. Of projects that are not kept nothing is written. */
  change(project: string, change: (notes: Notes) => Partial<Notes>): void
  /** The same for what the engine told, and would tell again after a crash: it is in the store a moment later. */
  later(project: string, change: (notes: Notes) => Partial<Notes>): void
  /** Writes what was not written yet, and with it that the engine's events were seen up to this one. */
  flush(seen?: string): void
}

/** Milliseconds after which what is written later is in the store. */
const laterMs = 50

export function newNotebook(ledger: Pick<Ledger, 'notes' | 'note' | 'saw' | 'together'>): Notebook {
  const pending = new Map<string, Notes>()
  let timer: NodeJS.Timeout | undefined
  const write = (seen: string | undefined): void => {
    clearTimeout(timer)
    timer = undefined
    if (pending.size === 0 && seen === undefined) return
    const pages = [...pending]
    ledger.together(() => {
      for (const [project, notes] of pages) ledger.note(project, notes)
      if (seen !== undefined) ledger.saw(seen)
    })
    for (const [project, notes] of pages) if (pending.get(project) === notes) pending.delete(project)
  }
  /** A disk that takes nothing now is tried again with the next change. */
  const attempt = (): void => {
    try {
      write(undefined)
    } catch {
      timer = undefined
    }
  }
  const put = (project: string, change: (notes: Notes) => Partial<Notes>): boolean => {
    const stored = ledger.notes(project)
    if (stored === undefined) {
      pending.delete(project)
      return false
    }
    const before = pending.get(project) ?? stored
    const after = { ...before, ...change(before) }
    if (JSON.stringify(after) === JSON.stringify(before)) return false
    pending.set(project, after)
    return true
  }
  return {
    of: (project) => {
      const stored = ledger.notes(project)
      return (stored && pending.get(project)) ?? stored ?? noNotes
    },
    change(project, change) {
      if (put(project, change)) write(undefined)
    },
    later(project, change) {
      if (!put(project, change)) return
      timer ??= setTimeout(attempt, laterMs)
      timer.unref()
    },
    flush: write,
  }
}

/** Without one entry. The very same where it has none. */
export function without<T>(entries: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  if (!Object.hasOwn(entries, name)) return entries
  return Object.fromEntries(Object.entries(entries).filter(([other]) => other !== name))
}
