import { request } from 'node:http'
import { bulkheadLabels, composeLabels } from '@bulkhead/model'
import type { Twin } from '@bulkhead/twin'
import type { Disturbance } from './worlds.ts'

type Body = Readonly<Record<string, unknown>>

/** Does to the engine what other people, other tools and interrupted rounds do. What the engine refuses stays undone. */
export async function disturb(twin: Twin, { does, pick, running }: Disturbance): Promise<void> {
  const call = (method: string, path: string, body?: Body): Promise<string> =>
    ask(twin.socket, method, path, body)
  const mine = [...twin.world.containers.values()].filter(
    ({ labels }) => labels[composeLabels.project] === 'app',
  )
  const networks = [...twin.world.networks.values()].filter(
    ({ labels }) => labels[composeLabels.project] === 'app',
  )
  const container = mine[pick % Math.max(1, mine.length)]
  const network = networks[pick % Math.max(1, networks.length)]
  if (container === undefined) return
  const { id, attachments, labels: its } = container
  const name = `app-${its[composeLabels.service]}-${its[composeLabels.number]}`
  const copy = async (as: string, labels: Readonly<Record<string, string>>): Promise<void> => {
    await call('POST', `/containers/create?name=${as}`, {
      ...container.config,
      Labels: { ...container.labels, ...labels },
      HostConfig: container.host,
    })
    const made = [...twin.world.containers.values()].find((one) => one.name === as)
    if (made === undefined) return
    for (const other of attachments.keys())
      if (!made.attachments.has(other)) await call('POST', `/networks/${other}/connect`, { Container: as })
    if (running) await call('POST', `/containers/${as}/start`)
  }
  switch (does) {
    case 'stop':
      return void (await call('POST', `/containers/${id}/stop?t=0`))
    case 'kill':
      return void (await call('POST', `/containers/${id}/kill`))
    case 'remove':
      return void (await call('DELETE', `/containers/${id}?force=1`))
    case 'pause':
      return void (await call('POST', `/containers/${id}/pause`))
    case 'rename to a temporary name':
      return void (await call('POST', `/containers/${id}/rename?name=0123456789ab_${name}`))
    case 'rename at will':
      return void (await call('POST', `/containers/${id}/rename?name=mine-${pick}`))
    case 'copy':
      return copy(`copy-${pick}-${name}`, {})
    case 'copy under a temporary name':
      return copy(`${id.slice(0, 12)}_${name}`, {})
    case 'stale copy under a temporary name':
      return copy(`${id.slice(0, 12)}_${name}`, { [bulkheadLabels.hash]: 'v1:stale' })
    case 'copy as an orphan':
      return copy(`app-ghost-${pick}`, { [composeLabels.service]: 'ghost' })
    case 'copy as a one-off':
      return copy(`app-run-${pick}`, { [composeLabels.oneOff]: 'True' })
    case 'disconnect': {
      const joined = [...attachments.keys()]
      return void (await call('POST', `/networks/${joined[pick % Math.max(1, joined.length)]}/disconnect`, {
        Container: id,
        Force: true,
      }))
    }
    case 'remove the network':
    case 'make the network anew': {
      if (network === undefined) return
      for (const one of mine)
        if (one.attachments.has(network.name))
          await call('POST', `/networks/${network.id}/disconnect`, { Container: one.id, Force: true })
      await call('DELETE', `/networks/${network.id}`)
      if (does === 'make the network anew')
        await call('POST', '/networks/create', {
          Name: network.name,
          Labels: network.labels,
          CheckDuplicate: true,
        })
    }
  }
}

/** Things of others that look much like the project's own, and must be left alone. */
export async function plantForeign({ socket }: Pick<Twin, 'socket'>): Promise<void> {
  const call = (method: string, path: string, body?: Body): Promise<string> => ask(socket, method, path, body)
  const labels = {
    [composeLabels.project]: 'app2',
    [composeLabels.service]: 'a',
    [composeLabels.number]: '1',
    [composeLabels.oneOff]: 'False',
    [composeLabels.configHash]: 'other',
  }
  await call('POST', '/networks/create', { Name: 'outside' })
  await call('POST', '/networks/create', {
    Name: 'app2_default',
    Labels: { [composeLabels.project]: 'app2', [composeLabels.network]: 'default' },
  })
  await call('POST', '/volumes/create', { Name: 'logs' })
  await call('POST', '/volumes/create', { Name: 'app2_data', Labels: { [composeLabels.project]: 'app2' } })
  const HostConfig = { NetworkMode: 'outside', Binds: ['logs:/logs', 'app2_data:/data'] }
  for (const [name, Labels] of [
    ['app2-a-1', labels],
    ['app-like', {}],
    ['0123456789ab_app2-a-1', { ...labels, [composeLabels.number]: '2' }],
  ] as const) {
    await call('POST', `/containers/create?name=${name}`, {
      Image: 'bb:1',
      Cmd: ['serve'],
      Labels,
      HostConfig,
    })
    await call('POST', `/containers/${name}/start`)
  }
}

function ask(socketPath: string, method: string, path: string, body?: Body): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const asked = request({ socketPath, method, path, headers }, (response) => {
      let text = ''
      response.on('data', (part) => (text += String(part)))
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
