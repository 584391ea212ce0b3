import type { Attachment } from '@bulkhead/engine'

/** A stream that was asked for and not opened yet. */
export interface Session {
  /** Attaches, and starts what has to be started. @throws BulkheadError */
  open(signal: AbortSignal): Promise<Conversation>
  /** Nobody came: what was made for it is taken away. */
  abandon?(): Promise<void>
}

export interface Conversation {
  readonly attachment: Attachment
  /** To be asked for after the output; undefined: it goes on without us. */
  exitCode(): Promise<number | undefined>
  signal?(name: string): Promise<void>
}

export interface Sessions {
  /** @returns the id under which it can be opened once. */
  add(session: Session): string
  take(id: string): Session | undefined
  /** Abandons those that nobody has opened. */
  close(): Promise<void>
}

/** How long a session waits to be opened, in milliseconds. */
const patienceMs = 30_000

export function createSessions(newId: () => string): Sessions {
  const waiting = new Map<string, { readonly session: Session; readonly timer: NodeJS.Timeout }>()
  const abandon = async (id: string): Promise<void> => {
    const found = waiting.get(id)
    waiting.delete(id)
    clearTimeout(found?.timer)
    await found?.session.abandon?.().catch(() => undefined)
  }
  return {
    add(session) {
      const id = newId()
      waiting.set(id, { session, timer: setTimeout(() => void abandon(id), patienceMs).unref() })
      return id
    },
    take(id) {
      const found = waiting.get(id)
      waiting.delete(id)
      clearTimeout(found?.timer)
      return found?.session
    },
    async close() {
      await Promise.all([...waiting.keys()].map(abandon))
    },
  }
}
