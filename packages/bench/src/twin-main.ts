import { request } from 'node:http'
import { startTwin } from '@bulkhead/twin'

export type Order =
  | { readonly type: 'count' }
  | { readonly type: 'drop events' }
  | { readonly type: 'replace'; readonly name: string }

export interface Answer {
  readonly value: number
}

const [, , socket = ''] = process.argv
const twin = await startTwin({ socket, images: [{ reference: 'bb:1' }] })

process.on('message', (order: Order) => void carryOut(order).then(answer))
answer(0)

function answer(value: number): void {
  process.send?.({ value } satisfies Answer)
}

async function carryOut(order: Order): Promise<number> {
  if (order.type === 'count') return twin.calls.length
  if (order.type === 'replace') return replace(order.name)
  twin.dropEvents()
  return 0
}

async function replace(name: string): Promise<number> {
  const ids = (): readonly string[] =>
    [...twin.world.containers.values()]
      .filter((one) => one.name === name && one.state.status === 'running')
      .map(({ id }) => id)
  const [before] = ids()
  await remove(name)
  const began = performance.now()
  while (!ids().some((id) => id !== before))
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  return performance.now() - began
}

function remove(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socket, method: 'DELETE', path: `/containers/${name}?force=1` }, (response) =>
      response.resume().on('end', resolve),
    )
      .on('error', reject)
      .end()
  })
}
