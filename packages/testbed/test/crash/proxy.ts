import { openRelay, type Relay } from '../../src/index.ts'

/** Stands between a daemon and its engine, and sees each call that changes something. */
export interface Proxy extends Relay {
  /**
   * Has `act` called when the engine has answered the `n`th changing call from now on, before that answer gets
   * through. `first` is called as the first of them begins.
   */
  expect(n: number, hooks: { readonly first?: () => void; readonly act?: () => void }): void
  /** Changing calls since `expect`. */
  readonly count: number
}

export async function openProxy(engineSocket: string, path: string): Promise<Proxy> {
  let awaited = 0
  let seen = 0
  let hooks: Parameters<Proxy['expect']>[1] = {}
  const relay = await openRelay(engineSocket, path, ({ client, engine }) => {
    let mine = 0
    client.on('data', (chunk: Buffer) => {
      if (!changes(chunk)) return
      seen += 1
      mine = seen
      if (mine === 1) hooks.first?.()
    })
    engine.on('data', () => {
      const answered = mine
      mine = 0
      if (answered > 0 && answered === awaited) hooks.act?.()
    })
    return undefined
  })
  return {
    ...relay,
    expect(n, given) {
      awaited = n
      seen = 0
      hooks = given
    },
    get count() {
      return seen
    },
  }
}

/** A connection carries one call at a time, whose first bytes come together: they tell which it is. */
function changes(chunk: Buffer): boolean {
  return /^(?:POST|PUT|DELETE) /u.test(chunk.subarray(0, 8).toString('latin1'))
}
