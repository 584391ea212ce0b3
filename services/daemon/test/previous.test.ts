import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ProjectLogLine } from '@bulkhead/api'
import t from 'tap'
import { createMetrics } from '../src/metrics.ts'
import { container } from './fixtures/fake-engine.ts'
import { bundleOf, serve } from './fixtures/served.ts'

const bundle = bundleOf(
  'name: app\nservices:\n  web:\n    image: web:1\n    environment: { DB_PASSWORD: hunter2hunter2 }\n',
)

t.test('what a container said last must be readable when it is gone, within its limit', async (t) => {
  const { app, engine, previousLogs } = await serve(t)
  await app.inject({ method: 'POST', url: '/v1/deployments', payload: { action: 'up', bundle } })
  const leaves = async (id: string, ...said: readonly string[]) => {
    engine.state.containers = [container({ id })]
    engine.state.logs[id] = said.map((text, index) => ({
      stream: 'stderr',
      text,
      time: `2026-01-02T03:00:0${index}.000000000Z`,
    }))
    await previousLogs.keep({ project: 'app', service: 'web', container: id, name: 'app-web-1' })
    engine.state.containers = []
  }
  const logs = async (query = ''): Promise<readonly ProjectLogLine[]> => {
    const { body } = await app.inject(`/v1/projects/app/logs?previous=true${query}`)
    t.match(body, /event: end\n/)
    return body
      .split('\n')
      .filter((line) => line.startsWith('data: {"'))
      .map((line) => JSON.parse(line.slice(6)) as ProjectLogLine)
  }
  const texts = async (query = '') => (await logs(query)).map(({ text }) => text)
  await leaves('first', 'x'.repeat(1100), 'no login with hunter2hunter2', 'giving up')
  t.same(await logs('&timestamps=true&tail=1'), [
    {
      service: 'web',
      container: 'app-web-1',
      stream: 'stderr',
      text: 'giving up',
      time: '2026-01-02T03:00:02.000000000Z',
    },
  ])
  t.same(await texts(), ['no login with ********', 'giving up'], 'the oldest goes beyond 1 KiB')
  t.same(await texts('&since=2026-01-02T03:00:02Z'), ['giving up'])

  const folder = join(t.testdirName, 'data', 'logs', 'app', '@web')
  for (const file of readdirSync(folder))
    t.equal((statSync(join(folder, file)).mode & 0o777).toString(8), '600')
  await leaves('second', 'two')
  await leaves('silent')
  await leaves('third', 'three')
  t.same(await texts('&service=web'), ['two', 'three'], 'of two containers at most')

  t.equal((await app.inject('/v1/projects/app/logs?previous=true&follow=true')).statusCode, 400)
  t.equal((await app.inject('/v1/projects/app/logs?previous=true&service=wbe')).statusCode, 422)
  previousLogs.forget('app')
  t.same(await texts(), [])
})

t.test('a container whose log cannot be read must go all the same, and that must be told', async (t) => {
  const { engine, previousLogs, log } = await serve(t)
  engine.state.reachable = false
  engine.logs = () => {
    throw new Error('the driver can not be read')
  }
  await previousLogs.keep({ project: 'app', service: 'web', container: 'c1', name: 'app-web-1' })
  t.same(previousLogs.services('app'), [])
  t.match(log.join(''), /last lines are not kept/)
})

t.test('restarts must be counted, whoever starts a container again', async (t) => {
  const metrics = createMetrics({
    projects: () => 0,
    waiting: () => 0,
    operationsWaiting: () => 3,
    drift: () => 2,
  })
  const tell = (action: string, id: string) =>
    metrics.engineEvent({
      type: 'container',
      action,
      id,
      project: 'app',
      service: 'web',
      health: undefined,
      exitCode: undefined,
      timeNano: '0',
      attributes: {},
    })
  for (const action of ['start', 'die', 'start', 'die', 'start', 'die', 'destroy', 'start'])
    tell(action, 'c1')
  const text = await metrics.text()
  t.match(text, /^bulkhead_container_restarts_total\{project="app",service="web"\} 2$/m)
  t.match(text, /^bulkhead_operations_waiting 3$/m)
  t.match(text, /^bulkhead_drift 2$/m)
})
