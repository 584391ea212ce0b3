import t from 'tap'
import type { EngineCapabilities, EngineRuntime, Project, Service } from '@bulkhead/model'
import { checkIsolation, kernelOf, resolveIsolation } from '../src/index.ts'

const runtimes = (...names: readonly string[]): Readonly<Record<string, EngineRuntime>> =>
  Object.fromEntries(names.map((name) => [name, { path: name, args: [] }]))

const engine = (more: Partial<EngineCapabilities> = {}): EngineCapabilities => ({
  id: 'e',
  name: 'build-1',
  version: '26.1.5',
  apiVersion: '1.45',
  os: 'linux',
  architecture: 'amd64',
  kernelVersion: '6.1.0',
  operatingSystem: 'Linux',
  runtimes: runtimes('io.containerd.runc.v2', 'runc', 'runsc'),
  defaultRuntime: 'runc',
  defaultIsolation: undefined,
  securityOptions: [],
  liveRestore: false,
  swarm: 'inactive',
  ...more,
})
const service = (more: Partial<Service> = {}): Service => ({ name: 'web', image: 'bb:1', ...more })

t.test('each mode must mean on Linux what the table says', async (t) => {
  t.same(resolveIsolation(service(), engine()), { mode: 'default', runtime: undefined, kernel: 'shared' })
  t.match(resolveIsolation(service({ isolation: 'process' }), engine()), {
    runtime: 'runc',
    kernel: 'shared',
  })
  t.match(resolveIsolation(service({ isolation: 'hyperv' }), engine()), { runtime: 'runsc', kernel: 'own' })
  t.match(resolveIsolation(service({ isolation: 'auto' }), engine()), { runtime: 'runsc' })
  const trusted = service({ isolation: 'auto', 'x-bulkhead': { trust: 'trusted' } })
  t.match(resolveIsolation(trusted, engine()), { runtime: 'runc' })
  const walled = engine({ defaultRuntime: 'runsc' })
  t.match(resolveIsolation(service(), walled), { runtime: undefined, kernel: 'own' })
  t.match(resolveIsolation(service({ isolation: 'process' }), walled), { runtime: 'runc' })
})

t.test('a Linux engine must never be sent an isolation, a Windows engine never a runtime', async (t) => {
  const windows = engine({
    os: 'windows',
    runtimes: {},
    defaultRuntime: undefined,
    defaultIsolation: 'process',
  })
  for (const isolation of [undefined, 'default', 'process', 'hyperv', 'auto']) {
    const asked = service(isolation === undefined ? {} : { isolation })
    t.equal(resolveIsolation(asked, engine()).isolation, undefined)
    t.equal(resolveIsolation(asked, windows).runtime, undefined)
  }
  t.match(resolveIsolation(service({ isolation: 'hyperv' }), windows), { isolation: 'hyperv', kernel: 'own' })
  t.match(resolveIsolation(service(), windows), { isolation: undefined, kernel: 'shared' })
})

t.test(
  'a mode that the engine cannot give must be an error that tells what there is and how to get one',
  async (t) => {
    const bare = engine({ runtimes: runtimes('io.containerd.runc.v2', 'runc') })
    const project: Project = {
      name: 'app',
      workingDir: '/app',
      configFiles: ['/app/compose.yaml'],
      environmentFiles: [],
      services: { db: service({ name: 'db', isolation: 'process' }), web: service({ isolation: 'hyperv' }) },
      disabledServices: {},
      networks: {},
      volumes: {},
      secrets: {},
      configs: {},
      models: {},
      extensions: {},
      positions: new Map([['/services/web/isolation', { file: '/app/compose.yaml', line: 7, column: 16 }]]),
    }
    const problems = checkIsolation(project, bare)
    t.equal(problems.length, 1)
    t.match(problems[0], {
      code: 'BH_ISOLATION_UNAVAILABLE',
      message: /Service "web".*"hyperv".*"build-1" offers io\.containerd\.runc\.v2, runc/,
      hint: /gVisor.*Kata/,
      at: { line: 7, column: 16 },
    })
    t.same(checkIsolation(project, engine()), [])
  },
)

t.test('a word that is no mode, and a runtime that contradicts the mode, must be refused', async (t) => {
  t.throws(() => resolveIsolation(service({ isolation: 'vm' }), engine()), { code: 'BH_ISOLATION_INVALID' })
  t.throws(() => resolveIsolation(service({ isolation: 'hyperv', runtime: 'runc' }), engine()), {
    code: 'BH_ISOLATION_INVALID',
  })
  t.match(resolveIsolation(service({ isolation: 'hyperv', runtime: 'runsc' }), engine()), {
    runtime: 'runsc',
  })
})

t.test('a runtime must be kept while it satisfies the mode', async (t) => {
  const both = engine({ runtimes: runtimes('runc', 'crun', 'runsc', 'kata-runtime') })
  t.match(resolveIsolation(service({ isolation: 'hyperv' }), both, { current: 'runsc' }), {
    runtime: 'runsc',
  })
  t.match(resolveIsolation(service({ isolation: 'process' }), both, { current: 'crun' }), { runtime: 'crun' })
  t.match(resolveIsolation(service({ isolation: 'hyperv' }), both, { current: 'runc' }), { kernel: 'own' })
})

t.test('an unknown runtime must pass for neither wall', async (t) => {
  t.equal(kernelOf('mystery', { path: '/opt/mystery', args: [] }), undefined)
  t.equal(kernelOf('safe', { path: '/usr/bin/runc', args: [] }), 'shared', 'the binary counts, not the name')
  t.equal(kernelOf('fast', { path: '/usr/bin/runsc', args: [] }), 'own')
  t.equal(kernelOf('io.containerd.kata.v2', undefined), 'own')
})
