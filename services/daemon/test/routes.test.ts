import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  ConfigSchema,
  DeploymentEventSchema,
  DeploymentListSchema,
  DeploymentSchema,
  EngineSchema,
  ImageDigestSchema,
  ProblemDetailsSchema,
  ProjectListSchema,
  ProjectStatusSchema,
  RevisionDetailsSchema,
  RevisionListSchema,
  RevisionStoredSchema,
  VersionSchema,
} from '@bulkhead/api'
import type { ProblemDetails } from '@bulkhead/api'
import type { Deployment, OperationReference } from '@bulkhead/model'
import type { InjectOptions } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { createMetrics } from '../src/metrics.ts'
import { container } from './fixtures/fake-engine.ts'
import { bundleOf, places, serve } from './fixtures/served.ts'
import type { Served } from './fixtures/served.ts'

const simple = 'name: app\nservices:\n  web:\n    image: web:1\n'
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** Asks, expects the status and a body that its schema allows, and returns the body. */
async function ask<T = unknown>(
  t: Test,
  { app }: Served,
  request: InjectOptions,
  status: number,
  schema: TSchema,
): Promise<T> {
  const response = await app.inject(request)
  t.equal(response.statusCode, status, response.body.slice(0, 500))
  const body: unknown = response.json()
  t.equal(Value.Check(schema, body), true, `answer is as its schema says: ${response.body.slice(0, 500)}`)
  return body as T
}

async function refused(
  t: Test,
  served: Served,
  request: InjectOptions,
  status: number,
): Promise<ProblemDetails> {
  const response = await served.app.inject(request)
  t.match(response.headers['content-type'], /^application\/problem\+json/)
  return ask<ProblemDetails>(t, served, request, status, ProblemDetailsSchema)
}

t.test('a failed update must go back or rest as the file says, with the end of its deployment', async (t) => {
  const served = await serve(t)
  const at = (greeting: string) =>
    bundleOf(simple.replace('web:1', `web:1\n    environment: {GREETING: ${greeting}}`))
  const desired = () => served.ledger.desired('app')
  const greeting = () => desired()?.project?.services['web']?.environment?.['GREETING']
  const problem = { severity: 'error', code: 'BH_UPDATE_FAILED', message: 'web-1 is unhealthy' } as const
  const ended = async (request: object, onFailure?: 'pause' | 'rollback') => {
    const { id } = await ask<Deployment>(t, served, up(request), 202, DeploymentSchema)
    const update = onFailure && { service: 'web', onFailure }
    served.ledger.deploymentFinished(id, update ? 'failed' : 'succeeded', 1, update && problem, update)
  }
  await ended({ bundle: at('first') }, 'rollback')
  t.same(desired()?.intent.paused, { web: 'web-1 is unhealthy' }, 'there is nothing to go back to')
  await ended({ bundle: at('good') })
  t.same(desired()?.intent.paused, {}, 'somebody has asked again')
  await ended({ bundle: at('bad') }, 'pause')
  t.equal(greeting(), 'bad')
  t.same(desired()?.intent.paused, { web: 'web-1 is unhealthy' })
  t.equal(served.store.deployments.active('app'), undefined)

  await ended({ bundle: at('worse') }, 'rollback')
  t.equal(greeting(), 'good')
  t.equal(desired()?.intent.paused, undefined)
  t.match(desired()?.deployment, { action: 'up', options: { reverting: true } })
  const { id = '' } = desired()?.deployment ?? {}
  served.ledger.deploymentFinished(id, 'failed', 0, problem, { service: 'web', onFailure: 'pause' })
  t.same(desired()?.intent.paused, { web: 'web-1 is unhealthy' }, 'a rollback that fails rests')

  await ended({ bundle: at('good') })
  await ended({ bundle: at('good') }, 'rollback')
  t.same(desired()?.intent.paused, { web: 'web-1 is unhealthy' }, 'the files are the same')
  t.equal(desired()?.deployment, undefined)
})

const up = (payload: object): InjectOptions => ({
  method: 'POST',
  url: '/v1/deployments',
  payload: { action: 'up', ...payload },
})

t.test('a backup must come whole and leave nothing behind', async (t) => {
  const served = await serve(t)
  await ask(t, served, up({ bundle: bundleOf(simple) }), 202, DeploymentSchema)
  const answer = await served.app.inject('/v1/backup')
  t.equal(answer.headers['content-type'], 'application/vnd.sqlite3')
  t.equal(answer.rawPayload.subarray(0, 15).toString(), 'SQLite format 3')
  t.same(
    readdirSync(join(t.testdirName, 'data')).filter((name) => name.startsWith('backup')),
    [],
  )
})

t.test('metrics must count what ended, and time the calls of the engine', async (t) => {
  const served = await serve(t)
  const { id } = await ask<Deployment>(t, served, up({ bundle: bundleOf(simple) }), 202, DeploymentSchema)
  served.ledger.deploymentFinished(id, 'succeeded', 1, undefined)
  served.ledger.deploymentFinished(id, 'failed', 1, undefined)
  t.same(served.notices, [], 'what ended well, or ended before, is told to nobody')
  const answer = await served.app.inject('/metrics')
  t.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.match(answer.body, /^bulkhead_projects 1$/m)
  t.match(answer.body, /^bulkhead_deployments_total\{action="up",outcome="succeeded"\} 1$/m)
  t.notMatch(answer.body, /outcome="failed"/)
  const metrics = createMetrics({ projects: () => 0, waiting: () => 2 })
  await metrics.timed(served.engine).capabilities()
  metrics.operationEnded({
    project: 'app',
    deployment: undefined,
    operation: { node: 1, type: 'createContainer', subject: 'app-web-1', service: 'web', cause: 'not found' },
    outcome: 'done',
    milliseconds: 1500,
  })
  const text = await metrics.text()
  t.match(text, /^bulkhead_projects_waiting 2$/m)
  t.match(text, /bulkhead_engine_call_duration_seconds_count\{call="capabilities",outcome="ok"\} 1/)
  t.match(text, /bulkhead_operation_duration_seconds_sum\{type="createContainer",outcome="done"\} 1\.5/)
})

t.test('the daemon must tell what it is and how it fares', async (t) => {
  const served = await serve(t)
  t.match(await ask(t, served, { url: '/v1/version' }, 200, VersionSchema), {
    version: '1.2.3',
    api: 'v1',
    engine: { version: '26.1.5', apiVersion: '1.45' },
  })
  t.same((await served.app.inject('/v1/health')).json(), { status: 'ok' })
  t.same((await served.app.inject('/v1/ready')).json(), { status: 'ready' })
  t.match(await ask(t, served, { url: '/v1/engine' }, 200, EngineSchema), {
    address: 'unix:///test/docker.sock',
    isolation: {
      process: { available: true, runtime: 'runc' },
      hyperv: { available: true, runtime: 'runsc' },
    },
  })
})

t.test('a daemon whose engine is away must still answer, and say that it is not ready', async (t) => {
  const served = await serve(t)
  served.engine.state.reachable = false
  t.notHas(await ask(t, served, { url: '/v1/version' }, 200, VersionSchema), { engine: {} })
  t.equal((await served.app.inject('/v1/health')).statusCode, 200)
  t.match(await refused(t, served, { url: '/v1/ready' }, 503), { code: 'BH_ENGINE_UNREACHABLE' })
  t.match(await refused(t, served, up({ bundle: bundleOf(simple) }), 503), { code: 'BH_ENGINE_UNREACHABLE' })
  t.equal(served.store.projects.get('app'), undefined)
})

t.test('an engine without a kernel-isolating runtime must say so', async (t) => {
  const served = await serve(t)
  const { capabilities } = served.engine.state
  served.engine.state.capabilities = { ...capabilities, runtimes: { runc: { path: 'runc', args: [] } } }
  t.match(await ask(t, served, { url: '/v1/engine' }, 200, EngineSchema), {
    isolation: { hyperv: { available: false, reason: /kernel of its own/ } },
  })
})

t.test('the digest of an image must be told by its registry, and a failure as a problem', async (t) => {
  const served = await serve(t)
  const digest = digestOf('image')
  const pinned = `docker.io/library/web:1@${digest}`
  served.engine.state.digests = { 'web:1': { digest, pinned } }
  const asking = (reference: string): InjectOptions => ({
    url: '/v1/images/digest',
    query: reference === '' ? {} : { reference },
  })
  t.same(await ask(t, served, asking('web:1'), 200, ImageDigestSchema), {
    reference: 'web:1',
    digest,
    pinned,
  })
  t.match(await refused(t, served, asking('none'), 422), { code: 'BH_IMAGE_NOT_FOUND' })
  t.match(await refused(t, served, asking('team/Web:1'), 422), {
    code: 'BH_IMAGE_REFERENCE_INVALID',
    hint: /team\/web:1/,
  })
  t.match(await refused(t, served, asking('../secrets'), 422), { code: 'BH_IMAGE_REFERENCE_INVALID' })
  t.match(await refused(t, served, asking(''), 400), { code: 'BH_BAD_REQUEST' })
  served.engine.state.reachable = false
  t.match(await refused(t, served, asking('web:1'), 503), { code: 'BH_ENGINE_UNREACHABLE' })
})

t.test('a deployment must be on disk before anything acts on it', async (t) => {
  const served = await serve(t)
  const response = await served.app.inject(up({ bundle: bundleOf(simple) }))
  t.equal(response.statusCode, 202)
  t.equal(response.headers.location, '/v1/deployments/d1')
  t.equal(Value.Check(DeploymentSchema, response.json()), true)
  t.match(response.json(), {
    id: 'd1',
    project: 'app',
    action: 'up',
    revision: 1,
    state: 'queued',
    operations: 0,
  })
  t.same(served.deployed, ['app'])
  t.match(served.store.projects.get('app'), { revision: 1, intent: { target: 'up' } })
  t.match(served.ledger.desired('app'), {
    project: { name: 'app', services: { web: { image: 'web:1' } } },
    revision: 1,
    deployment: { id: 'd1', action: 'up', options: {} },
  })
  t.match(await ask(t, served, { url: '/v1/deployments/d1' }, 200, DeploymentSchema), { id: 'd1' })
  t.match(await refused(t, served, { url: '/v1/deployments/none' }, 404), { code: 'BH_DEPLOYMENT_NOT_FOUND' })
})

t.test('what a service cannot do without must be refused, what it merely lacks be warned of', async (t) => {
  const served = await serve(t)
  const needs =
    'services:\n  a:\n    provider:\n      type: cloud\n  b:\n    image: web:1\n    use_api_socket: true\n'
  const body = await refused(t, served, up({ bundle: bundleOf(needs) }), 422)
  const errors = (body.problems ?? []).filter(({ severity }) => severity === 'error')
  t.same(places(errors), [
    'BH_PROVIDER_NOT_FOUND /app/compose.yaml:4:13',
    'BH_COMPOSE_UNSUPPORTED /app/compose.yaml:7:21',
  ])
  const lacking = 'services:\n  web:\n    image: web:1\n    credential_spec:\n      file: web.json\n'
  t.equal((await served.app.inject(up({ bundle: bundleOf(lacking) }))).statusCode, 202)
  const [deployment] = served.store.deployments.list('app')
  const events = served.store.deployments.events(deployment?.id ?? '', 0)
  t.match(events[0], { type: 'warning', problem: { code: 'BH_COMPOSE_UNSUPPORTED', at: { line: 4 } } })
})

t.test('everything that is wrong must be told at once, with its place, and nothing be changed', async (t) => {
  const served = await serve(t)
  served.engine.state.capabilities = {
    ...served.engine.state.capabilities,
    runtimes: { runc: { path: 'runc', args: [] } },
  }
  served.engine.state.platforms = { 'win:1': [{ os: 'windows', architecture: 'amd64' }] }
  const compose = [
    'name: app',
    'services:',
    '  db:',
    '    image: win:1',
    '    isolation: hyperv',
    '    volumes: [store:/var/lib/db]',
    '  web:',
    '    image: getcmd/MyIIS',
    '    isolation: banana',
    'networks:',
    '  default:',
    '    external:',
    '      name: nat',
    'volumes:',
    '  store:',
    '    external: true',
    '',
  ].join('\n')
  const body = await refused(t, served, up({ bundle: bundleOf(compose) }), 422)
  const errors = (body.problems ?? []).filter(({ severity }) => severity === 'error')
  t.same(places(errors), [
    'BH_IMAGE_OS_MISMATCH /app/compose.yaml:4:12',
    'BH_ISOLATION_UNAVAILABLE /app/compose.yaml:5:16',
    'BH_IMAGE_REFERENCE_INVALID /app/compose.yaml:8:12',
    'BH_ISOLATION_INVALID /app/compose.yaml:9:16',
    `BH_NETWORK_NOT_FOUND /app/compose.yaml:${errors[4]?.at?.line ?? 0}:${errors[4]?.at?.column ?? 0}`,
    `BH_VOLUME_NOT_FOUND /app/compose.yaml:${errors[5]?.at?.line ?? 0}:${errors[5]?.at?.column ?? 0}`,
  ])
  t.match(errors[0], { message: /"win:1".*"db".*needs Windows/ })
  t.match(errors[1], { message: /"db".*hyperv.*runc/, hint: /gVisor/ })
  t.match(errors[2], { message: /getcmd\/MyIIS.*capital/, hint: /getcmd\/myiis/ })
  t.match(errors[4], { message: /"nat"/, hint: /docker network create nat/ })
  t.ok([11, 12, 13].includes(errors[4]?.at?.line ?? 0), 'the network is shown where it is declared')
  t.equal(served.store.projects.get('app'), undefined)
  t.same(served.store.deployments.list(undefined), [])
  t.same(served.deployed, [])
})

t.test('only what is to run must be checked', async (t) => {
  const served = await serve(t)
  const compose = 'name: app\nservices:\n  web: {image: "web:1"}\n  bad: {image: "BAD"}\n'
  await refused(t, served, up({ bundle: bundleOf(compose) }), 422)
  t.equal((await served.app.inject(up({ bundle: bundleOf(compose), services: ['web'] }))).statusCode, 202)
  t.match(served.store.projects.get('app')?.intent, { services: ['web'] })
  t.match(await refused(t, served, up({ bundle: bundleOf(compose), services: ['web', 'none'] }), 422), {
    code: 'BH_SERVICE_NOT_FOUND',
  })
  const renamed = 'name: app\nservices:\n  site: {image: "site:1"}\n'
  t.equal((await served.app.inject(up({ bundle: bundleOf(renamed), services: ['site'] }))).statusCode, 202)
  t.match(served.store.projects.get('app')?.intent, { services: ['site'] }, 'what is gone is not asked for')
  const down = { action: 'down', bundle: bundleOf(compose) }
  t.equal((await served.app.inject(up(down))).statusCode, 202, 'nothing runs after `down`')
})

t.test('a file that does not load must be answered with the place of its fault', async (t) => {
  const served = await serve(t)
  const body = await refused(
    t,
    served,
    up({ bundle: bundleOf('services:\n  web:\n    image: ${NEEDED:?say which}\n') }),
    422,
  )
  t.match(body, { code: 'BH_VARIABLE_REQUIRED', at: { file: '/app/compose.yaml', line: 3 } })
  const cycle = 'name: app\nservices:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n'
  t.match(await refused(t, served, up({ bundle: bundleOf(cycle) }), 422), { code: 'BH_DEPENDENCY_CYCLE' })
})

t.test('an external network or local image that is there must be let through', async (t) => {
  const served = await serve(t)
  const compose =
    'name: app\nservices:\n  web: {image: "web:1"}\nnetworks:\n  default: {external: true, name: nat}\n'
  served.engine.state.networks = [{ id: '1', name: 'nat', driver: 'bridge', labels: {} }]
  served.engine.state.images = {
    'web:1': { id: 'sha256:1', os: 'linux', architecture: 'amd64', volumes: [], labels: {} },
  }
  served.engine.state.platforms = { 'web:1': [{ os: 'windows', architecture: 'amd64' }] }
  t.equal((await served.app.inject(up({ bundle: bundleOf(compose) }))).statusCode, 202)
})

t.test('an engine that the client does not mean must be refused', async (t) => {
  const served = await serve(t)
  const other = up({ bundle: bundleOf(simple), engine: 'unix:///other.sock' })
  t.match(await refused(t, served, other, 409), {
    code: 'BH_ENGINE_MISMATCH',
    hint: /unix:\/\/\/test\/docker.sock/,
  })
  const same = up({ bundle: bundleOf(simple), engine: 'unix:///test/docker.sock' })
  t.equal((await served.app.inject(same)).statusCode, 202)
})

t.test('a new deployment must supersede the one before, in the store and on its stream', async (t) => {
  const served = await serve(t)
  await served.app.inject(up({ bundle: bundleOf(simple) }))
  const stream = served.app.inject('/v1/deployments/d1/events')
  await served.app.inject(up({ bundle: bundleOf(simple), action: 'down' }))
  t.match((await stream).body, /event: finished\ndata: .*"outcome":"superseded"/)
  const list = await ask(t, served, { url: '/v1/deployments?project=app' }, 200, DeploymentListSchema)
  t.match(list, {
    deployments: [
      { id: 'd2', state: 'queued' },
      { id: 'd1', state: 'superseded' },
    ],
  })
  served.ledger.deploymentEvent('d1', { type: 'planned', operations: 1 })
  served.ledger.deploymentFinished('d1', 'succeeded', 1, undefined)
  t.equal(served.store.deployments.get('d1')?.state, 'superseded')
  t.match(served.ledger.desired('app'), {
    deployment: { id: 'd2', action: 'down' },
    intent: { target: 'down' },
  })
})

t.test('without a bundle, what is stored or seen on the engine must be acted on', async (t) => {
  const served = await serve(t)
  t.match(await refused(t, served, up({}), 400), { code: 'BH_BAD_REQUEST' })
  t.match(await refused(t, served, up({ project: 'app' }), 404), { code: 'BH_PROJECT_NOT_FOUND' })
  t.match(await refused(t, served, up({ project: 'app', action: 'stop' }), 404), {
    code: 'BH_PROJECT_NOT_FOUND',
  })

  await t.test('taking down an unknown one succeeds, and leaves nothing behind', async (t) => {
    t.equal((await served.app.inject(up({ project: 'app', action: 'down' }))).statusCode, 202)
    t.match(served.ledger.desired('app'), {
      project: undefined,
      revision: undefined,
      intent: { target: 'down' },
    })
    const id = served.ledger.desired('app')?.deployment?.id ?? ''
    served.ledger.deploymentFinished(id, 'succeeded', 0, undefined)
    t.equal(served.store.projects.get('app'), undefined)
    t.match(served.store.deployments.get(id), { state: 'succeeded', operations: 0 })
  })
  await t.test('a Compose project on the engine can be stopped', async (t) => {
    served.engine.state.projects = [
      { name: 'theirs', workingDir: '/w', configFiles: ['/w/c.yaml'], states: { running: 1 } },
    ]
    t.equal((await served.app.inject(up({ project: 'theirs', action: 'stop' }))).statusCode, 202)
  })
  await t.test('a stored one comes up from its newest revision', async (t) => {
    await served.app.inject({ method: 'PUT', url: '/v1/projects/app', payload: bundleOf(simple) })
    t.match((await served.app.inject(up({ project: 'app' }))).json(), { project: 'app', revision: 1 })
    await served.app.inject({
      method: 'PUT',
      url: '/v1/projects/app',
      payload: bundleOf(`${simple}    tty: true\n`),
    })
    t.equal(served.ledger.desired('app')?.revision, 1, 'stored only')
    t.match((await served.app.inject(up({ project: 'app' }))).json(), { revision: 2 })
  })
})

t.test('a project must be stored, shown, listed and forgotten', async (t) => {
  const served = await serve(t)
  const put = (payload: object) => ({ method: 'PUT', url: '/v1/projects/app', payload }) as const
  const plain = bundleOf('services:\n  web:\n    image: web:1\n')
  t.match(await ask(t, served, put(plain), 200, RevisionStoredSchema), {
    project: 'app',
    revision: 1,
    created: true,
  })
  t.match(await ask(t, served, put(plain), 200, RevisionStoredSchema), { revision: 1, created: false })
  t.same(served.deployed, [])
  t.match(await refused(t, served, put(bundleOf('services: {web: {image: "A B"}}')), 422), {
    code: 'BH_IMAGE_REFERENCE_INVALID',
  })
  t.equal(served.store.projects.latest('app'), 1)

  served.engine.state.containers = [
    container({ service: 'web' }),
    container({ service: 'old', state: 'exited', exitCode: 3 }),
  ]
  served.engine.state.projects = [
    {
      name: 'app',
      workingDir: '/app',
      configFiles: ['/app/compose.yaml'],
      states: { running: 1, exited: 1 },
    },
    { name: 'idle', workingDir: undefined, configFiles: [], states: { exited: 1 } },
  ]
  const all = await ask(t, served, { url: '/v1/projects/app?all=true' }, 200, ProjectStatusSchema)
  t.match(all, {
    name: 'app',
    revision: 1,
    services: [
      { name: 'web', replicas: [{ name: 'app-web-1', state: 'running' }] },
      { name: 'old', replicas: [{ state: 'exited', exitCode: 3 }] },
    ],
  })
  const running = await ask(t, served, { url: '/v1/projects/app' }, 200, ProjectStatusSchema)
  t.match(running, { services: [{ replicas: [{ name: 'app-web-1' }] }, { replicas: { length: 0 } }] })
  t.match(await ask(t, served, { url: '/v1/projects' }, 200, ProjectListSchema), {
    projects: [{ name: 'app', states: { running: 1, exited: 1 }, target: 'down', revision: 1 }],
  })
  const listed = await ask<{ projects: { name: string }[] }>(
    t,
    served,
    { url: '/v1/projects?all=true' },
    200,
    ProjectListSchema,
  )
  t.same(
    listed.projects.map(({ name }) => name),
    ['app', 'idle'],
  )

  const forget = { method: 'DELETE', url: '/v1/projects/app' } as const
  t.match(await refused(t, served, forget, 409), { code: 'BH_CONFLICT', hint: /down/ })
  served.engine.state.containers = []
  t.equal((await served.app.inject(forget)).statusCode, 204)
  t.equal(served.store.projects.get('app'), undefined)
  t.match(await refused(t, served, forget, 404), { code: 'BH_PROJECT_NOT_FOUND' })
  t.match(await refused(t, served, { url: '/v1/projects/app' }, 404), { code: 'BH_PROJECT_NOT_FOUND' })
})

t.test('a bundle beyond the limits must be refused by name of the limit', async (t) => {
  const served = await serve(t, {
    files: 2,
    fileBytes: 100,
    totalBytes: 300,
    variables: 1,
    contexts: 1,
    names: 1,
  })
  const refusedFor = async (fields: object, message: RegExp) => {
    const body = await refused(t, served, up({ bundle: bundleOf(simple, fields) }), 413)
    t.match(body, { code: 'BH_BUNDLE_TOO_LARGE', detail: message })
  }
  await refusedFor({ files: { '/a': '', '/b': '' } }, /3 files/)
  await refusedFor({ files: { '/a': 'x'.repeat(101) } }, /file \/a/)
  await refusedFor({ files: { '/a': { base64: Buffer.alloc(101).toString('base64') } } }, /101 bytes/)
  await refusedFor({ environment: { A: '1', B: '2' } }, /2 variables/)
  await refusedFor({ environment: { A: 'x'.repeat(250) } }, /300 are taken/)
  await refusedFor({ contexts: { '/a': digestOf('a'), '/b': digestOf('b') } }, /2 build contexts/)
  await refusedFor({ configFiles: ['/app/compose.yaml', '/b'] }, /Compose files/)
  await refusedFor({ profiles: ['a', 'b'] }, /profiles/)
  await refusedFor({ environmentFiles: ['/a', '/b'] }, /environment files/)
  const large = up({ bundle: bundleOf('#'.repeat(700)) })
  t.match(await refused(t, served, large, 413), { code: 'BH_BUNDLE_TOO_LARGE', detail: /body/ })
  t.same(served.store.projects.names(), [])
})

t.test('a body that is nested too deep must be refused before it is parsed', async (t) => {
  const served = await serve(t)
  const payload = `{"action":"up","bundle":${'['.repeat(100_000)}`
  const request = {
    method: 'POST',
    url: '/v1/deployments',
    payload,
    headers: { 'content-type': 'application/json' },
  }
  t.match(await refused(t, served, request, 413), { detail: /nested deeper than 32/ })
})

t.test('a request that is malformed must be answered with a problem', async (t) => {
  const served = await serve(t)
  const post = (payload: string): InjectOptions => ({
    method: 'POST',
    url: '/v1/deployments',
    payload,
    headers: { 'content-type': 'application/json' },
  })
  t.match(await refused(t, served, post('{"action":'), 400), { code: 'BH_BAD_REQUEST' })
  t.match(await refused(t, served, post('{"action":"fly"}'), 400), {
    code: 'BH_BAD_REQUEST',
    detail: /action/,
  })
  t.match(await refused(t, served, post('{"action":"up","__proto__":{"x":1}}'), 400), {
    code: 'BH_BAD_REQUEST',
  })
  t.match(await refused(t, served, { url: '/v1/projects/Not%20A%20Name' }, 400), { code: 'BH_BAD_REQUEST' })
  t.match(await refused(t, served, { url: '/v2/none?secret=1' }, 404), {
    code: 'BH_NOT_FOUND',
    type: 'urn:bulkhead:error:BH_NOT_FOUND',
    detail: 'There is nothing at GET /v2/none.',
  })
  t.match(
    await refused(t, served, up({ bundle: bundleOf(simple, { projectName: 'a' }), project: 'b' }), 400),
    {
      detail: /"b".*"a"/,
    },
  )
  t.notMatch(served.log.join(''), /secret=1/)
})

const secretive = [
  'name: app',
  'services:',
  '  db:',
  '    image: postgres:15',
  '    command: [postgres, -c, "key=swordfish-4711"]',
  '    environment:',
  '      POSTGRES_PASSWORD: correct-horse-battery',
  '      POSTGRES_DB: app',
  '    secrets: [token, fromenv]',
  'secrets:',
  '  token: {file: ./token.txt}',
  '  fromenv: {environment: SOME_VALUE}',
  '',
].join('\n')
const secretBundle = bundleOf(secretive, {
  files: { '/app/token.txt': 'swordfish-4711\n' },
  environment: { SOME_VALUE: 'value-of-the-variable' },
})
const secrets = /swordfish-4711|correct-horse-battery|value-of-the-variable/

t.test('secrets must show nowhere', async (t) => {
  const served = await serve(t)
  await t.test('not in a configuration', async (t) => {
    const request = { method: 'POST', url: '/v1/config', payload: { bundle: secretBundle } } as const
    const body = await ask<{ project: Record<string, unknown> }>(t, served, request, 200, ConfigSchema)
    t.notMatch(JSON.stringify(body), secrets)
    t.match(body.project, {
      name: 'app',
      services: {
        db: { image: 'postgres:15', environment: { POSTGRES_PASSWORD: '********', POSTGRES_DB: 'app' } },
      },
      secrets: { token: { file: '/app/token.txt' } },
    })
    t.equal(served.store.projects.get('app'), undefined, 'nothing is stored')
  })
  await t.test('not in events, outcomes, status or logs', async (t) => {
    t.equal((await served.app.inject(up({ bundle: secretBundle }))).statusCode, 202)
    const operation: OperationReference = {
      node: 1,
      type: 'startContainer',
      subject: 'container app-db-1',
      service: 'db',
      cause: 'not found',
    }
    const problem = {
      severity: 'error',
      code: 'BH_ENGINE_FAILED',
      message: 'the engine says correct-horse-battery',
      hint: 'not swordfish-4711',
      excerpt: 'key=swordfish-4711',
    } as const
    served.ledger.deploymentEvent('d1', { type: 'progress', operation, message: 'value-of-the-variable' })
    served.ledger.deploymentEvent('d1', { type: 'failed', operation, problem })
    served.ledger.deploymentFinished('d1', 'failed', 0, problem)
    const events = (await served.app.inject('/v1/deployments/d1/events')).body
    t.match(events, /the engine says \*{8}/)
    t.notMatch(events, secrets)
    t.notMatch((await served.app.inject('/v1/deployments/d1')).body, secrets)
    t.match(served.notices, [{ type: 'deployment.failed', project: 'app', deployment: 'd1' }])
    t.notMatch(JSON.stringify(served.notices), secrets)

    served.engine.state.containers = [
      container({ service: 'db', image: 'postgres:15', command: 'postgres -c key=swordfish-4711' }),
    ]
    served.engine.state.logs = {
      'app-db-1': [{ stream: 'stdout', text: 'token swordfish-4711', time: undefined }],
    }
    const status = (await served.app.inject('/v1/projects/app')).body
    t.match(status, /postgres -c key=\*{8}/)
    t.notMatch(status, secrets)
    const logs = (await served.app.inject('/v1/projects/app/logs')).body
    t.match(logs, /token \*{8}/)
    t.notMatch(served.log.join(''), secrets)
  })
  await t.test('a secret whose file was not sent must be told of', async (t) => {
    const { files: _files, ...rest } = secretBundle
    const body = await refused(t, served, up({ bundle: bundleOf(secretive, rest) }), 422)
    t.match(places(body.problems), ['BH_FILE_NOT_FOUND /app/compose.yaml:11'])
  })
})

t.test('a build context must be uploaded once, and be what its digest says', async (t) => {
  const { app } = await serve(t)
  const url = `/v1/contexts/${encodeURIComponent(digestOf('archive'))}`
  const put = (payload: string, to = url, type = 'application/x-tar') =>
    app.inject({ method: 'PUT', url: to, payload, headers: { 'content-type': type } })
  t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 404)
  t.equal((await put('other')).statusCode, 400)
  t.equal((await put('x'.repeat(1001))).statusCode, 413)
  t.equal((await put('archive', '/v1/contexts/sha256:abc')).statusCode, 400)
  t.equal((await put('{}', url, 'application/json')).statusCode, 400)
  t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 404)
  t.equal((await put('archive')).statusCode, 201)
  t.equal((await put('archive')).statusCode, 204)
  t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 200)

  const compose = 'name: app\nservices:\n  web: {build: ./web}\n'
  const bundle = (digest: string) => up({ bundle: bundleOf(compose, { contexts: { '/app/web': digest } }) })
  t.match((await app.inject(bundle(digestOf('none')))).json(), {
    code: 'BH_BAD_REQUEST',
    detail: /was not uploaded/,
  })
  t.equal((await app.inject(bundle(digestOf('archive')))).statusCode, 202)
})

t.test('a signal that is none must be refused before anything is stored', async (t) => {
  const served = await serve(t)
  await served.app.inject(up({ bundle: bundleOf(simple) }))
  const kill = (signal: string) =>
    served.app.inject({
      method: 'POST',
      url: '/v1/deployments',
      payload: { action: 'kill', project: 'app', signal },
    })
  t.match((await kill('NOPE')).json(), { code: 'BH_BAD_REQUEST', status: 400 })
  t.equal(served.store.deployments.list('app').length, 1)
  for (const signal of ['SIGHUP', 'hup', '9', 'RTMIN+3'])
    t.equal((await kill(signal)).statusCode, 202, signal)
})

t.test('going back must not need what was built from then', async (t) => {
  const served = await serve(t)
  const digest = digestOf('archive')
  await served.app.inject({
    method: 'PUT',
    url: `/v1/contexts/${encodeURIComponent(digest)}`,
    payload: 'archive',
    headers: { 'content-type': 'application/x-tar' },
  })
  const built = 'name: app\nservices:\n  web: {build: ./web}\n'
  const first = up({ bundle: bundleOf(built, { contexts: { '/app/web': digest } }) })
  t.equal((await served.app.inject(first)).statusCode, 202)
  t.equal((await served.app.inject(up({ bundle: bundleOf(simple) }))).statusCode, 202)
  // Two days later.
  served.store.contexts.prune(new Set(), new Date(Date.now() + 2 * 24 * 3600 * 1000))
  t.equal(served.store.contexts.has(digest), false)
  t.equal((await served.app.inject(up({ project: 'app', revision: 1 }))).statusCode, 202)
})

t.test("a deployment's stream", async (t) => {
  const served = await serve(t)
  const { app, ledger } = served
  await app.inject(up({ bundle: bundleOf(simple) }))
  ledger.deploymentRunning('d1')
  ledger.deploymentEvent('d1', { type: 'planned', operations: 1 })
  const live = await app.inject({ url: '/v1/deployments/d1/events', payloadAsStream: true })
  t.match(live.headers['content-type'], /^text\/event-stream/)
  let received = ''
  live.stream().on('data', (chunk: Buffer) => (received += chunk.toString()))
  const ended = new Promise((resolve) => live.stream().once('end', resolve))
  const shows = async (pattern: RegExp) => {
    const deadline = Date.now() + 5000
    while (!pattern.test(received) && Date.now() < deadline) await new Promise((next) => setImmediate(next))
    t.match(received, pattern)
  }
  await shows(/id: 1\nevent: planned\ndata: \{.*"operations":1/)
  await shows(/: still here\n\n/)
  ledger.deploymentEvent('d1', {
    type: 'warning',
    problem: { severity: 'warning', code: 'BH_CONFLICT', message: 'm' },
  })
  await shows(/id: 2\nevent: warning\n/)
  ledger.deploymentFinished('d1', 'succeeded', 0, undefined)
  await shows(/id: 3\nevent: finished\n/)
  await ended

  const frames = (body: string) => [...body.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  await t.test('must be replayed whole after the end, and end', async (t) => {
    const { body } = await app.inject('/v1/deployments/d1/events')
    t.same(frames(body), [1, 2, 3])
    for (const [, data = ''] of body.matchAll(/^data: (.*)$/gm)) {
      t.equal(Value.Check(DeploymentEventSchema, JSON.parse(data)), true)
    }
  })
  await t.test('must go on after the event that the client had last', async (t) => {
    const byHeader = await app.inject({ url: '/v1/deployments/d1/events', headers: { 'last-event-id': '1' } })
    t.same(frames(byHeader.body), [2, 3])
    t.same(frames((await app.inject('/v1/deployments/d1/events?lastEventId=2')).body), [3])
    t.same(frames((await app.inject('/v1/deployments/d1/events?lastEventId=3')).body), [])
  })
  await t.test('must not exist for a deployment that does not', async (t) => {
    t.match(await refused(t, served, { url: '/v1/deployments/none/events' }, 404), {
      code: 'BH_DEPLOYMENT_NOT_FOUND',
    })
  })
  await t.test('must end when the daemon stops, and the client can come back', async (t) => {
    await app.inject(up({ bundle: bundleOf(simple) }))
    const open = app.inject('/v1/deployments/d2/events')
    await new Promise((next) => setImmediate(next))
    served.closing.abort()
    t.notMatch((await open).body, /finished/)
  })
})

t.test('progress must be thinned out by operation, nothing else', async (t) => {
  const { app, ledger, store } = await serve(t)
  await app.inject(up({ bundle: bundleOf(simple) }))
  const operation = (node: number): OperationReference => ({
    node,
    type: 'pullImage',
    subject: 'image web:1',
    service: 'web',
    cause: 'missing',
  })
  for (let step = 0; step < 50; step += 1) {
    ledger.deploymentEvent('d1', {
      type: 'progress',
      operation: operation(1),
      message: 'layer',
      current: step,
    })
    ledger.deploymentEvent('d1', {
      type: 'progress',
      operation: operation(2),
      message: 'layer',
      current: step,
    })
  }
  const kept = store.deployments.events('d1', 0).length
  t.ok(kept >= 2 && kept < 50, `${kept} of 100 are kept`)
})

t.test("a project's logs", async (t) => {
  const served = await serve(t)
  const { app, engine } = served
  t.match(await refused(t, served, { url: '/v1/projects/app/logs' }, 404), { code: 'BH_PROJECT_NOT_FOUND' })
  engine.state.containers = [container({ service: 'web' }), container({ service: 'db', number: 2 })]
  engine.state.logs = {
    'app-web-1': [{ stream: 'stdout', text: 'hello', time: '2026-01-01T00:00:00Z' }],
    'app-db-2': [{ stream: 'stderr', text: 'ready', time: undefined }],
  }
  const lines = (body: string) =>
    [...body.matchAll(/^event: line\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as object)

  await t.test('must be joined, each line with its service and container', async (t) => {
    const { body } = await app.inject('/v1/projects/app/logs')
    t.same(
      new Set(lines(body)),
      new Set([
        {
          service: 'web',
          container: 'app-web-1',
          stream: 'stdout',
          text: 'hello',
          time: '2026-01-01T00:00:00Z',
        },
        { service: 'db', container: 'app-db-2', stream: 'stderr', text: 'ready' },
      ]),
    )
  })
  await t.test('must be of the services asked for', async (t) => {
    t.match(lines((await app.inject('/v1/projects/app/logs?service=db')).body), [{ service: 'db' }])
    t.equal(lines((await app.inject('/v1/projects/app/logs?service=db&service=web')).body).length, 2)
    t.match(await refused(t, served, { url: '/v1/projects/app/logs?service=none' }, 422), {
      code: 'BH_SERVICE_NOT_FOUND',
    })
    t.match(await refused(t, served, { url: '/v1/projects/app/logs?since=soon' }, 400), {
      code: 'BH_BAD_REQUEST',
    })
  })
  await t.test('must go on with each container where the client left it', async (t) => {
    const from = ['app-web-1=2026-01-01T00:00:00.123456789Z', 'gone=2026-01-01T00:00:00Z']
    const { body } = await app.inject({
      url: '/v1/projects/app/logs',
      query: { from, since: '1700000000', tail: '5' },
    })
    t.same(engine.state.readFrom, {
      'app-web-1': { since: '1767225600.123', tail: undefined },
      'app-db-2': { since: '1700000000', tail: 5 },
    })
    t.match(body, /\n\nevent: end\ndata: \{\}\n\n$/)
    for (const wrong of ['app-web-1', 'app-web-1=soon', '']) {
      const url = `/v1/projects/app/logs?from=${wrong}`
      t.match(await refused(t, served, { url }, 400), { code: 'BH_BAD_REQUEST' })
    }
  })
  await t.test('followed, must take in what starts later, and end when nothing runs', async (t) => {
    const open = await app.inject({ url: '/v1/projects/app/logs?follow=true', payloadAsStream: true })
    let received = ''
    open.stream().on('data', (chunk: Buffer) => (received += chunk.toString()))
    const ended = new Promise((resolve) => open.stream().once('end', resolve))
    const shows = async (text: string) => {
      const deadline = Date.now() + 5000
      while (!received.includes(text) && Date.now() < deadline)
        await new Promise((next) => setImmediate(next))
      t.ok(received.includes(text), text)
    }
    await shows('ready')
    engine.state.containers.push(container({ service: 'late' }))
    engine.state.logs['app-late-1'] = [{ stream: 'stdout', text: 'here too', time: undefined }]
    engine.emit({ id: 'app-late-1', service: 'late', attributes: { name: 'app-late-1' } })
    engine.emit({ id: 'elsewhere', project: 'other', service: 'late' })
    await shows('here too')
    engine.state.containers = engine.state.containers.map((one) => ({ ...one, state: 'exited' }))
    for (const { id } of engine.state.containers) engine.end(id)
    await ended
    t.match(received, /event: end\n/)
    t.equal(engine.state.listening, 0, 'nobody listens to the engine any more')
  })
  await t.test('cut off by the end of the daemon, must not seem to have come to their end', async (t) => {
    engine.state.containers = [container({ service: 'web' })]
    const open = await app.inject({ url: '/v1/projects/app/logs?follow=true', payloadAsStream: true })
    let received = ''
    open.stream().on('data', (chunk: Buffer) => {
      received += chunk.toString()
      if (received.includes('hello')) served.closing.abort()
    })
    await new Promise((resolve) => open.stream().once('end', resolve))
    t.match(received, /hello/)
    t.notMatch(received, /event: end/)
  })
})

t.test(
  'services asked for by name must bring their profiles, from a bundle and from what is stored',
  async (t) => {
    const served = await serve(t)
    const compose = [
      'name: app',
      'services:',
      '  web: { image: web:1 }',
      '  debug: { image: debug:1, profiles: [tools], depends_on: [helper] }',
      '  helper: { image: helper:1, profiles: [tools] }',
      '  sibling: { image: sibling:1, profiles: [tools] }',
      '  far: { image: far:1, profiles: [far], depends_on: [helper] }',
      '  open: { image: open:1, profiles: [open], env_file: open.env }',
      '',
    ].join('\n')
    const bundle = bundleOf(compose)
    const deploy = async (payload: object) =>
      ask<Deployment>(t, served, up({ project: 'app', ...payload }), 202, DeploymentSchema)
    const services = () => Object.keys(served.ledger.desired('app')?.project?.services ?? {}).sort()
    const intent = () => served.store.projects.get('app')?.intent.services

    t.equal((await deploy({ bundle, services: ['web'] })).revision, 1)
    t.equal((await deploy({ bundle })).revision, 1, 'what enables nothing makes no revision')
    t.same([services(), intent()], [['web'], undefined])

    t.equal((await deploy({ services: ['debug'] })).revision, 2)
    t.same(services(), ['debug', 'helper', 'web'], 'and not all of the profile')
    t.equal(intent(), undefined, 'what was on stays on')
    t.equal((await deploy({ services: ['debug'] })).revision, 2)
    t.equal((await deploy({})).revision, 2)

    t.equal((await deploy({ bundle, services: ['debug'] })).revision, 2)
    t.equal((await deploy({ bundle })).revision, 3)
    t.same(services(), ['web'])

    await deploy({ action: 'restart', services: ['debug'] })
    t.same(services(), ['debug', 'helper', 'web'], 'what is started by name needs its profiles too')
    await deploy({ bundle })
    t.same(services(), ['web'])

    t.match(await refused(t, served, up({ project: 'app', services: ['far'] }), 422), {
      code: 'BH_SERVICE_NOT_FOUND',
      at: { file: '/app/compose.yaml', line: 7 },
    })
    t.match(await refused(t, served, up({ project: 'app', services: ['open'] }), 422), {
      code: 'BH_FILE_NOT_FOUND',
      at: { line: 8 },
    })
    t.match(await refused(t, served, up({ project: 'app', services: ['none'] }), 422), {
      code: 'BH_SERVICE_NOT_FOUND',
    })
    t.equal(served.store.projects.latest('app'), 5)
  },
)

t.test('the API must describe itself', async (t) => {
  const { app } = await serve(t)
  const document = (await app.inject('/openapi.json')).json<{
    openapi: string
    paths: Record<string, Record<string, { operationId: string; responses: object }>>
    components: { schemas: Record<string, unknown> }
  }>()
  t.equal(document.openapi, '3.1.0')
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  const ids = operations.map(({ operationId }) => operationId).sort()
  t.same(new Set(ids).size, ids.length)
  t.same(ids, [
    'checkConfig',
    'createAttachment',
    'createDeployment',
    'createExec',
    'createPlan',
    'createRun',
    'deleteProject',
    'explainService',
    'followContainers',
    'followDeployment',
    'followEvents',
    'followLogs',
    'getBackup',
    'getDeployment',
    'getEngine',
    'getHealth',
    'getImageDigest',
    'getPlan',
    'getProject',
    'getReady',
    'getRevision',
    'getVersion',
    'hasContext',
    'listAudit',
    'listDeployments',
    'listImages',
    'listProcesses',
    'listProjects',
    'listRevisions',
    'openSession',
    'putContext',
    'putProject',
    'releaseProject',
    'resumeProject',
    'suspendProject',
  ])
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)]
  t.ok(references.length > 20)
  for (const [, name = ''] of references) t.ok(document.components.schemas[name], name)
})

t.test('a suspended project must be left alone until it is resumed, a released one for good', async (t) => {
  const served = await serve(t)
  const at = (method: 'PUT' | 'DELETE' | 'POST', what: string) =>
    served.app.inject({ method, url: `/v1/projects/app/${what}` })
  t.equal((await at('PUT', 'suspension')).statusCode, 404)
  const { id } = await ask<Deployment>(t, served, up({ bundle: bundleOf(simple) }), 202, DeploymentSchema)
  served.ledger.deploymentRunning(id)
  t.equal((await at('PUT', 'suspension')).statusCode, 204)
  t.match(await ask(t, served, { url: `/v1/deployments/${id}` }, 200, DeploymentSchema), {
    state: 'canceled',
  })
  t.same(served.interrupted, ['app'])
  t.match(served.ledger.desired('app'), { suspended: true, deployment: undefined })
  t.match(await refused(t, served, up({ bundle: bundleOf(simple) }), 409), { code: 'BH_PROJECT_SUSPENDED' })
  t.match(await ask(t, served, { url: '/v1/projects/app' }, 200, ProjectStatusSchema), {
    suspended: '2026-01-02T03:04:05.000Z',
  })
  t.match(await ask(t, served, { url: '/v1/projects?all=true' }, 200, ProjectListSchema), {
    projects: [{ name: 'app', suspended: '2026-01-02T03:04:05.000Z' }],
  })

  t.equal((await at('DELETE', 'suspension')).statusCode, 204)
  t.match(served.ledger.desired('app'), { suspended: false })
  t.same(served.deployed, ['app', 'app'])

  t.equal((await at('POST', 'release')).statusCode, 204)
  t.equal(served.ledger.desired('app'), undefined)
  t.equal((await at('POST', 'release')).statusCode, 404)
})

t.test('revisions must tell who asked for what, and one of them be asked for again', async (t) => {
  const served = await serve(t)
  const first = simple.replace('web:1', 'web:1\n    environment: {PASSWORD: swordfish-4711, GREETING: hello}')
  const deployed = async (request: object) => {
    const { id } = await ask<Deployment>(t, served, up(request), 202, DeploymentSchema)
    served.ledger.deploymentFinished(id, 'succeeded', 1, undefined)
  }
  await deployed({ bundle: bundleOf(first), author: 'ann@desk', note: 'begin' })
  await deployed({ bundle: bundleOf(first.replace('hello', 'bye').replace('4711', '0815')), author: 'bob' })
  t.match(await ask(t, served, { url: '/v1/projects/app/revisions' }, 200, RevisionListSchema), {
    revisions: [
      { number: 2, current: true, author: 'bob', outcome: 'succeeded' },
      { number: 1, current: false, author: 'ann@desk', note: 'begin', outcome: 'succeeded' },
    ],
  })
  const details = await ask(t, served, { url: '/v1/projects/app/revisions/2' }, 200, RevisionDetailsSchema)
  t.match(details, {
    since: 1,
    changes: [
      { path: 'services.web.environment.GREETING', old: 'hello', new: 'bye' },
      { path: 'services.web.environment.PASSWORD', old: '********', new: '********' },
    ],
  })
  t.notMatch(JSON.stringify(details), /swordfish/)
  t.match(await refused(t, served, { url: '/v1/projects/app/revisions/9' }, 404), {
    code: 'BH_REVISION_NOT_FOUND',
  })
  t.match(await refused(t, served, up({ project: 'app', revision: 9 }), 404), {
    code: 'BH_REVISION_NOT_FOUND',
  })

  await deployed({ project: 'app', revision: 1 })
  t.equal(served.ledger.desired('app')?.project?.services['web']?.environment?.['GREETING'], 'hello')
  t.match(await ask(t, served, { url: '/v1/projects/app/revisions' }, 200, RevisionListSchema), {
    revisions: [{ number: 3, current: true, note: 'back to revision 1' }, {}, {}],
  })
})

t.test(
  'a failed deployment must be rolled back to the last good revision where that was asked',
  async (t) => {
    const served = await serve(t)
    const at = (greeting: string) =>
      bundleOf(simple.replace('web:1', `web:1\n    environment: {GREETING: ${greeting}}`))
    const greeting = () => served.ledger.desired('app')?.project?.services['web']?.environment?.['GREETING']
    const problem = { severity: 'error', code: 'BH_DEPENDENCY_FAILED', message: 'no' } as const
    const ended = async (request: object, outcome: 'succeeded' | 'failed') => {
      const { id } = await ask<Deployment>(t, served, up(request), 202, DeploymentSchema)
      served.ledger.deploymentFinished(id, outcome, 1, outcome === 'failed' ? problem : undefined)
      return served.store.deployments.events(id, 0)
    }
    const nothing = await ended({ bundle: at('first'), rollback: true }, 'failed')
    t.match(nothing.at(-2), { type: 'warning', problem: { code: 'BH_REVISION_NOT_FOUND' } })
    await ended({ bundle: at('good') }, 'succeeded')
    await ended({ bundle: at('bad') }, 'failed')
    t.equal(greeting(), 'bad', 'it was not asked for')
    const said = await ended({ bundle: at('worse'), rollback: true }, 'failed')
    t.match(said.slice(-2), [{ type: 'warning', problem: { code: 'BH_ROLLED_BACK' } }, { type: 'finished' }])
    t.equal(greeting(), 'good')
    const [rollback] = served.store.deployments.list('app')
    t.match(rollback, { state: 'queued', action: 'up', revision: 5 })
    t.equal(served.deployed.at(-1), 'app')
    served.ledger.deploymentFinished(rollback?.id ?? '', 'failed', 0, problem)
    t.equal(served.store.deployments.active('app'), undefined, 'a rollback is not rolled back')
  },
)
