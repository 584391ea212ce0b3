import { join } from 'node:path'
import { Value } from 'typebox/value'
import { ProjectEventSchema } from '@bulkhead/api'
import { BulkheadError, noNotes } from '@bulkhead/model'
import type { Explanation, NewProjectEvent, Notes, ProjectEvent } from '@bulkhead/model'
import t from 'tap'
import { createChronicle, ofNotes } from '../src/chronicle.ts'
import { openStore } from '../src/store/store.ts'
import { container } from './fixtures/fake-engine.ts'
import { bundleOf, serve } from './fixtures/served.ts'

const bundle = bundleOf('name: app\nservices:\n  web:\n    image: web:1\n')
const at = (time: string) => () => new Date(time)

/** `type action service` of each. */
const words = (events: readonly NewProjectEvent[]) =>
  events.map(({ type, action, service = '' }) => `${type} ${action} ${service}`.trim())

t.test('what the loop notes must be told once, and what it means', async (t) => {
  const held: Notes = { ...noNotes, held: { web: '2026-01-02T03:04:05Z' } }
  t.same(words(ofNotes('app', noNotes, held)), ['hold held web'])
  t.same(ofNotes('app', held, held), [])
  t.same(words(ofNotes('app', held, noNotes)), ['hold released web'])
  const drifted: Notes = {
    ...noNotes,
    differs: { 'app-web-1 mem_limit': '2026-01-02T03:04:05Z' },
    touched: { 'app-web-1': { at: '2026-01-02T03:04:05Z', action: 'update' } },
  }
  t.match(ofNotes('app', noNotes, drifted), [
    {
      type: 'drift',
      action: 'found',
      attributes: { object: 'app-web-1', field: 'mem_limit', cause: 'update' },
    },
  ])
  t.same(words(ofNotes('app', drifted, noNotes)), ['drift gone'])
  const tried: Notes = { ...noNotes, troubles: { web: { tries: ['1'], reason: 'ill' } } }
  const open: Notes = { ...noNotes, troubles: { web: { tries: ['1'], reason: 'ill', open: '2' } } }
  t.same(words(ofNotes('app', noNotes, tried)), ['breaker try web'])
  t.match(ofNotes('app', tried, open), [{ type: 'breaker', action: 'open', attributes: { reason: 'ill' } }])
  t.same(words(ofNotes('app', open, noNotes)), ['breaker closed web'])
})

t.test(
  'rounds must be told with their operations, masked, and that nothing is to be done once',
  async (t) => {
    const told: NewProjectEvent[] = []
    const chronicle = createChronicle({
      append: (event) => void told.push(event),
      maskOf: () => (text) => text.replaceAll('hunter2', '********'),
    })
    const round = { project: 'app', deployment: undefined, milliseconds: 1.6 }
    const operation = {
      node: 1,
      type: 'startContainer',
      subject: 'container app-web-1',
      service: 'web',
    } as const
    const error = new BulkheadError('BH_ENGINE_FAILED', 'no such user: hunter2')
    chronicle.roundEnded({ ...round, outcome: 'settled' })
    chronicle.operationEnded({
      ...round,
      operation: { ...operation, cause: 'not running' },
      outcome: 'failed',
      error,
    })
    chronicle.roundEnded({ ...round, outcome: 'failed', error })
    chronicle.roundEnded({ ...round, outcome: 'settled' })
    chronicle.roundEnded({ ...round, outcome: 'settled' })
    t.same(words(told), ['operation startContainer web', 'round failed', 'round settled'])
    t.match(told[0]?.attributes, { outcome: 'failed', problem: 'no such user: ********', milliseconds: '2' })
    t.match(told[1]?.attributes, { operations: '0', problem: 'no such user: ********' })
  },
)

t.test(
  "a container's events must come as the engine tells them, without what Compose wrote on it",
  async (t) => {
    const told: NewProjectEvent[] = []
    const chronicle = createChronicle({
      append: (event) => void told.push(event),
      maskOf: () => (text) => text,
    })
    const event = {
      type: 'container',
      action: 'health_status',
      id: 'c1',
      project: 'app',
      service: 'web',
      health: 'unhealthy',
      exitCode: undefined,
      timeNano: '1767323045123456789',
      attributes: {
        name: 'app-web-1',
        'com.docker.compose.project': 'app',
        'dev.bulkhead.hash': 'x',
        mine: 'y',
      },
    } as const
    chronicle.engineEvent(event)
    chronicle.engineEvent({ ...event, project: undefined })
    chronicle.engineEvent({ ...event, attributes: { 'com.docker.compose.oneoff': 'True' } })
    t.same(told, [
      {
        time: '2026-01-02T03:04:05.123Z',
        project: 'app',
        service: 'web',
        type: 'container',
        action: 'health_status',
        id: 'c1',
        attributes: { name: 'app-web-1', mine: 'y', health: 'unhealthy' },
      },
    ])
  },
)

t.test('events must outlive the daemon, ascend, and go when their time has come', async (t) => {
  const folder = join(t.testdir(), 'data')
  const open = (time: string) =>
    openStore({ folder, now: at(time), contextLimit: 1, retention: { eventDays: 7 } })
  const first = open('2026-01-01T00:00:00Z')
  first.events.append({ project: 'app', type: 'custody', action: 'suspended', attributes: {} })
  first.events.append({ project: 'other', type: 'custody', action: 'suspended', attributes: {} })
  const before = first.events.latest()
  first.close()
  const second = open('2026-01-05T00:00:00Z')
  second.events.append({ project: 'app', type: 'custody', action: 'resumed', attributes: {} })
  t.same(words(second.events.after(0, { project: 'app' }, 10)), ['custody suspended', 'custody resumed'])
  t.same(words(second.events.after(before, {}, 10)), ['custody resumed'])
  t.same(words(second.events.after(0, { since: '2026-01-03T00:00:00.000Z' }, 10)), ['custody resumed'])
  t.same(second.events.after(0, { until: '2026-01-03T00:00:00.000Z' }, 1).length, 1)
  second.close()
  const third = open('2026-01-09T00:00:00Z')
  t.teardown(() => third.close())
  third.events.append({ project: 'app', type: 'custody', action: 'released', attributes: {} })
  third.events.flush()
  t.same(words(third.events.after(0, {}, 10)), ['custody resumed', 'custody released'])
})

t.test(
  'a stream of events must give the past that was asked for, then what comes, and end at its end',
  async (t) => {
    const { app, store, ledger } = await serve(t)
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/deployments',
      payload: { action: 'up', bundle },
    })
    const { id } = answer.json<{ id: string }>()
    ledger.deploymentRunning(id)
    ledger.deploymentFinished(id, 'failed', 2, {
      severity: 'error',
      code: 'BH_IMAGE_NOT_FOUND',
      message: 'no image',
    })
    const past = await app.inject('/v1/events?project=app&since=1h&until=0s')
    t.match(past.headers['content-type'], /^text\/event-stream/)
    const events = past.body
      .split('\n')
      .filter((line) => line.startsWith('data: {"'))
      .map((line) => JSON.parse(line.slice(6)) as ProjectEvent)
    t.same(words(events), ['deployment queued', 'deployment running', 'deployment failed'])
    t.match(events[2], {
      id,
      attributes: { action: 'up', revision: '1', operations: '2', problem: 'no image' },
    })
    for (const event of events) t.equal(Value.Check(ProjectEventSchema, event), true)
    t.match(past.body, /event: end\n/)

    const live = await app.inject({ url: '/v1/events?type=hold', payloadAsStream: true })
    store.events.append({ project: 'app', type: 'custody', action: 'suspended', attributes: {} })
    store.events.append({ project: 'app', service: 'web', type: 'hold', action: 'held', attributes: {} })
    for await (const chunk of live.stream()) {
      if (String(chunk).startsWith(':')) continue
      t.match(String(chunk), /^id: \d+\nevent: hold\ndata: .*"held"/)
      break
    }

    const resumed = await app.inject({
      url: '/v1/events?project=app&until=0s',
      headers: { 'last-event-id': String(events[1]?.sequence) },
    })
    t.notMatch(resumed.body, /"queued"|"running"/)
    t.match(resumed.body, /"failed"/)
  },
)

t.test('a service that nobody knows must be refused before the stream begins', async (t) => {
  const { app } = await serve(t)
  await app.inject({ method: 'POST', url: '/v1/deployments', payload: { action: 'up', bundle } })
  const answer = await app.inject('/v1/events?project=app&service=wbe')
  t.equal(answer.statusCode, 422)
  t.match(answer.json(), { code: 'BH_SERVICE_NOT_FOUND', hint: 'It has: web.' })
  t.equal((await app.inject('/v1/events?service=web')).statusCode, 400)
})

t.test('an explanation must tell who stopped a service, what is wrong with it, and no secret', async (t) => {
  const { app, ledger, engine, failures, store } = await serve(t)
  const secret = bundleOf(
    'name: app\nservices:\n  web:\n    image: web:1\n    environment: { DB_PASSWORD: hunter2hunter2 }\n',
  )
  const headers = { 'bulkhead-actor': encodeURIComponent('ann@desk') }
  const ask = (payload: object) => app.inject({ method: 'POST', url: '/v1/deployments', headers, payload })
  const up = await ask({ action: 'up', bundle: secret })
  ledger.deploymentFinished(up.json<{ id: string }>().id, 'succeeded', 1, undefined)
  const web = container({ state: 'exited', exitCode: 3, finishedAt: '2026-01-02T03:00:00Z' })
  engine.state.containers = [web]
  engine.state.logs[web.id] = [{ stream: 'stderr', text: 'no login with hunter2hunter2', time: undefined }]
  const explain = async () =>
    (await app.inject('/v1/projects/app/services/web/explanation')).json<Explanation>()
  t.match((await explain()).causes, [
    { kind: 'ended', text: /with code 3/, detail: 'its last words: no login with ********' },
  ])
  const error = new BulkheadError('BH_ENGINE_FAILED', 'the engine says hunter2hunter2')
  failures.roundEnded({ project: 'app', deployment: undefined, outcome: 'failed', milliseconds: 1, error })
  t.match((await explain()).causes[0], { kind: 'failure', detail: 'the engine says ********' })
  failures.roundEnded({ project: 'app', deployment: undefined, outcome: 'settled', milliseconds: 1 })
  t.notOk((await explain()).causes.some(({ kind }) => kind === 'failure'))

  engine.state.containers = [container({ health: 'unhealthy' })]
  store.events.append({
    project: 'app',
    service: 'web',
    type: 'container',
    action: 'health_status',
    id: web.id,
    time: '2026-01-02T03:01:00.000Z',
    attributes: { health: 'unhealthy' },
  })
  t.match((await explain()).causes[0], { kind: 'unhealthy', since: '2026-01-02T03:01:00.000Z' })
  store.events.flush()
  t.match((await explain()).causes[0], { kind: 'unhealthy', since: '2026-01-02T03:01:00.000Z' })

  await ask({ action: 'stop', project: 'app', services: ['web'] })
  t.match((await explain()).causes, [{ kind: 'stopped', text: /^web was stopped by ann@desk with `stop`/ }])
  t.equal((await app.inject('/v1/projects/app/services/wbe/explanation')).statusCode, 422)
  engine.state.containers = []
  t.equal((await app.inject('/v1/projects/none/services/web/explanation')).statusCode, 404)
})
