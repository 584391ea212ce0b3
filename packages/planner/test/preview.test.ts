import { array, assert, boolean, constantFrom, property } from 'fast-check'
import t from 'tap'
import type { FieldChange, Observed, Project, Service } from '@bulkhead/model'
import {
  actionsOf,
  approvalOf,
  basisOf,
  changedFields,
  containerChanges,
  movedSince,
  notApproved,
  plan,
  planDocument,
  planText,
  preview,
  replacements,
  type PlanInput,
} from '../src/index.ts'
import { scenario } from './scenario.ts'

const none: Observed['images'] = {}
const withImages = (input: PlanInput, images: Observed['images']): PlanInput => ({
  ...input,
  observed: { ...input.observed, images },
})
const basis = (input: PlanInput) =>
  basisOf({
    kept: undefined,
    project: input.project,
    intent: input.intent,
    observed: input.observed,
    plan: preview(input).plan,
    key: 'key',
  })
const documentOf = (input: PlanInput) =>
  JSON.stringify(
    planDocument({
      project: 'app',
      action: 'up',
      preview: preview(input),
      basis: basis(input),
      changes: new Map(),
      mask: (text) => text,
    }),
  )

t.test('a plan that needs images must go on to what is made of them', (t) => {
  const input = withImages(
    scenario()
      .wants({ db: {}, web: { image: 'web:1' } })
      .input(),
    none,
  )
  const { plan: nodes, unknowns, possible } = preview(input)
  t.equal(
    planText(nodes),
    [
      '[] #1 pull image bb:1 (not found on the engine)',
      '[] #2 pull image web:1 (not found on the engine)',
      '[] #3 create network app_default (not found)',
      '[1,3] #4 create container app-db-1 (not found)',
      '[4] #5 start container app-db-1 (not found)',
      '[2,3] #6 create container app-web-1 (not found)',
      '[6] #7 start container app-web-1 (not found)',
    ].join('\n'),
  )
  t.match(unknowns, [
    { service: 'db', message: /bb:1 brings/ },
    { service: 'web', message: /web:1 brings/ },
  ])
  t.equal(possible.length, 5)
  t.end()
})

t.test('an image that is fetched anew must leave its containers, and say that they may be replaced', (t) => {
  const input = scenario()
    .wants({ db: {}, web: { pull_policy: 'always' } })
    .finds('network', 'db running', 'web running')
    .input()
  const asked = {
    ...input,
    deployment: input.deployment && {
      ...input.deployment,
      refresh: { build: false, now: '2026-01-01T00:00:00Z' },
    },
  }
  const { plan: nodes, unknowns, possible } = preview(asked)
  t.equal(planText(nodes), '[] #1 pull image bb:1 (pull_policy always)')
  t.match(unknowns, [
    { service: 'db', message: /Is replaced if bb:1/ },
    { service: 'web', message: /Is replaced if bb:1/ },
  ])
  const approval = approvalOf('id', basis(asked), preview(asked))
  t.same(notApproved(approval, possible), [])
  t.end()
})

t.test('a replacement must be one action, and so must a restart', (t) => {
  const input = scenario()
    .wants({
      db: {},
      web: { depends_on: { db: { condition: 'service_started', restart: true, required: true } } },
    })
    .finds('network', 'db running changed', 'web running')
    .input()
  t.match(actionsOf(preview(input).plan), [
    { kind: 'restart', subject: 'container app-web-1', service: 'web', operations: [1, 7] },
    { kind: 'replace', subject: 'container app-db-1', service: 'db', operations: [2, 3, 4, 5, 6] },
  ])
  t.end()
})

t.test('changed fields must be told in the words of the file, entries of lists by what they are for', (t) => {
  const project: Project = scenario().wants({ web: {} }).input().project as Project
  const of = (service: Partial<Service>, more: Partial<Project> = {}) => ({
    project: { ...project, ...more },
    service: { name: 'web', image: 'bb:1', ...service },
    mode: 'default' as const,
  })
  const changes = (old: Partial<Service>, now: Partial<Service>): readonly FieldChange[] =>
    changedFields(of(old), of(now))
  t.same(changes({ environment: { A: '1', B: '2' } }, { environment: { A: '3', C: '4' } }), [
    { path: 'environment.A', old: '1', new: '3' },
    { path: 'environment.B', old: '2' },
    { path: 'environment.C', new: '4' },
  ])
  t.same(
    changes(
      { ports: [{ target: 80, published: '8080' }, { target: 81 }] },
      { ports: [{ target: 79 }, { target: 80, published: '9090' }] },
    ),
    [
      { path: 'ports[0]', new: { target: 79 } },
      { path: 'ports[1]', old: { target: 81 } },
      { path: 'ports[1].published', old: '8080', new: '9090' },
    ],
  )
  t.same(changes({ command: ['a', 'b'] }, { command: ['a', 'c'] }), [
    { path: 'command', old: ['a', 'b'], new: ['a', 'c'] },
  ])
  t.same(changes({}, { labels: { tier: 'front' } }), [{ path: 'labels.tier', new: 'front' }])
  t.same(changes({ depends_on: {} }, { scale: 3, build: {} }), [])
  const reading = { secrets: [{ source: 'key' }] }
  const secret = (content: string) => of(reading, { secrets: { key: { name: 'app_key', content } } })
  t.same(changedFields(secret('old'), secret('new')), [{ path: 'secrets.key.content' }])
  t.end()
})

t.test('a cause must name what changed, where what the container was made from is known', (t) => {
  const input = scenario()
    .wants({ web: { environment: { GREETING: 'hello' }, hostname: 'b' } })
    .finds('network', 'web running changed')
    .input()
  const { project } = input
  if (project === undefined) throw new Error('the scenario has a project')
  const service: Service = {
    name: 'web',
    image: 'bb:1',
    networks: { default: null },
    environment: { GREETING: 'hi' },
  }
  const known: PlanInput = { ...input, former: () => ({ project, service, mode: 'default' }) }
  const cause = 'configuration changed: environment.GREETING, hostname'
  t.match(actionsOf(plan(known).plan), [{ kind: 'replace', cause }])
  const shown = preview(known)
  t.match(replacements(known, shown, actionsOf(shown.plan)), [
    {
      subject: 'container app-web-1',
      changes: [
        { path: 'environment.GREETING', old: 'hi', new: 'hello' },
        { path: 'hostname', new: 'b' },
      ],
    },
  ])
  t.equal(basis(known).operations, basis(input).operations, 'a finer cause is no other plan')
  t.end()
})

t.test('a container of unknown making must be compared with what would take its place', (t) => {
  const specification = {
    name: 'app-web-1',
    service: 'web',
    number: 1,
    platform: undefined,
    networks: [{ network: 'app_default', endpoint: {} }],
    body: {
      Image: 'bb:2',
      Cmd: ['sleep', '2'],
      Env: ['A=2', 'PATH=/bin'],
      Labels: { 'com.docker.compose.project': 'app', tier: 'front' },
      HostConfig: {
        PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        Memory: 1024,
      },
    },
  }
  const container = {
    Id: '0123456789abcdef',
    Config: {
      Image: 'bb:1',
      Hostname: '0123456789ab',
      Cmd: ['sleep', '1'],
      Env: ['A=1', 'PATH=/bin'],
      User: '',
      Labels: { 'com.docker.compose.project': 'app' },
    },
    HostConfig: {
      PortBindings: null,
      CapAdd: null,
      Memory: 0,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    },
    NetworkSettings: { Networks: { app_default: {} } },
  }
  t.same(containerChanges(specification, { container, image: { Config: { Env: ['PATH=/bin'] } } }), [
    { path: 'command', old: ['sleep', '1'], new: ['sleep', '2'] },
    { path: 'environment.A', old: '1', new: '2' },
    { path: 'image', old: 'bb:1', new: 'bb:2' },
    { path: 'labels.tier', new: 'front' },
    { path: 'mem_limit', new: 1024 },
    { path: 'ports', old: [], new: ['8080:80/tcp'] },
  ])
  t.end()
})

t.test('what moved since a plan was made must be told, and what it does not depend on must not', (t) => {
  const before = scenario().wants({ web: {} }).finds('network', 'web running').input()
  const seeing = (change: (observed: Observed) => Observed): PlanInput => ({
    ...before,
    observed: change(before.observed),
  })
  const container = before.observed.containers[0]
  if (container === undefined) throw new Error('the scenario has a container')
  const moved = (input: PlanInput) => movedSince(basis(before), basis(input))
  t.same(moved(before), [])
  const harmless = { ...container, health: 'healthy' as const, restartCount: 7, startedAt: 'later' }
  t.same(moved(seeing((seen) => ({ ...seen, containers: [harmless] }))), [])
  t.same(moved(seeing((seen) => ({ ...seen, containers: [] }))), ['container app-web-1 is gone'])
  t.same(moved(seeing((seen) => ({ ...seen, containers: [{ ...container, state: 'exited' }] }))), [
    'container app-web-1 changed',
  ])
  t.same(moved(seeing((seen) => ({ ...seen, networks: [] }))), ['network app_default is gone'])
  t.match(moved({ ...before, intent: { ...before.intent, removeOrphans: true } }), [
    /comes to something else/,
  ])
  t.end()
})

t.test('a later round must do nothing but what was approved, and may clean up after the plan itself', (t) => {
  const input = scenario().wants({ web: {} }).finds('network', 'web running changed').input()
  const approval = approvalOf('id', basis(input), preview(input))
  const other = scenario().wants({ web: {}, db: {} }).finds('network', 'web running').input()
  t.same(notApproved(approval, plan(input).plan), [])
  t.match(notApproved(approval, plan(other).plan), [/create container app-db-1/, /start container app-db-1/])
  const leftover = {
    type: 'removeContainer',
    service: 'web',
    container: 'x',
    volumes: false,
    cause: 'left',
  } as const
  const removing = (name: string) => [{ id: 1, operation: { ...leftover, name }, after: [] }]
  t.same(notApproved(approval, removing('0000000000aa_app-web-1')), [])
  t.match(notApproved(approval, removing('app-db-1')), [/remove container app-db-1/])
  t.end()
})

t.test(
  'the same input must give the same document byte for byte, in whatever order the engine lists',
  (t) => {
    const names = ['a', 'b', 'c', 'd']
    const found = constantFrom(
      'running',
      'exited',
      'failed',
      'created',
      'running changed',
      'exited changed',
      '',
    )
    assert(
      property(
        array(found, { minLength: 4, maxLength: 4 }),
        array(boolean(), { minLength: 6, maxLength: 6 }),
        boolean(),
        (states, edges, hasImage) => {
          const edge = [...edges]
          const services = Object.fromEntries(
            names.map((name, index): [string, Partial<Service>] => [
              name,
              {
                depends_on: Object.fromEntries(
                  names
                    .slice(0, index)
                    .filter(() => edge.pop() === true)
                    .map((on) => [
                      on,
                      { condition: 'service_started' as const, required: true, restart: true },
                    ]),
                ),
              },
            ]),
          )
          const containers = names.flatMap((name, index) =>
            states[index] === '' ? [] : `${name} ${states[index]}`,
          )
          const input = scenario()
            .wants(services)
            .finds('network', ...containers)
            .input()
          const one = hasImage ? input : withImages(input, none)
          const turned: PlanInput = structuredClone({
            ...one,
            composeHashes: undefined,
          }) as unknown as PlanInput
          const other: PlanInput = {
            ...turned,
            composeHashes: input.composeHashes,
            observed: { ...turned.observed, containers: turned.observed.containers.toReversed() },
          }
          return documentOf(one) === documentOf(one) && documentOf(one) === documentOf(other)
        },
      ),
      { numRuns: 200 },
    )
    t.end()
  },
)
