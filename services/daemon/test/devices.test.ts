import t from 'tap'
import type { DeviceRequest, Service } from '@bulkhead/model'
import { checkDevices } from '../src/checks/devices.ts'

const runtime = { path: 'runc', args: [] }
const at = { file: '/app/compose.yaml', line: 4, column: 7 }
const check = (
  service: Partial<Service>,
  engine: {
    readonly runtimes?: readonly string[]
    readonly cdi?: readonly string[]
    readonly os?: 'linux' | 'windows'
    readonly hook?: boolean | 'unseen'
  } = {},
) =>
  checkDevices({
    project: { positions: new Map([['/services/web', at]]) },
    services: [{ name: 'web', image: 'bb:1', ...service }],
    capabilities: {
      os: engine.os ?? 'linux',
      runtimes: Object.fromEntries(['runc', ...(engine.runtimes ?? [])].map((name) => [name, runtime])),
      cdiSpecDirs: engine.cdi,
    },
    hasGpuHook: engine.hook === 'unseen' ? undefined : (engine.hook ?? false),
  }).map(({ code, severity, at: place }) => `${severity} ${code} ${place?.line}`)

const gpus: Partial<Service> = { gpus: [{ count: -1 }] }
const reserved = (request: DeviceRequest): Partial<Service> => ({
  deploy: { resources: { reservations: { devices: [request] } } },
})
const refused = ['error BH_DEVICE_UNAVAILABLE 4']

t.test('a GPU that the engine has no driver for must be refused before anything is touched', async (t) => {
  t.strictSame(check(gpus), refused)
  t.strictSame(check(reserved({ capabilities: ['gpu'] })), refused)
  t.strictSame(check(reserved({ capabilities: ['compute'], driver: 'nvidia' })), refused)
})

t.test('a GPU must be let through where a runtime, CDI or the hook can give it', async (t) => {
  t.strictSame(check(gpus, { runtimes: ['nvidia'] }), [])
  t.strictSame(check(gpus, { cdi: ['/etc/cdi'] }), [])
  t.strictSame(check(gpus, { hook: true }), [])
  t.strictSame(check(gpus, { os: 'windows' }), [])
  t.strictSame(check(reserved({ capabilities: ['tpu'], driver: 'acme' })), [], 'not ours to know')
})

t.test('a GPU on a machine that cannot be seen must be warned of', async (t) => {
  t.strictSame(check(gpus, { hook: 'unseen' }), ['warning BH_DEVICE_UNAVAILABLE 4'])
})

t.test('a device by its CDI name must be refused where the engine has no CDI', async (t) => {
  const name = 'vendor.com/class=one'
  const device: Partial<Service> = { devices: [{ source: name, target: name }] }
  t.strictSame(check(device, { runtimes: ['nvidia'], hook: true }), refused)
  t.strictSame(check(reserved({ driver: 'cdi', device_ids: [name], capabilities: ['gpu'] })), refused)
  t.strictSame(check(device, { cdi: ['/etc/cdi'] }), [])
  t.strictSame(check({ devices: [{ source: '/dev/null', target: '/dev/null' }] }), [])
})
