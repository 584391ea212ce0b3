import type { FastifyInstance } from 'fastify'
import { isUp } from '../container.ts'
import { parseTime, timestamp } from '../clock.ts'
import { eventFilters, eventLine, eventMatches } from '../events.ts'
import { parseFilters } from '../filters.ts'
import { text } from '../json.ts'
import { Refusal } from '../refusal.ts'
import { volumeView } from '../volume.ts'
import { answer, queryOf, stream } from '../wire.ts'
import type { World } from '../state/world.ts'

/** What the engine is, and what it tells. */
export function systemRoutes(app: FastifyInstance, world: World): void {
  const { rules } = world
  app.route({
    method: ['GET', 'HEAD'],
    url: '/_ping',
    handler: (request, reply) =>
      reply
        .header('builder-version', rules.apiVersion === '1.41' ? '1' : '2')
        .header('swarm', 'inactive')
        .type('text/plain; charset=utf-8')
        .send(request.method === 'HEAD' ? undefined : 'OK'),
  })
  app.get('/version', (_request, reply) => answer(reply, versionOf(world)))
  app.get('/info', (_request, reply) => answer(reply, infoOf(world)))
  app.get('/system/df', (_request, reply) =>
    answer(reply, {
      LayersSize: 0,
      Images: [],
      Containers: [],
      Volumes: [...world.volumes.values()].map(volumeView),
      BuildCache: [],
    }),
  )
  app.post('/auth', (_request, reply) => answer(reply, { IdentityToken: '', Status: 'Login Succeeded' }))

  app.get('/events', (request, reply) => {
    const { since, until, filters: given } = queryOf(request)
    const filters = parseFilters(given, eventFilters, rules)
    const [from, to] = [moment(since), moment(until)]
    const out = stream(request, reply, 'application/json')
    const tell = (event: Parameters<typeof eventLine>[0]): void => {
      if (to !== undefined && event.nanoseconds > to) return
      if (eventMatches(filters, event)) out.write(eventLine(event))
    }
    if (from !== undefined)
      for (const event of world.events.remembered()) if (event.nanoseconds >= from) tell(event)
    const left = to === undefined ? undefined : Number(to / 1000n) / 1000 - world.clock.now()
    if (left !== undefined && left <= 0) {
      out.end()
      return
    }
    const forget = world.events.listen(tell)
    const cancel = left === undefined ? undefined : world.clock.after(left, () => out.end())
    app.eventStreams.add(out)
    out.onClose(() => {
      forget()
      cancel?.()
      app.eventStreams.delete(out)
    })
  })
}

/** @throws Refusal 400 for what is no time. */
function moment(given: string | undefined): bigint | undefined {
  if (given === undefined || given === '' || given === '0') return undefined
  const found = parseTime(given)
  if (found === undefined) throw new Refusal(400, `invalid value for "since" or "until": ${given}`)
  return found
}

function versionOf({ rules }: World) {
  const { version, apiVersion, minApiVersion, os, architecture } = rules
  const kernel = text(rules.info()['KernelVersion'])
  return {
    Platform: { Name: '' },
    Components: [
      {
        Name: 'Engine',
        Version: version,
        Details: {
          ApiVersion: apiVersion,
          Arch: architecture,
          Experimental: 'false',
          KernelVersion: kernel,
          MinAPIVersion: minApiVersion,
          Os: os,
        },
      },
    ],
    Version: version,
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: '',
    GoVersion: '',
    Os: os,
    Arch: architecture,
    KernelVersion: kernel,
    BuildTime: '',
  }
}

function infoOf(world: World) {
  const containers = [...world.containers.values()]
  const count = (status: string): number => containers.filter(({ state }) => state.status === status).length
  return {
    ID: world.id,
    Containers: containers.length,
    ContainersRunning: containers.filter(isUp).length - count('paused'),
    ContainersPaused: count('paused'),
    ContainersStopped: containers.filter((container) => !isUp(container)).length,
    Images: world.images.size,
    Driver: 'overlay2',
    DriverStatus: [],
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    OomKillDisable: true,
    Debug: false,
    SystemTime: timestamp(world.nanoseconds()),
    LoggingDriver: 'json-file',
    NEventsListener: world.events.listeners,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: { InsecureRegistryCIDRs: [], IndexConfigs: {}, Mirrors: [] },
    NCPU: 2,
    MemTotal: 8_000_000_000,
    DockerRootDir: '/var/lib/docker',
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: 'twin',
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: world.rules.version,
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: false,
    InitBinary: 'docker-init',
    Warnings: null,
    ...world.rules.info(),
  }
}
