import t, { type Test } from 'tap'
import { upIntent, type Intent, type Service } from '@bulkhead/model'
import {
  nextIntent,
  planOneOff,
  planText,
  planOneOffWaits,
  scopeOf,
  type IntentRequest,
  type PlanInput,
} from '../src/index.ts'
import { scenario, type Scenario } from './scenario.ts'

const needs = (condition: string, more = {}) => ({ condition, required: true, ...more })
/** web needs db; cache is needed by nobody; migrate is a job that web waits for. */
const services = {
  db: {},
  migrate: { depends_on: { db: needs('service_started') } },
  web: {
    depends_on: { db: needs('service_started'), migrate: needs('service_completed_successfully') },
  },
  cache: {},
} as Record<string, Partial<Service>>
const all = ['db running', 'migrate exited', 'web running', 'cache running'] as const
const none = ['db exited', 'migrate exited', 'web exited', 'cache exited'] as const

/** What a request comes to: the plan of its first round. */
function asked(
  scene: Scenario,
  request: IntentRequest,
  previous: Intent | undefined = upIntent,
): Scenario & { readonly intent: Intent } {
  const { project, observed } = scene.input()
  if (project === undefined) throw new Error('a scenario has files')
  const intent = nextIntent(previous, request, {
    project,
    before: project,
    containers: observed.containers,
    changed: new Set(),
  })
  const deployment = { action: request.action, options: { services: scopeOf(request, project) } }
  return Object.assign(scene.intending(intent).deploying(deployment), { intent })
}

const found = (...containers: readonly string[]): Scenario =>
  scenario()
    .wants(services)
    .finds(...containers)

/** Nothing is left to do after it, neither for the deployment nor for the loop. */
function settles(t: Test, scene: Scenario): void {
  scene.afterwards().plans(t)
  scene.afterwards().inTheLoop().plans(t)
}

t.test('stop must stop dependents first, or what it names alone, and the loop leave it so', (t) => {
  const whole = asked(found(...all), { action: 'stop' })
  whole.plans(
    t,
    '[] #1 stop container app-cache-1 (asked for)',
    '[] #2 stop container app-web-1 (asked for)',
    '[2] #3 stop container app-db-1 (asked for)',
  )
  settles(t, whole)
  const one = asked(found(...all), { action: 'stop', services: ['db'] })
  one.plans(t, '[] #1 stop container app-db-1 (asked for)')
  settles(t, one)
  asked(found(...none), { action: 'stop' }).plans(t)
  t.end()
})

t.test('start must start what there is, in order, and what it names with all that this needs', (t) => {
  const { intent: stopped } = asked(found(...all), { action: 'stop' })
  const whole = asked(found(...none), { action: 'start' }, stopped)
  whole.plans(
    t,
    '[] #1 start container app-db-1 (asked for)',
    '[1] #2 start container app-web-1 (asked for)',
    '[] #3 start container app-cache-1 (asked for)',
  )
  settles(t, whole)
  const one = asked(found(...none), { action: 'start', services: ['db'] }, stopped)
  one.plans(t, '[] #1 start container app-db-1 (asked for)')
  settles(t, one)
  asked(found(...all), { action: 'start' }).plans(t)
  t.end()
})

t.test('restart must stop and start each once, in order, and what is stopped too', (t) => {
  const whole = asked(found('db running', 'migrate exited', 'web running', 'cache exited'), {
    action: 'restart',
    services: ['web', 'cache'],
  })
  whole.plans(
    t,
    '[] #1 stop container app-web-1 (asked for)',
    '[1] #2 start container app-web-1 (asked for)',
    '[] #3 start container app-cache-1 (asked for)',
  )
  settles(t, whole)
  t.end()
})

t.test('scale must leave the others and their numbers alone', (t) => {
  const more = asked(found(...all), { action: 'scale', scale: { cache: 3 } })
  more.plans(
    t,
    '[] #1 create container app-cache-2 (not found)',
    '[1] #2 start container app-cache-2 (not found)',
    '[] #3 create container app-cache-3 (not found)',
    '[3] #4 start container app-cache-3 (not found)',
  )
  settles(t, more)
  const fewer = asked(found(...all, 'cache running #2', 'cache running #3'), {
    action: 'scale',
    scale: { cache: 1 },
  })
  fewer.plans(
    t,
    '[] #1 stop container app-cache-2 (more than asked for)',
    '[1] #2 remove container app-cache-2 (more than asked for)',
    '[] #3 stop container app-cache-3 (more than asked for)',
    '[3] #4 remove container app-cache-3 (more than asked for)',
  )
  settles(t, fewer)
  const off = asked(found(...all), { action: 'scale', scale: { cache: 0 } })
  off.plans(
    t,
    '[] #1 stop container app-cache-1 (more than asked for)',
    '[1] #2 remove container app-cache-1 (more than asked for)',
  )
  settles(t, off)
  t.end()
})

t.test('rm must remove what has ended, with --stop what runs too, and the loop not bring it back', (t) => {
  const ended = asked(found('db running', 'migrate exited', 'web exited', 'cache running'), { action: 'rm' })
  ended.plans(
    t,
    '[] #1 remove container app-web-1 (asked for)',
    '[] #2 remove container app-migrate-1 (asked for)',
  )
  settles(t, ended)
  const runs = asked(found(...all), { action: 'rm', services: ['cache'], stop: true })
  runs.plans(
    t,
    '[] #1 stop container app-cache-1 (asked for)',
    '[1] #2 remove container app-cache-1 (asked for)',
  )
  settles(t, runs)
  asked(found(...all), { action: 'rm', services: ['cache'] }).plans(t)
  t.end()
})

t.test('create must make and not start, and start then start it', (t) => {
  const made = asked(found(), { action: 'create', services: ['db'] }, { ...upIntent, target: 'down' })
  made.plans(
    t,
    '[] #1 create network app_default (not found)',
    '[1] #2 create container app-db-1 (not found)',
  )
  settles(t, made)
  asked(found('network', 'db created'), { action: 'start', services: ['db'] }, made.intent).plans(
    t,
    '[] #1 start container app-db-1 (asked for)',
  )
  t.end()
})

t.test('what somebody else stopped must be left by the loop, and started by an up', (t) => {
  const held = found('db running', 'migrate exited', 'web exited', 'cache running').holding('web')
  held.inTheLoop().plans(t)
  const up = asked(held, { action: 'up' })
  up.plans(t, '[] #1 start container app-web-1 (not running)')
  asked(held, { action: 'up', services: ['cache'] }).plans(t)
  t.end()
})

t.test('a job that ended well must not run again by up or start, but by a restart of it', (t) => {
  const done = found('db running', 'migrate exited', 'web running', 'cache running')
  asked(done, { action: 'up' }).plans(t)
  asked(done, { action: 'start' }).plans(t)
  asked(done, { action: 'start', services: ['web'] }).plans(t)
  asked(done, { action: 'restart', services: ['migrate'] }).plans(
    t,
    '[] #1 start container app-migrate-1 (asked for)',
  )
  asked(done, { action: 'up', services: ['migrate'], recreate: 'always', noDependencies: true }).plans(
    t,
    '[] #1 create container 0000000000ab_app-migrate-1 (asked for)',
    '[1] #2 remove container app-migrate-1 (asked for)',
    '[2] #3 rename container 0000000000ab_app-migrate-1 to app-migrate-1 (asked for)',
    '[3] #4 start container app-migrate-1 (asked for)',
  )
  t.end()
})

t.test('a one-off must be made beside the replicas, of what is there, and start by itself alone', (t) => {
  const oneOff = { service: 'web', name: 'app-web-run-1', slug: 'abc', command: ['sh'], remove: true }
  const made = planOneOff(inputOf(found(...all)), oneOff)
  t.equal(planText(made.plan), '[] #1 create container app-web-run-1 (asked for)')
  t.match(made.start, { type: 'startContainer', container: 'app-web-run-1' })
  t.equal(
    planText(planOneOff(inputOf(found()), oneOff).plan),
    [
      '[] #1 create network app_default (not found)',
      '[1] #2 create container app-web-run-1 (asked for)',
    ].join('\n'),
  )
  t.equal(
    planText(planOneOffWaits(inputOf(found(...all)), oneOff)),
    '[] #1 await service migrate completed_successfully (needed by the one-off of web)',
  )
  t.equal(planText(planOneOffWaits(inputOf(found(...all)), { ...oneOff, noDependencies: true })), '')
  t.end()
})

t.test('a one-off in the namespaces of another service must be made in those of its container', (t) => {
  const scene = scenario()
    .wants({ vpn: {}, tool: { network_mode: 'service:vpn', ipc: 'container:guest' } })
    .finds('vpn running')
  const { plan } = planOneOff(inputOf(scene), { service: 'tool', name: 'app-tool-run-1', slug: 'abc' })
  t.match(plan[0]?.operation, {
    container: {
      body: {
        HostConfig: {
          NetworkMode: `container:${'0'.repeat(10)}aa${'0'.repeat(52)}`,
          IpcMode: 'container:guest',
        },
      },
    },
  })
  t.end()
})

function inputOf(scene: Scenario): PlanInput & { readonly project: NonNullable<PlanInput['project']> } {
  const { project, ...rest } = scene.input()
  if (project === undefined) throw new Error('a scenario has files')
  return { ...rest, project }
}
