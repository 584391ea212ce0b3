import t from 'tap'
import { upIntent, type Intent, type Provision, type Service } from '@bulkhead/model'
import { overriddenBy, planText, preview, withProvisions, type PlanInput } from '../src/index.ts'
import { plan } from '../src/plan.ts'
import { scenario } from './scenario.ts'

const cloud: Service['provider'] & {} = { type: 'cloud', options: { size: 256, name: ['a', 'b'] } }
const db = { provider: cloud } as Partial<Service>
const web = { depends_on: { db: { condition: 'service_started', required: true } } } as Partial<Service>

const given = (more: Partial<Provision> = {}): Provision => ({
  kind: 'provider',
  name: 'db',
  source: 'cloud',
  options: { name: ['a', 'b'], size: ['256'] },
  settled: true,
  variables: { URL: 'cloud://db' },
  rawVariables: {},
  ...more,
})

function inputOf(
  services: Record<string, Partial<Service>>,
  provisions: readonly Provision[],
  more: Partial<PlanInput> = {},
): PlanInput {
  const input = scenario().wants(services).input()
  return {
    ...input,
    project: input.project && withProvisions(input.project, provisions),
    provisions,
    ...more,
  }
}

const planned = (input: PlanInput): readonly string[] =>
  planText(plan(input).plan)
    .split('\n')
    .filter((line) => line !== '')

t.test('a provider must be run before anything is made of what it gives', async (t) => {
  t.same(planned(inputOf({ db, web }, [])), ['[] #1 run provider db (not provided)'])
  const operation = plan(inputOf({ db, web }, [])).plan[0]?.operation
  t.match(operation, { action: 'up', program: 'cloud', options: { name: ['a', 'b'], size: ['256'] } })
})

t.test('what was given must reach dependents, and not be asked for again', async (t) => {
  const input = inputOf({ db, web, other: {} }, [given({ rawVariables: { TOKEN: 'x=1' } })])
  t.same(planned(input), [
    '[] #1 create network app_default (not found)',
    '[1] #2 create container app-web-1 (not found)',
    '[2] #3 start container app-web-1 (not found)',
    '[1] #4 create container app-other-1 (not found)',
    '[4] #5 start container app-other-1 (not found)',
  ])
  t.same(input.project?.services['web']?.environment, { DB_URL: 'cloud://db', TOKEN: 'x=1' })
  t.equal(input.project?.services['other']?.environment, undefined)
})

t.test('a dash in the name of a provider must become an underscore in the variable', async (t) => {
  const { project } = inputOf(
    { 'my-db': db, web: { depends_on: { 'my-db': { condition: 'service_started', required: true } } } },
    [given({ name: 'my-db' })],
  )
  t.same(project?.services['web']?.environment, { MY_DB_URL: 'cloud://db' })
})

t.test('a provider must be run again when it was cut short, changed, or asked for', async (t) => {
  const again = (provision: Provision, more: Partial<PlanInput> = {}): readonly string[] =>
    planned(inputOf({ db, web }, [provision], more))
  t.same(again(given({ settled: false })), ['[] #1 run provider db (interrupted)'])
  t.same(again(given({ options: {} })), ['[] #1 run provider db (options changed)'])
  t.same(again(given({ source: 'other' })), [
    '[] #1 run provider db down (provided by another program)',
    '[1] #2 run provider db (options changed)',
  ])
  const deployment = {
    action: 'up',
    options: { renewProvisions: ['db'] },
    refresh: undefined,
    started: new Set<string>(),
    signaled: new Set<string>(),
  } as const
  t.same(again(given(), { deployment }), ['[] #1 run provider db (asked for)'])
  t.notMatch(again(given(), { deployment: { ...deployment, provided: new Set(['db']) } })[0], /provider/)
})

t.test('what a provider depends on must run first, and its condition hold', async (t) => {
  const services = {
    vault: { healthcheck: { test: ['CMD', 'true'] } },
    db: {
      ...db,
      depends_on: { vault: { condition: 'service_healthy', required: true } },
    } as Partial<Service>,
    web,
  }
  t.same(planned(inputOf(services, [])), [
    '[] #1 create network app_default (not found)',
    '[1] #2 create container app-vault-1 (not found)',
    '[2] #3 start container app-vault-1 (not found)',
  ])
  const running = scenario().wants(services).finds('network', 'vault running').input()
  t.same(planned(running), [
    '[] #1 await service vault healthy (needed by db)',
    '[1] #2 run provider db (not provided)',
  ])
})

t.test('down must have a provider take away what it made, without files too', async (t) => {
  const intent = { ...upIntent, target: 'down' } as const
  const lines = ['[] #1 run provider db down (project goes down)']
  t.same(planned(inputOf({ db, web }, [given()], { intent })), lines)
  t.same(planned({ ...inputOf({}, [given({ settled: false })], { intent }), project: undefined }), lines)
  t.same(planned(inputOf({ db, web }, [], { intent })), [])
  t.same(planned(inputOf({ web: {} }, [given()], { intent })), [], 'an orphan stays')
})

t.test('stop must stop what a provider can stop, after what uses it, and up provide it again', async (t) => {
  const asked = { ...scenario().input().deployment, action: 'stop' } as PlanInput['deployment']
  const stops = (
    services: Record<string, Partial<Service>>,
    intent: Partial<Intent>,
    ...all: Provision[]
  ) => {
    const { observed } = scenario().wants({ web }).finds('web running').input()
    return planned(
      inputOf(services, all, { observed, intent: { ...upIntent, ...intent }, deployment: asked }),
    )
  }
  const can = given({ stops: true })
  const all = ['[] #1 stop container app-web-1 (asked for)', '[1] #2 run provider db stop (asked for)']
  t.same(stops({ db, web }, { target: 'stopped' }, can), all)
  t.same(stops({ db, web }, { target: 'stopped' }, given()), all.slice(0, 1), 'others hear nothing of it')
  t.same(stops({ db, web }, { target: 'stopped' }, { ...can, stopped: true }), all.slice(0, 1), 'once')
  const alone = stops({ db, web: { ...web, environment: {} } }, { resting: { db: 'stopped' } }, can)
  t.equal(alone[0], '[] #1 run provider db stop (asked for)')
  const queue = { provider: cloud, depends_on: web.depends_on } as Partial<Service>
  t.same(
    stops({ db, queue, web }, { target: 'stopped' }, can, { ...can, name: 'queue' }),
    [
      ...all.slice(0, 1),
      '[1] #2 run provider queue stop (asked for)',
      '[2] #3 run provider db stop (asked for)',
    ],
    'those that it depends on after it',
  )
  const inTheLoop = { intent: { ...upIntent, target: 'stopped' as const }, deployment: undefined }
  t.same(planned(inputOf({ db, web }, [can], inTheLoop)), [], 'and only when somebody asks for it')
  t.same(planned(inputOf({ db, web }, [{ ...can, stopped: true }])), ['[] #1 run provider db (stopped)'])
})

t.test('what an orphan provided must be taken away when orphans are to go', async (t) => {
  const intent = { ...upIntent, removeOrphans: true }
  const lines = planned(inputOf({ web: {} }, [given()], { intent }))
  t.equal(lines.at(-1), '[] #4 run provider db down (orphan)')
  t.notMatch(planned(inputOf({ web: {} }, [given()])).join(), /provider/)
})

t.test('a preview must show the run and what follows, and say what is not known', async (t) => {
  const seen = preview(inputOf({ db, web }, []))
  t.same(planText(seen.plan).split('\n'), [
    '[] #1 run provider db (not provided)',
    '[] #2 create network app_default (not found)',
    '[1,2] #3 create container app-web-1 (not found)',
    '[3] #4 start container app-web-1 (not found)',
  ])
  t.match(seen.unknowns, [{ service: 'web', message: /provider db/ }])
})

t.test('a model must be prepared for the services that use it, under the variables they name', async (t) => {
  const models = { llm: { model: 'ai/smollm2', context_size: 1024, runtime_flags: ['--a', '--b'] } }
  const services = { web: { models: { llm: null } }, chat: { models: { llm: { endpoint_var: 'AT' } } } }
  const input = scenario().wants(services).with({ models }).input()
  t.same(planned(input), ['[] #1 run model llm (not provided)'])
  const gave: Provision = {
    kind: 'model',
    name: 'llm',
    source: 'ai/smollm2',
    options: { 'context-size': ['1024'], 'runtime-flags': ['--a', '--b'] },
    settled: true,
    variables: { URL: 'http://runner/', MODEL: 'ai/smollm2' },
    rawVariables: {},
  }
  const project = input.project && withProvisions(input.project, [gave])
  t.same(project?.services['web']?.environment, { LLM_URL: 'http://runner/', LLM_MODEL: 'ai/smollm2' })
  t.same(project?.services['chat']?.environment, { AT: 'http://runner/', LLM_MODEL: 'ai/smollm2' })
  t.notMatch(planned({ ...input, project, provisions: [gave] }).join(), /model/)
})

t.test('a variable that is overridden must be named', async (t) => {
  const own = { ...web, environment: { TOKEN: 'mine', SAME: 'x' } }
  const { project } = scenario().wants({ db, web: own }).input()
  const provision = given({ rawVariables: { TOKEN: 'theirs', SAME: 'x', NEW: 'y' } })
  t.match(project && overriddenBy(project, provision), [{ service: 'web', variable: 'TOKEN' }])
})
