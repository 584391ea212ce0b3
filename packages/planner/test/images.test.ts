import { upIntent } from '@bulkhead/model'
import type { DeploymentAction, DeploymentOptions, ObservedImage, Service } from '@bulkhead/model'
import t from 'tap'
import { plan, planText } from '../src/index.ts'
import { scenario } from './scenario.ts'

const now = '2026-01-08T00:00:00Z'
const image: ObservedImage = {
  id: 'sha256:1',
  os: 'linux',
  architecture: 'amd64',
  volumes: [],
  labels: {},
  taggedAt: '2026-01-06T00:00:00Z',
}

interface Asked {
  readonly action?: DeploymentAction
  readonly options?: DeploymentOptions
  /** Images that are there, two days old. */
  readonly there?: readonly string[]
  readonly build?: boolean
  readonly settled?: boolean
}

/** The plan of images for these services, and nothing else. */
function pictureOf(services: Readonly<Record<string, Partial<Service>>>, asked: Asked = {}): string {
  const { action = 'up', options = {}, there = [], build = false, settled = false } = asked
  const input = scenario()
    .wants(services)
    .where((observed) => ({
      ...observed,
      images: Object.fromEntries(there.map((reference) => [reference, image])),
    }))
    .input()
  const view = {
    action,
    options,
    refresh: settled ? undefined : { build, now },
    started: new Set<string>(),
    signaled: new Set<string>(),
  }
  const { project } = input
  const own = project && { ...project, services: unnamed(project.services, services) }
  const nodes = plan({ ...input, project: own, intent: upIntent, deployment: view }).plan
  return planText(nodes.filter(({ operation }) => operation.type.endsWith('Image')))
}

/** The scenario's services have an image all; here one without is a case of its own. */
function unnamed(
  all: Readonly<Record<string, Service>>,
  given: Readonly<Record<string, Partial<Service>>>,
): Readonly<Record<string, Service>> {
  return Object.fromEntries(
    Object.entries(all).map(([name, { image: named, ...rest }]) => [
      name,
      given[name]?.image === undefined || named === undefined ? rest : { ...rest, image: named },
    ]),
  )
}

t.test('each pull policy must get what it says, and no more', async (t) => {
  const picture = (policy: string, there: readonly string[]): string =>
    pictureOf({ app: { image: 'app:1', pull_policy: policy } }, { there })
  for (const policy of ['missing', 'daily', 'weekly', 'every_1h', 'refresh'])
    t.equal(picture(policy, []), '[] #1 pull image app:1 (not found on the engine)', policy)
  t.equal(picture('never', []), '')
  t.equal(picture('always', ['app:1']), '[] #1 pull image app:1 (pull_policy always)')
  for (const [policy, due] of [
    ['missing', false],
    ['never', false],
    ['daily', true],
    ['weekly', false],
    ['every_47h', true],
    ['every_49h', false],
    ['every_1d12h', true],
  ] as const)
    t.equal(picture(policy, ['app:1']), due ? `[] #1 pull image app:1 (pull_policy ${policy})` : '', policy)
})

t.test('a service with both image and build must be built unless the file says to pull it', async (t) => {
  const picture = (policy: string | undefined, there: readonly string[] = []): string =>
    pictureOf(
      { app: { image: 'app:1', build: {}, ...(policy === undefined ? {} : { pull_policy: policy }) } },
      { there },
    )
  t.equal(picture(undefined), '[] #1 build image app:1 (not found on the engine)')
  t.equal(picture('missing'), '[] #1 pull image app:1 (not found on the engine)')
  t.equal(picture('build', ['app:1']), '[] #1 build image app:1 (pull_policy build)')
  t.equal(picture(undefined, ['app:1']), '')
})

t.test('pull must get every image anew once, but for what is only built or never to be pulled', async (t) => {
  const services = {
    app: { image: 'app:1', pull_policy: 'weekly' },
    same: { image: 'app:1' },
    both: { image: 'both:1', build: {} },
    built: { build: {} },
    never: { image: 'never:1', pull_policy: 'never' },
  }
  const there = ['app:1', 'both:1', 'never:1']
  const all = '[] #1 pull image app:1 (asked for)\n[] #2 pull image both:1 (asked for)'
  t.equal(pictureOf(services, { action: 'pull', there }), all)
  t.equal(pictureOf(services, { action: 'pull', there, settled: true }), '', 'a second round plans nothing')
  const without = { ignoreBuildable: true, services: ['same', 'both'] }
  t.equal(
    pictureOf(services, { action: 'pull', there, options: without }),
    '[] #1 pull image app:1 (asked for)',
  )
  t.equal(pictureOf(services, { action: 'pull', there, options: { pull: 'missing' } }), '')
  t.equal(
    pictureOf({ app: { image: 'app' } }, { action: 'pull', there: ['app'], options: { pull: 'missing' } }),
    '[] #1 pull image app (asked for)',
    'latest moves',
  )
})

t.test('build must build what it is built upon first, and push each name after its build', async (t) => {
  const services = {
    app: {
      image: 'r.example/app:1',
      build: { additional_contexts: { base: 'service:base' }, tags: ['r.example/app:2'] },
    },
    base: { build: {} },
    other: { build: {} },
    plain: { image: 'plain:1' },
  }
  t.equal(
    pictureOf(services, { action: 'build', options: { services: ['app'], push: true } }),
    [
      '[] #1 build image app-base ("app" is built upon it)',
      '[1] #2 build image r.example/app:1 (asked for)',
      '[2] #3 push image r.example/app:1 (asked for)',
      '[2] #4 push image r.example/app:2 (asked for)',
    ].join('\n'),
  )
  t.equal(
    pictureOf(services, { action: 'push', there: ['r.example/app:1', 'app-base'] }),
    '[] #1 push image r.example/app:1 (asked for)\n[] #2 push image r.example/app:2 (asked for)',
  )
})
