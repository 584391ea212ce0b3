/** Joins what several sources yield into one stream; a source waits while the reader is behind. */
export interface Channel<T> {
  /** Resolves once there is room. Returns false when nobody reads any more. */
  push(item: T): Promise<boolean>
  /** The stream ends after what was pushed; with an error, by throwing it. */
  end(error?: unknown): void
  read(): AsyncGenerator<T>
}

export function createChannel<T>(capacity: number): Channel<T> {
  const items: T[] = []
  const life = { ended: false }
  let failure: { readonly error: unknown } | undefined
  let wakeReader: (() => void) | undefined
  let waiting: (() => void)[] = []

  const wakeWriters = (): void => {
    const writers = waiting
    waiting = []
    for (const writer of writers) writer()
  }

  return {
    async push(item) {
      while (!life.ended && items.length >= capacity)
        await new Promise<void>((resolve) => waiting.push(resolve))
      if (life.ended) return false
      items.push(item)
      wakeReader?.()
      return true
    },
    end(error) {
      if (life.ended) return
      life.ended = true
      if (error !== undefined) failure = { error }
      wakeReader?.()
      wakeWriters()
    },
    async *read() {
      try {
        for (;;) {
          const item = items.shift()
          if (item !== undefined) {
            if (items.length < capacity) wakeWriters()
            yield item
            continue
          }
          if (life.ended) break
          await new Promise<void>((resolve) => {
            wakeReader = resolve
          })
          wakeReader = undefined
        }
        if (failure !== undefined) throw failure.error
      } finally {
        life.ended = true
        wakeWriters()
      }
    },
  }
}
