import { request } from 'node:http'
import type { Test } from 'tap'
import { scene } from './scene.ts'
import type { Subject, Wire } from './scene.ts'

const forever = 'trap exit TERM; while :; do sleep 1 & wait; done'

/** What gives a container back that somebody took it from, and what was missed. */
export function mending(t: Test, subject: Subject): void {
  t.test('what was changed on a running container must be changed back, and nothing else', async (t) => {
    const { engine, run, found } = scene(t, subject)
    const MiB = 2 ** 20
    const id = await run('web', forever, {
      host: { Memory: 64 * MiB, MemorySwap: 128 * MiB, CpuShares: 512, RestartPolicy: { Name: 'always' } },
    })
    await engine.updateContainer(id, { memory: 96 * MiB, memorySwap: 192 * MiB })
    await engine.updateContainer(id, { restart: 'on-failure:3' })
    await engine.updateContainer(id, { nanoCpus: 500_000_000 })
    await engine.updateContainer(id, {})
    t.match((await found(id)).settings, {
      memory: 96 * MiB,
      memorySwap: 192 * MiB,
      cpuShares: 512,
      restart: 'on-failure:3',
      nanoCpus: 500_000_000,
    })
    t.equal((await found(id)).state, 'running')
  })

  t.test(
    'a container must be given other names on a network while it runs, and keep its address',
    async (t) => {
      const { engine, run, found, network } = scene(t, subject)
      const name = await network('net')
      const id = await run('web', forever, { networks: [{ network: name, endpoint: { Aliases: ['web'] } }] })
      const before = (await found(id)).networks[name]
      t.ok(before)
      const attachment = { network: name, endpoint: { Aliases: ['other'] } }
      t.equal(await engine.aliasContainer(id, attachment, { asked: false }), true)
      const { aliases = {}, state } = await found(id)
      t.ok(aliases[name]?.includes('other'))
      t.notOk(aliases[name]?.includes('web'))
      t.equal(state, 'running')
    },
  )

  t.test('what the engine remembers must be told from a moment on, oldest first', async (t) => {
    const { engine, run, project } = scene(t, subject)
    const before = `${Date.now() - 60_000}000000`
    const first = await run('web', forever)
    const from = (await engine.eventsSince(before)).events.find(
      (event) => event.id === first && event.action === 'start',
    )?.timeNano
    t.match(from, /^\d{19}$/u)
    const second = await run('other', forever)
    const { events, count } = await engine.eventsSince(from ?? '')
    // The engine may tell more: all of that second.
    const ours = events.filter(
      ({ project: its, type, timeNano }) =>
        its === project && type === 'container' && BigInt(timeNano) >= BigInt(from ?? '0'),
    )
    t.strictSame(
      ours.map(({ id, action }) => [id, action]),
      [
        [first, 'start'],
        [second, 'create'],
        [second, 'start'],
      ],
      'the event of that moment is among them',
    )
    t.ok(count >= events.length && count <= 256)
  })

  const { wire } = subject
  if (wire === undefined) return
  t.test('a paused container must go on, and one that goes on or is gone be left alone', async (t) => {
    const { engine, run, found, named } = scene(t, subject)
    // What forks while it is frozen may slip through: the engine then gives up.
    const id = await run('web', 'exec sleep 600')
    t.equal(await post(wire, `/containers/${id}/pause`), 204)
    t.equal((await found(id)).state, 'paused')
    await engine.unpauseContainer(id)
    t.equal((await found(id)).state, 'running')
    await engine.unpauseContainer(id)
    await engine.unpauseContainer(named('none'))
    t.equal((await found(id)).state, 'running')
  })
}

function post({ socket }: Wire, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, path, method: 'POST' }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode))
    })
    asked.once('error', reject)
    asked.end()
  })
}
