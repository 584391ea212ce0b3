import t from 'tap'
import type { ContainerSpec } from '@bulkhead/model'
import { createRequest } from '../src/body.ts'

const newest = { api: '1.51', os: 'linux' } as const
const oldest = { api: '1.41', os: 'linux' } as const

function specification(more: Partial<ContainerSpec> = {}): ContainerSpec {
  return { name: 'p-web-1', service: 'web', number: 1, platform: undefined, body: {}, networks: [], ...more }
}

const host = (hostConfig: object) => specification({ body: { Image: 'x', HostConfig: hostConfig } })

void t.test('isolation must reach a Windows engine and never a Linux one', async (t) => {
  const spec = host({ Isolation: 'hyperv', Runtime: 'runsc' })
  t.strictSame(createRequest(spec, newest).body['HostConfig'], { Runtime: 'runsc' })
  t.strictSame(createRequest(spec, { api: '1.45', os: 'windows' }).body['HostConfig'], {
    Isolation: 'hyperv',
    Runtime: 'runsc',
  })
})

void t.test('an engine before 1.44 must get one network at create and the others later', async (t) => {
  const networks = [
    { network: 'a', endpoint: { Aliases: ['web'], MacAddress: '02:00:00:00:00:01', GwPriority: 1 } },
    { network: 'b', endpoint: { Aliases: ['web'] } },
  ]
  const spec = specification({ networks, body: { Image: 'x' } })
  const old = createRequest(spec, oldest)
  t.strictSame(old, {
    body: {
      Image: 'x',
      MacAddress: '02:00:00:00:00:01',
      HostConfig: { NetworkMode: 'a' },
      NetworkingConfig: { EndpointsConfig: { a: { Aliases: ['web'] } } },
    },
    connectLater: [{ network: 'b', endpoint: { Aliases: ['web'] } }],
  })
  const now = createRequest(spec, newest)
  t.strictSame(now.connectLater, [])
  t.strictSame(now.body['NetworkingConfig'], {
    EndpointsConfig: { a: networks[0]?.endpoint, b: networks[1]?.endpoint },
  })
  t.notOk('MacAddress' in now.body)
  const second = [
    { network: 'a', endpoint: {} },
    { network: 'b', endpoint: { MacAddress: '02:00:00:00:00:01' } },
  ]
  t.throws(() => createRequest(specification({ networks: second }), oldest), {
    code: 'BH_COMPOSE_UNSUPPORTED',
  })
})

void t.test('a network mode of the body’s own must stay', async (t) => {
  t.match(createRequest(host({ NetworkMode: 'host' }), newest).body, { HostConfig: { NetworkMode: 'host' } })
})

void t.test('what only tunes must be left out for an engine that does not know it', async (t) => {
  const spec = specification({
    body: { Healthcheck: { Test: ['CMD', 'x'], StartInterval: 1 }, HostConfig: { Annotations: { a: 'b' } } },
  })
  t.strictSame(createRequest(spec, oldest).body, { Healthcheck: { Test: ['CMD', 'x'] }, HostConfig: {} })
  t.strictSame(createRequest(spec, newest).body, spec.body)
})

void t.test(
  'what changes what a service sees must be refused by an engine that would ignore it',
  async (t) => {
    const mounts = [
      { Type: 'volume', Source: 'v', Target: '/v', VolumeOptions: { Subpath: 'a' } },
      { Type: 'image', Source: 'i', Target: '/i' },
      {
        Type: 'bind',
        Source: '/b',
        Target: '/b',
        ReadOnly: true,
        BindOptions: { ReadOnlyForceRecursive: true },
      },
    ]
    for (const mount of mounts) {
      const spec = host({ Mounts: [mount] })
      t.throws(() => createRequest(spec, oldest), {
        code: 'BH_COMPOSE_UNSUPPORTED',
        message: /"web"/u,
        hint: /Docker 2\d/u,
      })
      t.strictSame(createRequest(spec, newest).body['HostConfig'], { Mounts: [mount] })
    }
  },
)

void t.test(
  'a bind whose source is to be made must take the old form where the new one does not know that',
  async (t) => {
    const bind = { Type: 'bind', Source: '/src', Target: '/dst', BindOptions: { CreateMountpoint: true } }
    const mounts = [
      { ...bind, ReadOnly: true },
      { ...bind, Target: '/other', BindOptions: { CreateMountpoint: true, Propagation: 'rslave' } },
      { Type: 'volume', Source: 'v', Target: '/v' },
    ]
    const spec = host({ Binds: ['/a:/a'], Mounts: mounts })
    t.strictSame(createRequest(spec, oldest).body['HostConfig'], {
      Mounts: [{ Type: 'volume', Source: 'v', Target: '/v' }],
      Binds: ['/a:/a', '/src:/dst:ro', '/src:/other:rw,rslave'],
    })
    t.strictSame(createRequest(spec, newest).body['HostConfig'], { Binds: ['/a:/a'], Mounts: mounts })
  },
)
