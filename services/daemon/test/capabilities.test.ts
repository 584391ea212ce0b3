import { load } from '@bulkhead/compose'
import type { EngineCapabilities, EngineFeatures, Project } from '@bulkhead/model'
import t from 'tap'
import { checkCapabilities } from '../src/checks/capabilities.ts'
import { linux } from './fixtures/fake-engine.ts'

const features: EngineFeatures = {
  cgroupVersion: '1',
  memoryLimit: true,
  swapLimit: true,
  oomKillDisable: true,
  cpuQuota: true,
  cpuShares: true,
  cpuSet: true,
  pidsLimit: true,
  storageDriver: 'overlay2',
  backingFilesystem: 'extfs',
  logDrivers: ['json-file', 'local', 'grafana/loki'],
  networkDrivers: ['bridge', 'host', 'null', 'overlay'],
  volumeDrivers: ['local'],
}
const newest: EngineCapabilities = { ...linux, version: '29.0.0', apiVersion: '1.51', features }
const docker26: EngineCapabilities = { ...linux, features }
const docker20: EngineCapabilities = { ...linux, version: '20.10.24', apiVersion: '1.41', features }
const without = (missing: Partial<EngineFeatures>): EngineCapabilities => ({
  ...newest,
  features: { ...features, ...missing },
})

/** What is said of a service, in words of `SEVERITY LINE: MESSAGE`; the service begins in line 3. */
function said(
  service: string,
  engine: EngineCapabilities,
  {
    around = '',
    files = {},
  }: { readonly around?: string; readonly files?: Readonly<Record<string, string>> } = {},
): readonly string[] {
  const project = projectOf(`services:\n  web:\n    image: bb:1\n${service}\n${around}`, files)
  return checkCapabilities(project, Object.values(project.services), engine).map(
    ({ severity, message, at }) => `${severity} ${at?.line}: ${message}`,
  )
}

function projectOf(text: string, files: Readonly<Record<string, string>>): Project {
  const all = { ...files, '/app/compose.yaml': text }
  const reader = {
    readFile: (path: string) =>
      path in all ? new TextEncoder().encode(all[path as keyof typeof all]) : undefined,
    isFolder: () => false,
    variable: () => undefined,
  }
  const { project, problems } = load({
    reader,
    workingDir: '/app',
    configFiles: [],
    profiles: [],
    environmentFiles: [],
  })
  if (project === undefined) throw new Error(JSON.stringify(problems))
  return project
}

const networks = 'networks: { a: {}, b: {} }'
const versioned: readonly (readonly [string, string, string, RegExp, string?])[] = [
  ['1.48', 'error', '    volumes:\n      - { type: image, source: bb:1, target: /i }', /an image as a mount/],
  [
    '1.45',
    'error',
    '    volumes:\n      - { type: volume, source: v, target: /v, volume: { subpath: a } }',
    /subpath/,
    'volumes: { v: }',
  ],
  [
    '1.44',
    'error',
    '    volumes:\n      - { type: bind, source: /s, target: /b, read_only: true, bind: { recursive: readonly } }',
    /recursive/,
  ],
  ['1.49', 'error', '    networks:\n      a: { interface_name: eth9 }', /network interface/, networks],
  ['1.48', 'warning', '    networks:\n      a: { gw_priority: 1 }', /default gateway/, networks],
  ['1.44', 'warning', '    healthcheck:\n      { test: "true", start_interval: 1s }', /start_interval/],
  ['1.43', 'warning', '    tty: true\n    annotations: { a: b }', /annotations/],
  ['1.44', 'error', '    devices:\n      - acme.com/gpu=0', /CDI/],
  [
    '1.44',
    'error',
    '    networks:\n      { a: {}, b: { mac_address: "02:42:ac:11:65:43" } }',
    /second network "b"/,
    networks,
  ],
  ['1.48', 'error', '    networks:\n      - a', /without IPv4/, 'networks: { a: { enable_ipv4: false } }'],
]

for (const [api, severity, service, message, around] of versioned) {
  t.test(`what came with API ${api} must be told at its line before: ${service.trim()}`, async (t) => {
    const minor = Number(api.split('.')[1])
    const at = (apiVersion: string) =>
      said(service, { ...newest, apiVersion }, around === undefined ? {} : { around })
    t.same(at(api), [], 'an engine that has it')
    const [problem = '', ...others] = at(`1.${minor - 1}`)
    t.same(others, [])
    t.match(problem, message)
    t.match(problem, new RegExp(`^${severity} ${around?.includes('ipv4') === true ? 6 : 5}: `))
    t.match(problem, `API ${api}`)
  })
}

t.test('a MAC address on the first network must be let through by the oldest engine', async (t) => {
  const service = '    networks: { a: { priority: 1, mac_address: "02:42:ac:11:65:43" }, b: {} }'
  t.same(said(service, docker20, { around: networks }), [])
})

t.test('two MAC addresses for one endpoint must be refused on every engine', async (t) => {
  const service =
    '    mac_address: "02:42:ac:11:65:44"\n    networks: { a: { mac_address: "02:42:ac:11:65:43" } }'
  t.match(said(service, newest, { around: networks }), [/^error 4: .* another on its first network "a"/])
})

t.test('limits that the kernel has no means for must be warned of, each at its line', async (t) => {
  const cases: readonly (readonly [Partial<EngineFeatures>, string])[] = [
    [{ memoryLimit: false }, 'mem_limit: 64m'],
    [{ memoryLimit: false }, 'deploy: { resources: { limits: { memory: 64m } } }'],
    [{ swapLimit: false }, 'memswap_limit: 64m'],
    [{ cgroupVersion: '2' }, 'mem_swappiness: 10'],
    [{ oomKillDisable: false }, 'oom_kill_disable: true'],
    [{ cpuQuota: false }, 'cpus: 0.5'],
    [{ cpuShares: false }, 'cpu_shares: 10'],
    [{ cpuSet: false }, 'cpuset: "0"'],
    [{ pidsLimit: false }, 'pids_limit: 10'],
    [{ cgroupVersion: undefined }, 'blkio_config: { weight: 300 }'],
  ]
  for (const [missing, service] of cases) {
    t.same(said(`    ${service}`, docker26), [], service)
    t.match(
      said(`    ${service}`, without(missing)),
      [/^warning 4: .* the kernel of this engine has no means/],
      service,
    )
  }
  t.same(said('    oom_kill_disable: false', without({ oomKillDisable: false })), [])
})

t.test('what an engine refuses at create must be refused before', async (t) => {
  t.match(said('    cpu_rt_runtime: 1000', without({ cgroupVersion: '2' })), [/^error 4: .* real-time/])
  t.same(said('    cpu_rt_runtime: 1000', newest), [])
  t.match(said('    storage_opt: { size: 1G }', newest), [/^error 4: .*overlay2 on extfs/])
  t.same(said('    storage_opt: { size: 1G }', without({ backingFilesystem: 'xfs' })), [])
  t.match(said('    runtime: kata', newest), [/^error 4: .*"kata"/])
  t.same(said('    runtime: io.containerd.kata.v2', newest), [])
})

t.test('drivers that are neither built in nor installed must be refused where they are named', async (t) => {
  t.match(said('    logging: { driver: fluentd }', newest), [/^error 4: .* logging driver "fluentd"/])
  t.same(said('    logging: { driver: "grafana/loki:latest" }', newest), [])
  t.same(said('    logging: { driver: none }', newest), [])
  const network = { around: 'networks: { default: { driver: weave } }' }
  t.match(said('', newest, network), [/^error 5: The project asks for the network driver "weave"/])
  const overlay = { around: 'networks: { default: { driver: overlay } }' }
  t.match(said('', newest, overlay), [/^error 5: .* must be in a swarm/])
  t.same(said('', { ...newest, swarm: 'active' }, overlay), [])
  const volume = { around: 'volumes: { vol: { driver: rexray } }' }
  t.match(said('    volumes: ["vol:/v"]', newest, volume), [/^error 5: .* volume driver "rexray"/])
  t.same(said('    volumes: ["vol:/v"]', newest, { around: 'volumes: { vol: { driver: local } }' }), [])
})

t.test('security options that nothing enforces must be told', async (t) => {
  t.match(said('    security_opt: ["apparmor:web"]', newest), [/^warning 4: .* does not use AppArmor/])
  t.match(said('    security_opt: ["label=type:web_t"]', newest), [/^warning 4: .* does not use SELinux/])
  t.same(
    said('    security_opt: ["label=disable", "apparmor=unconfined", "no-new-privileges:true"]', newest),
    [],
  )
  const seccomp = '    security_opt: ["seccomp:./p.json"]'
  const files = { '/app/p.json': '{}' }
  t.same(said(seccomp, newest, { files }), [])
  t.match(said(seccomp, { ...newest, securityOptions: [] }, { files }), [/^error 4: .* has no seccomp/])
  t.match(said(seccomp, newest), [/^error 4: .* the file is not there/])
  t.match(said(seccomp, newest, { files: { '/app/p.json': '{' } }), [/^error 4: .* not JSON/])
})

t.test('what only a swarm acts on must be told, and what says nothing must not', async (t) => {
  const deploy = `    deploy:
      mode: global
      placement: { constraints: [node.role==manager] }
      restart_policy: { condition: any, delay: 5s }
      resources: { reservations: { cpus: "0.5" } }`
  t.match(said(deploy, newest), [
    /^warning 5: .* deploy\.mode, /,
    /^warning 6: .* deploy\.placement, /,
    /^warning 7: .* deploy\.restart_policy\.delay, /,
    /^warning 8: .* deploy\.resources\.reservations\.cpus, /,
  ])
  t.same(said('    deploy: { mode: replicated, replicas: 2, placement: {} }', newest), [])
})

t.test('an engine that tells nothing of its machine must not be held to it', async (t) => {
  t.same(said('    mem_limit: 64m\n    logging: { driver: x }\n    storage_opt: { size: 1G }', linux), [])
})
