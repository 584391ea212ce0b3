import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { containerConfigHash, loadBundle, networkHash, volumeHash } from '@bulkhead/compose'
import {
  bulkheadLabels,
  composeLabels,
  isIsolationMode,
  upIntent,
  type ObservedContainer,
} from '@bulkhead/model'
import { hashOf, plan, type ComposeHashes, type PlanInput } from '../src/index.ts'
import { resourceHash } from '../src/hash.ts'
import { linux } from './scenario.ts'

/**
 * The hashes that containers, networks and volumes in the field carry. A change
 * here recreates all of them on an upgrade: where that is wanted, raise the
 * version in hash.ts, have the older form compared as well, and write the file
 * anew with BULKHEAD_WRITE_HASHES=1.
 */
const file = new URL('golden/hashes.json', import.meta.url)

/** Most attributes that the specification has, each in a form that must be normalized. */
const text = `
name: app
services:
  web:
    image: web:1
    command: serve --port 80
    entrypoint: ["/init"]
    environment: [GREETING=hello, "PORT=80", EMPTY]
    ports: ["8080:80", "127.0.0.1:9000-9001:9000-9001/udp"]
    volumes: ["data:/data", "./site:/srv/site:ro", { type: tmpfs, target: /tmp, tmpfs: { size: 1m } }]
    networks: { front: { aliases: [www], ipv4_address: 10.5.0.5 }, back: }
    configs: [site, { source: site, target: /etc/site, mode: 0440 }]
    secrets: [word]
    depends_on: { db: { condition: service_healthy, restart: true } }
    deploy: { replicas: 2, resources: { limits: { cpus: "0.5", memory: 64M }, reservations: { memory: 32M } } }
    healthcheck: { test: "curl -f http://localhost", interval: 1m30s, retries: 3, start_period: 5s }
    labels: { tier: front, "5": five }
    logging: { driver: json-file, options: { max-size: 1m } }
    ulimits: { nofile: { soft: 100, hard: 200 }, nproc: 50 }
    cap_add: [NET_ADMIN]
    security_opt: [no-new-privileges]
    sysctls: { net.core.somaxconn: 1024 }
    extra_hosts: ["db.example:10.0.0.1"]
    dns: 10.0.0.2
    stop_grace_period: 20s
    stop_signal: SIGINT
    user: "1000:1000"
    working_dir: /srv
    read_only: true
    shm_size: 64m
    mem_limit: 64m
    restart: on-failure:3
    isolation: process
    init: true
    tmpfs: [/run]
    devices: ["/dev/null:/dev/nothing"]
    post_start: [{ command: [warm] }]
    pre_stop: [{ command: drain }]
    x-note: is not covered
  db:
    image: db:1
    volumes: [/var/lib/db]
    network_mode: none
    healthcheck: { test: [CMD, "true"] }
  side:
    image: web:1
    network_mode: service:web
    pid: service:web
networks:
  front: { driver: bridge, ipam: { config: [{ subnet: 10.5.0.0/16 }] }, labels: [a=b] }
  back: { internal: true, driver_opts: { com.docker.network.driver.mtu: 1400 } }
volumes: { data: { labels: { keep: "yes" } } }
configs: { site: { content: "<p>hello</p>" } }
secrets: { word: { environment: WORD } }
`
const { project: loaded, problems } = loadBundle({
  workingDir: '/app',
  configFiles: ['/app/compose.yaml'],
  profiles: [],
  environmentFiles: [],
  environment: { WORD: 'much' },
  contexts: {},
  files: { '/app/compose.yaml': text },
})
if (loaded === undefined) throw new Error(JSON.stringify(problems))
const project = loaded
const key = 'a key that is always the same'
const parents = new Map([['web', 'web1']])
const composeHashes: ComposeHashes = {
  service: (_project, service, containers) => containerConfigHash(service, containers),
  network: networkHash,
  volume: volumeHash,
}

interface Hashes {
  readonly ours: Readonly<Record<string, string>>
  readonly compose: Readonly<Record<string, string>>
}

const mapped = <T>(of: Readonly<Record<string, T>>, hash: (one: T) => string) =>
  Object.fromEntries(Object.entries(of).map(([name, one]) => [name, hash(one)]))
const now: Hashes = {
  ours: {
    ...mapped(project.services, (service) =>
      hashOf({
        project,
        service,
        mode: isIsolationMode(service.isolation) ? service.isolation : 'default',
        key,
      }),
    ),
    ...mapped(project.networks, resourceHash),
    ...mapped(project.volumes, resourceHash),
  },
  compose: {
    ...mapped(project.services, (service) => composeHashes.service(project, service, parents)),
    ...mapped(project.networks, networkHash),
    ...mapped(project.volumes, volumeHash),
  },
}
if (process.env['BULKHEAD_WRITE_HASHES'] === '1')
  writeFileSync(file, `${JSON.stringify(now, undefined, 2)}\n`)
const golden = JSON.parse(readFileSync(file, 'utf8')) as Hashes

t.test('a newer Bulkhead must give the same project the same hashes', (t) => {
  t.same(now, golden)
  t.end()
})

t.test('what an older Bulkhead made of the same revision must be left alone by a newer one', (t) => {
  // It wrote no owner; a newer one may.
  for (const owner of [undefined, 'this one']) t.same(plan({ ...found(golden), owner }).plan, [])
  t.ok(
    plan(found({ ...golden, ours: { ...golden.ours, db: 'v1:other' } })).plan.length > 0,
    'and what is of another hash would not be',
  )
  t.end()
})

t.test('what another Bulkhead made must be held to Compose’s hash, as its own is keyed', (t) => {
  const keyed = { ...golden, ours: mapped(golden.ours, (hash) => `${hash}, of another key`) }
  const ofNetworks = { ...keyed.ours, front: golden.ours['front'] ?? '', back: golden.ours['back'] ?? '' }
  const taken = found({ ...keyed, ours: { ...ofNetworks, data: golden.ours['data'] ?? '' } }, 'another')
  t.same(plan({ ...taken, owner: 'this one' }).plan, [])
  t.ok(plan(taken).plan.length > 0)
  const changed = { ...golden.compose, db: 'another' }
  t.ok(plan({ ...found({ ...golden, compose: changed }, 'another'), owner: 'this one' }).plan.length > 0)
  t.end()
})

/** The project running, with these hashes on all of it. */
function found({ ours, compose }: Hashes, owner?: string): PlanInput {
  const labels = (name: string): Readonly<Record<string, string>> => ({
    [composeLabels.project]: 'app',
    [composeLabels.configHash]: compose[name] ?? '',
    [bulkheadLabels.hash]: ours[name] ?? '',
    ...(owner === undefined ? {} : { [bulkheadLabels.owner]: owner }),
  })
  const container = (service: string, number: number): ObservedContainer => ({
    id: `${service}${number}`,
    name: `app-${service}-${number}`,
    service,
    number,
    oneOff: false,
    state: 'running',
    health: service === 'side' ? 'none' : 'healthy',
    exitCode: 0,
    error: undefined,
    oomKilled: false,
    restartCount: 0,
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: undefined,
    createdAt: '2026-01-01T00:00:00Z',
    labels: { ...labels(service), [composeLabels.service]: service },
    image: project.services[service]?.image ?? '',
    imageId: 'sha256:bb',
    command: '',
    runtime: 'runc',
    isolation: undefined,
    networks: service === 'web' ? { app_front: 'front', app_back: 'back' } : {},
    mounts: [
      { type: 'volume', name: 'app_data', source: '', target: '/data' },
      { type: 'volume', name: 'anonymous', source: '', target: '/var/lib/db' },
    ],
    ports: [],
    healthLog: [],
    ...(service === 'side' ? { sharesWith: ['web1'] } : {}),
  })
  const image = { id: 'sha256:bb', os: 'linux', architecture: 'amd64', volumes: [], labels: {} }
  return {
    name: 'app',
    project,
    intent: upIntent,
    observed: {
      containers: [container('web', 1), container('web', 2), container('db', 1), container('side', 1)],
      networks: ['front', 'back'].map((name) => ({
        id: name,
        name: `app_${name}`,
        driver: 'bridge',
        labels: { ...labels(name), [composeLabels.network]: name },
      })),
      volumes: [
        { name: 'app_data', driver: 'local', labels: { ...labels('data'), [composeLabels.volume]: 'data' } },
      ],
      images: { 'web:1': image, 'db:1': image },
    },
    capabilities: linux,
    hashKey: key,
    composeHashes,
    held: new Set(),
    hooksRun: new Map(['web1', 'web2'].map((id) => [id, { startedAt: '2026-01-01T00:00:00Z', count: 1 }])),
    deployment: undefined,
  }
}
