import type { Engine } from '@bulkhead/engine'

/** An engine's client whose process can be killed: after that nothing ever comes back to those who asked. */
export interface MortalEngine {
  readonly engine: Engine
  kill(): void
  lasts(): boolean
}

type Method = (...parameters: readonly unknown[]) => unknown
const streams: readonly (string | symbol)[] = ['events', 'logs'] satisfies readonly (keyof Engine)[]

export function mortal(engine: Engine): MortalEngine {
  let dead = false
  const never = (): Promise<never> => new Promise(() => undefined)
  const outlived = async (call: () => unknown): Promise<unknown> => {
    if (dead) return never()
    try {
      const result = await call()
      return dead ? await never() : result
    } catch (error) {
      if (dead) return never()
      throw error
    }
  }
  async function* stream(source: AsyncIterable<unknown>): AsyncGenerator {
    const items = source[Symbol.asyncIterator]()
    try {
      for (;;) {
        const item = (await outlived(() => items.next())) as IteratorResult<unknown>
        if (item.done === true) return
        yield item.value
      }
    } finally {
      if (!dead) await items.return?.()
    }
  }
  return {
    kill() {
      dead = true
    },
    lasts: () => !dead,
    engine: new Proxy(engine, {
      get(target, name) {
        const method = Reflect.get(target, name) as Method
        if (streams.includes(name))
          return (...parameters: readonly unknown[]) =>
            stream(method.apply(target, [...parameters]) as AsyncIterable<unknown>)
        return (...parameters: readonly unknown[]) => outlived(() => method.apply(target, [...parameters]))
      },
    }),
  }
}
