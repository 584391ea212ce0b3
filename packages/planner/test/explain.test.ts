import { noNotes } from '@bulkhead/model'
import type { Cause, Explanation, Notes, ObservedContainer, PastDeployment, Service } from '@bulkhead/model'
import t from 'tap'
import { explain, plan } from '../src/index.ts'
import type { ExplainInput } from '../src/index.ts'
import { scenario, type Scenario } from './scenario.ts'

/** Explains a service of a scenario as the loop finds it. */
function why(scene: Scenario, service: string, more: Partial<ExplainInput> = {}): Explanation {
  const input = scene.inTheLoop().input()
  const { plan: nodes, problems } = plan(input)
  const given: ExplainInput = {
    name: 'app',
    project: input.project,
    intent: input.intent,
    observed: input.observed,
    notes: noNotes,
    suspended: undefined,
    plan: nodes,
    problems,
    drift: [],
    deployments: [],
    healthSince: {},
    lastLines: {},
    ...more,
  }
  return explain(given, service)
}

/** The chain as lines, as a user reads it. */
function lines(causes: readonly Cause[], margin = ''): readonly string[] {
  return causes.flatMap(({ text, since, detail, causes: deeper }) => [
    `${margin}${text}${since === undefined ? '' : ` since ${since}`}${detail === undefined ? '' : `: ${detail}`}`,
    ...lines(deeper, `${margin}  `),
  ])
}

const chain: Readonly<Record<string, Partial<Service>>> = {
  db: { healthcheck: { test: ['CMD', 'true'] } },
  web: { depends_on: { db: { condition: 'service_healthy', required: true } } },
  front: { depends_on: { web: { condition: 'service_started', required: true } } },
}

/** The containers of a service are so. */
const where =
  (service: string, fields: Partial<ObservedContainer>): Parameters<Scenario['where']>[0] =>
  (observed) => ({
    ...observed,
    containers: observed.containers.map((one) => (one.service === service ? { ...one, ...fields } : one)),
  })

const ann: PastDeployment = {
  id: 'd7',
  action: 'stop',
  author: 'ann@desk',
  services: ['web'],
  state: 'succeeded',
  createdAt: '2026-01-02T11:00:00Z',
}

t.test('what runs as it was asked for must be said to, and since when', async (t) => {
  const said = why(
    scenario()
      .wants({ web: {} })
      .finds('web running')
      .where(where('web', { health: 'healthy', startedAt: '2026-01-02T12:00:00Z' })),
    'web',
  )
  t.match(said, { well: true, running: 1, wanted: 1 })
  t.same(lines(said.causes), ['web runs as it was asked for, and is healthy since 2026-01-02T12:00:00Z'])
})

t.test('a chain of waits must lead to the probe that failed, with its time and its words', async (t) => {
  const scene = scenario()
    .wants(chain)
    .finds('db running')
    .where(where('db', { health: 'unhealthy', healthLog: [{ exitCode: 1, output: 'no route to host\n' }] }))
  const [db] = scene.input().observed.containers
  const said = why(scene, 'front', { healthSince: { [db?.id ?? '']: '2026-01-02T12:03:00Z' } })
  t.match(said, { well: false, running: 0, wanted: 1 })
  t.same(lines(said.causes).slice(0, 3), [
    'front waits for web to start',
    '  web waits for db to be healthy',
    '    app-db-1 is unhealthy since 2026-01-02T12:03:00Z: the last probe ended with 1: no route to host',
  ])
})

t.test('what was stopped must be told by whom, and what is held since when', async (t) => {
  const scene = scenario().wants({ web: {} }).finds('web exited')
  const stopped = why(scene.intending({ resting: { web: 'stopped' } }), 'web', {
    deployments: [{ ...ann, id: 'd8', services: ['db'] }, ann],
  })
  t.same(lines(stopped.causes), [
    'web was stopped by ann@desk with `stop` (deployment d7) since 2026-01-02T11:00:00Z',
  ])
  t.equal(stopped.causes[0]?.hint, 'Start it with `bulkhead start web`.')
  const notes: Notes = { ...noNotes, held: { web: '2026-01-02T10:00:00Z' } }
  t.match(why(scene.holding('web'), 'web', { notes }).causes, [
    { kind: 'held', since: '2026-01-02T10:00:00Z', text: /stopped from outside/ },
  ])
})

t.test('a project that is down must be told of with the deployment that took it down', async (t) => {
  const down: PastDeployment = { ...ann, action: 'down', services: undefined }
  const said = why(scenario().wants({ web: {} }).down(), 'web', { deployments: [down] })
  t.same(lines(said.causes), [
    'the project was taken down by ann@desk with `down` (deployment d7) since 2026-01-02T11:00:00Z',
  ])
})

t.test('a service that nobody asked for must be told of, whatever the reason', async (t) => {
  const scene = scenario().wants({ db: {}, web: {} })
  const kinds = (said: Explanation): readonly string[] => said.causes.map(({ kind }) => kind)
  t.same(kinds(why(scene.intending({ services: ['db'] }), 'web')), ['not asked for'])
  t.same(kinds(why(scene.intending({ scale: { web: 0 } }), 'web')), ['scale'])
  t.same(kinds(why(scene.intending({ resting: { web: 'off' } }), 'web')), ['removed'])
  t.same(kinds(why(scene.intending({ resting: { web: 'created' } }), 'web')), ['created only'])
  t.same(kinds(why(scene, 'old')), ['orphan'])
  const project = scene.input().project
  const disabled = { debug: { name: 'debug', image: 'bb:1', profiles: ['dev'] } }
  const said = why(scene, 'debug', { project: project && { ...project, disabledServices: disabled } })
  t.same(lines(said.causes), ['none of the profiles of debug is active (dev)'])
  t.same(kinds(why(scene, 'web', { project: undefined })), ['unkept'])
})

t.test('one that keeps ending must be told of with its code and its last words', async (t) => {
  const scene = scenario()
    .wants({ web: { restart: 'always' } })
    .finds('web running')
    .where(
      where('web', { state: 'restarting', restartCount: 4, exitCode: 3, finishedAt: '2026-01-02T12:00:00Z' }),
    )
  const [web] = scene.input().observed.containers
  const said = why(scene, 'web', { lastLines: { [web?.id ?? '']: ['no config', 'giving up'] } })
  t.same(lines(said.causes).slice(0, 1), [
    'app-web-1 keeps ending: the engine has restarted it 4 times, last it ended by itself with code 3 ' +
      'since 2026-01-02T12:00:00Z: its last words: no config / giving up',
  ])
})

t.test(
  'one that ended must be told of with what its policy makes of it, unless that was its job',
  async (t) => {
    const ended = scenario()
      .wants({ web: {} })
      .finds('web exited')
      .where(where('web', { exitCode: 0, finishedAt: '2026-01-02T12:00:00Z', oomKilled: true }))
    t.match(lines(why(ended, 'web').causes), [
      /^app-web-1 was ended for want of memory, and its restart policy \(no\) leaves it so since 2026-01-02T12/,
    ])
    const job = scenario()
      .wants({
        init: {},
        web: { depends_on: { init: { condition: 'service_completed_successfully', required: true } } },
      })
      .finds('init exited', 'web running')
      .where(where('init', { exitCode: 0 }))
    t.match(why(job, 'init'), {
      causes: [{ kind: 'ended', text: 'init has done its work: it ended with code 0' }],
    })
    const failed = job.finds('init failed').where(where('init', { exitCode: 2 }))
    t.same(
      lines(why(failed, 'web').causes)
        .slice(0, 2)
        .map((line) => line.replace(/ since .*/, '')),
      [
        'web waits for init to end well',
        '  app-init-1 ended by itself with code 2, and its restart policy (no) leaves it so',
      ],
    )
  },
)

t.test('an open breaker must be told of with its reason, and what has it closed', async (t) => {
  const notes: Notes = {
    ...noNotes,
    troubles: { web: { tries: ['1', '2'], reason: 'app-web-1 is unhealthy', open: '2026-01-02T12:00:00Z' } },
  }
  const scene = scenario()
    .wants({ web: {} })
    .finds('web running')
    .where(where('web', { health: 'unhealthy' }))
  t.match(why(scene, 'web', { notes }).causes[0], {
    kind: 'breaker',
    text: 'the breaker of web is open after 2 tries: nothing more is tried',
    detail: 'app-web-1 is unhealthy',
  })
})

t.test(
  'what keeps a project from being planned must be told, also where another service is at fault',
  async (t) => {
    const scene = scenario().wants({ web: {} }).externalNetwork('shared')
    t.match(why(scene, 'web').causes[0], {
      kind: 'problem',
      detail: 'External network "shared" is not on the engine.',
      hint: /docker network create shared/,
    })
    const walls = scenario().wants({ web: {}, safe: { isolation: 'process', runtime: 'runsc' } })
    const { problems } = plan(walls.inTheLoop().input())
    t.not(problems.length, 0)
    t.match(why(walls, 'web').causes[0], {
      kind: 'problem',
      text: 'nothing of the project can be brought up',
    })
    t.match(why(walls, 'safe').causes[0], { kind: 'problem', text: 'safe cannot be brought up' })
  },
)

t.test('a round that failed must be told of where it concerns the service, and only there', async (t) => {
  const scene = scenario().wants({ db: {}, web: {} })
  const failure = { at: '2026-01-02T12:00:00Z', service: 'web', message: 'Image web:9 was not found.' }
  t.match(why(scene, 'web', { failure }).causes[0], { kind: 'failure', detail: 'Image web:9 was not found.' })
  t.notOk(why(scene, 'db', { failure }).causes.some(({ kind }) => kind === 'failure'))
})

t.test(
  'a service that fails by itself must be told of with its tries, and when the next one is',
  async (t) => {
    const failure = {
      since: '2026-01-02T12:00:00Z',
      attempts: 3,
      last: '2026-01-02T12:01:00Z',
      code: 'BH_IMAGE_NOT_FOUND',
      reason: 'Image web:9 was not found.',
      next: '2026-01-02T12:05:00Z',
    } as const
    const scene = scenario().wants({ db: {}, web: {} })
    const notes: Notes = { ...noNotes, failures: { web: failure } }
    const { next } = failure
    t.match(why(scene, 'web', { notes }).causes[0], {
      kind: 'failure',
      text: 'web could not be brought up, at 3 tries',
      detail: failure.reason,
      next,
    })
    const open: Notes = { ...noNotes, failures: { web: { ...failure, open: '2026-01-02T12:02:00Z' } } }
    t.match(why(scene, 'web', { notes: open }).causes[0], {
      kind: 'breaker',
      since: '2026-01-02T12:02:00Z',
      next,
    })
  },
)

t.test('a rest, a deployment under way and what is to be done must be told with it', async (t) => {
  const scene = scenario().wants({ web: {} })
  const running: PastDeployment = { ...ann, action: 'up', state: 'running' }
  const said = why(scene, 'web', { suspended: '2026-01-02T09:00:00Z', deployments: [running] })
  t.same(
    said.causes.map(({ kind }) => kind),
    ['suspended', 'deployment', ...said.causes.slice(2).map(() => 'pending')],
  )
  t.match(lines(said.causes).join('\n'), /to be done: create container app-web-1 \(not found\)/)
})

t.test('drift must be told field by field, and whether it is put right', async (t) => {
  const drift = [
    {
      object: 'app-web-1',
      service: 'web',
      field: 'mem_limit',
      expected: 'none',
      actual: '64m',
      since: '2026-01-02T12:00:00Z',
      cause: 'update',
    },
  ]
  const scene = scenario().wants({ web: {} }).finds('web running')
  t.same(lines(why(scene, 'web', { drift }).causes), [
    'mem_limit of app-web-1 is 64m in place of none, by `update` from outside since 2026-01-02T12:00:00Z: it is put right',
  ])
  const reported = scene.with({ extensions: { 'x-bulkhead': { drift: 'report' } } })
  t.match(why(reported, 'web', { drift }).causes[0]?.detail, 'it is reported and left so')
})

t.test('services that wait for each other must not be explained without end', async (t) => {
  const circle = (other: string): Partial<Service> => ({
    depends_on: { [other]: { condition: 'service_started', required: true } },
  })
  const said = why(scenario().wants({ a: circle('b'), b: circle('a') }), 'a')
  t.same(lines(said.causes).slice(0, 2), ['a waits for b to start', '  b waits for a to start'])
})
