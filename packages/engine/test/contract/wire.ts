import { request } from 'node:http'
import type { Test } from 'tap'
import { composeLabels } from '@bulkhead/model'
import { scene } from './scene.ts'
import type { Subject, Wire } from './scene.ts'

const forever = 'trap exit TERM; while :; do sleep 1 & wait; done'

/** One call, and what comes back: its status and words, which differ between releases where two are given. */
type Step = readonly [
  method: string,
  path: string,
  body: object | undefined,
  answer: string | { readonly '26': string; readonly '20': string },
]

/**
 * What an engine says on the wire: its refusals word by word, the order of its
 * events, the members of its answers. `ID` stands for any id.
 */
export function wire(t: Test, subject: Subject): void {
  const { wire } = subject
  if (wire === undefined) return
  const { image } = subject

  t.test('what is refused to a container must be told in the engine’s words', async (t) => {
    const { create, run, named, project } = scene(t, subject)
    await run('up', forever)
    await create('idle', forever)
    const [up, idle] = [`${project}-up-1`, `${project}-idle-1`]
    const make = `/containers/create?name=${named('new')}`
    const isTaken = (name: string): string =>
      `409 Conflict. The container name "/${name}" is already in use by container "ID". You have to remove (or rename) that container to be able to reuse that name.`
    const idler = { '26': '409 container ID is not running', '20': '409 Container ID is not running' }
    await follows(t, wire, [
      ['POST', `/containers/create?name=${idle}`, { Image: image }, isTaken(idle)],
      ['POST', make, { Image: 'absent.invalid/none:1' }, '404 No such image: absent.invalid/none:1'],
      ['POST', make, { Image: 'absent' }, '404 No such image: absent:latest'],
      [
        'POST',
        make,
        { Image: 'ABSENT' },
        {
          '26': '400 invalid reference format: repository name (library/ABSENT) must be lowercase',
          '20': '400 invalid reference format: repository name must be lowercase',
        },
      ],
      [
        'POST',
        make,
        {},
        {
          '26': '400 config cannot be empty in order to create a container',
          '20': '400 Config cannot be empty in order to create a container',
        },
      ],
      [
        'POST',
        '/containers/create?name=!!',
        { Image: image },
        '400 Invalid container name (!!), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
      ],
      [
        'POST',
        make,
        { Image: image, HostConfig: { Runtime: 'none' } },
        { '26': '400 unknown or invalid runtime name: none', '20': '400 Unknown runtime specified none' },
      ],
      [
        'POST',
        make,
        { Image: image, HostConfig: { Isolation: 'hyperv' } },
        `500 Invalid isolation: "hyperv" - linux only supports 'default'`,
      ],
      [
        'POST',
        make,
        { Image: image, HostConfig: { Mounts: [{ Type: 'bind', Source: '/no/such', Target: '/x' }] } },
        '400 invalid mount config for type "bind": bind source path does not exist: /no/such',
      ],
      [
        'POST',
        make,
        { Image: image, HostConfig: { RestartPolicy: { Name: 'sometimes' } } },
        {
          '26': `400 invalid restart policy: unknown policy 'sometimes'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
          '20': `400 invalid restart policy 'sometimes'`,
        },
      ],
      [
        'POST',
        make,
        { Image: image, HostConfig: { RestartPolicy: { Name: 'always' }, AutoRemove: true } },
        `400 can't create 'AutoRemove' container with restart policy`,
      ],
      ['POST', `/containers/${up}/start`, undefined, '304'],
      ['POST', `/containers/${idle}/stop`, undefined, '304'],
      [
        'DELETE',
        `/containers/${up}`,
        undefined,
        {
          '26': `409 cannot remove container "/${up}": container is running: stop the container before removing or force remove`,
          '20': '409 You cannot remove a running container ID. Stop the container before attempting removal or force remove',
        },
      ],
      [
        'POST',
        `/containers/${up}/rename?name=${up}`,
        undefined,
        '400 Renaming a container with the same name as its current name',
      ],
      ['POST', `/containers/${up}/rename?name=`, undefined, '400 Neither old nor new names may be empty'],
      [
        'POST',
        `/containers/${up}/rename?name=${idle}`,
        undefined,
        isTaken(idle).replace('409 ', '409 Error when allocating new name: '),
      ],
      [
        'POST',
        `/containers/${idle}/kill`,
        undefined,
        {
          '26': `409 cannot kill container: ${idle}: container ID is not running`,
          '20': `409 Cannot kill container: ${idle}: Container ID is not running`,
        },
      ],
      [
        'POST',
        `/containers/${up}/kill?signal=FOO`,
        undefined,
        { '26': `400 cannot kill container: ${up}: invalid signal: FOO`, '20': '400 Invalid signal: FOO' },
      ],
      ['POST', `/containers/${idle}/pause`, undefined, idler],
      ['POST', `/containers/${up}/unpause`, undefined, '500 Container ID is not paused'],
      ['POST', `/containers/${up}/pause`, undefined, '204'],
      ['POST', `/containers/${up}/pause`, undefined, '409 Container ID is already paused'],
      [
        'POST',
        `/containers/${up}/start`,
        undefined,
        '409 cannot start a paused container, try unpause instead',
      ],
      [
        'POST',
        `/containers/${up}/exec`,
        { Cmd: ['true'] },
        `409 Container ${up} is paused, unpause the container before exec`,
      ],
      ['POST', `/containers/${up}/unpause`, undefined, '204'],
      ['POST', `/containers/${idle}/exec`, { Cmd: ['true'] }, idler],
      ['POST', `/containers/${up}/exec`, {}, '400 No exec command specified'],
      ['POST', '/exec/none/start', { Detach: true }, '404 No such exec instance: none'],
      ['GET', `/containers/${idle}/top`, undefined, idler],
      ['GET', `/containers/${up}/logs`, undefined, '400 Bad parameters: you must choose at least one stream'],
      ...['start', 'stop', 'restart', 'pause', 'unpause', 'wait', 'rename?name=xx'].map((verb): Step => [
        'POST',
        `/containers/none/${verb}`,
        undefined,
        '404 No such container: none',
      ]),
      [
        'POST',
        '/containers/none/kill',
        undefined,
        {
          '26': '404 cannot kill container: none: No such container: none',
          '20': '404 Cannot kill container: none: No such container: none',
        },
      ],
      ['DELETE', '/containers/none', undefined, '404 No such container: none'],
      ['GET', '/containers/none/json', undefined, '404 No such container: none'],
      ['GET', '/containers/none/logs?stdout=1', undefined, '404 No such container: none'],
      [
        'GET',
        `/containers/json?filters=${encodeURIComponent('{"none":["x"]}')}`,
        undefined,
        { '26': "400 invalid filter 'none'", '20': "400 Invalid filter 'none'" },
      ],
      [
        'POST',
        `/containers/${idle}/wait?condition=foo`,
        undefined,
        { '26': '400 invalid condition: "foo"', '20': '200' },
      ],
      ['GET', '/none', undefined, '404 page not found'],
    ])
  })

  t.test('what is refused to networks, volumes and images must be told in the engine’s words', async (t) => {
    const { run, network, named, engine, project } = scene(t, subject)
    const net = await network('net')
    await engine.createVolume({ name: named('vol'), body: { Labels: { [composeLabels.project]: project } } })
    const mount = { Type: 'volume', Source: named('vol'), Target: '/data' }
    await run('web', forever, { networks: [{ network: net, endpoint: {} }], host: { Mounts: [mount] } })
    await run('lone', forever)
    const web = `${project}-web-1`
    await follows(t, wire, [
      [
        'POST',
        '/networks/create',
        { Name: net, CheckDuplicate: true },
        `409 network with name ${net} already exists`,
      ],
      [
        'POST',
        '/networks/create',
        { Name: 'bridge', CheckDuplicate: true },
        '403 operation is not permitted on predefined bridge network',
      ],
      [
        'POST',
        '/networks/create',
        { Name: named('x'), Driver: 'host' },
        '403 only one instance of "host" network is allowed',
      ],
      ['DELETE', '/networks/bridge', undefined, '403 bridge is a pre-defined network and cannot be removed'],
      ['DELETE', '/networks/none-such', undefined, '404 network none-such not found'],
      ['GET', '/networks/none-such', undefined, '404 network none-such not found'],
      [
        'DELETE',
        `/networks/${net}`,
        undefined,
        `403 error while removing network: network ${net} id ID has active endpoints`,
      ],
      [
        'POST',
        `/networks/${net}/connect`,
        { Container: web },
        `403 endpoint with name ${web} already exists in network ${net}`,
      ],
      ['POST', `/networks/${net}/connect`, { Container: 'none-such' }, '404 No such container: none-such'],
      [
        'POST',
        `/networks/${net}/connect`,
        { Container: `${project}-lone-1` },
        '400 container cannot be connected to multiple networks with one of the networks in private (none) mode',
      ],
      ['POST', `/networks/${net}/disconnect`, { Container: 'none-such' }, '404 No such container: none-such'],
      ['POST', `/networks/${net}/disconnect`, { Container: web }, '200'],
      [
        'POST',
        `/networks/${net}/disconnect`,
        { Container: web },
        `500 container ID is not connected to network ${net}`,
      ],
      [
        'DELETE',
        `/volumes/${named('vol')}`,
        undefined,
        `409 remove ${named('vol')}: volume is in use - [ID]`,
      ],
      ['DELETE', '/volumes/none-such', undefined, '404 get none-such: no such volume'],
      ['GET', '/volumes/none-such', undefined, '404 get none-such: no such volume'],
      [
        'POST',
        '/volumes/create',
        { Name: '!' },
        '400 create !: volume name is too short, names should be at least two alphanumeric characters',
      ],
      [
        'GET',
        '/images/absent/json',
        undefined,
        {
          '26': '404 No such image: absent:latest',
          '20': '404 no such image: absent: No such image: absent:latest',
        },
      ],
      ['DELETE', '/images/absent', undefined, '404 No such image: absent:latest'],
    ])
  })

  t.test('what happens to a container must be told in the engine’s order', async (t) => {
    const { create, network, named, engine, project } = scene(t, subject)
    const since = await clockOf(wire)
    const net = await network('net')
    await engine.createVolume({ name: named('vol'), body: { Labels: { [composeLabels.project]: project } } })
    const mount = { Type: 'volume', Source: named('vol'), Target: '/data' }
    const id = await create('web', forever, {
      networks: [{ network: net, endpoint: {} }],
      host: { Mounts: [mount] },
    })
    await engine.startContainer(id)
    await engine.renameContainer(id, named('other'))
    await engine.stopContainer(id, 20)
    await engine.startContainer(id)
    await engine.removeContainer(id, { volumes: true })
    await engine.removeNetwork(net)
    await engine.removeVolume(named('vol'))
    const told = await eventsOf(wire, since, (text) => text.includes(id) || text.includes(project))
    const started = ['network connect', 'volume mount', 'container start']
    const ended = {
      '26': ['network disconnect', 'volume unmount', 'container die'],
      '20': ['container die', 'network disconnect', 'volume unmount'],
    }[wire.release]
    // The older tells a volume again when a container comes to use it.
    const volume = { '26': ['volume create'], '20': ['volume create', 'volume create'] }[wire.release]
    const created = ['network create', ...volume, 'container create']
    const gone = ['container destroy', 'network destroy', 'volume destroy']
    const actions = told.map(({ Type: type, Action: action }) => `${type} ${action}`)
    // Which of the two comes first is of chance.
    const stop = actions.indexOf('container stop')
    if (actions[stop + 1] === 'container die') actions.splice(stop, 2, 'container die', 'container stop')
    t.strictSame(actions, [
      ...created,
      ...started,
      'container rename',
      'container kill',
      ...ended,
      'container stop',
      ...started,
      'container kill',
      ...ended,
      ...gone,
    ])
    const attributes = (action: string): Readonly<Record<string, string>> =>
      told.find(({ Type: type, Action: its }) => `${type} ${its}` === action)?.Actor.Attributes ?? {}
    t.match(attributes('container create'), {
      image,
      name: `${project}-web-1`,
      [composeLabels.service]: 'web',
    })
    t.match(attributes('container rename'), { name: named('other'), oldName: `/${project}-web-1` })
    t.match(attributes('container kill'), { signal: '15', name: named('other') })
    t.match(attributes('container die'), { exitCode: '143' })
    t.strictSame(attributes('network connect'), { container: id, name: net, type: 'bridge' })
    t.strictSame(attributes('volume mount'), {
      container: id,
      destination: '/data',
      driver: 'local',
      propagation: '',
      'read/write': 'true',
    })
    t.strictSame(attributes('volume unmount'), { container: id, driver: 'local' })
    t.strictSame(attributes('network destroy'), { name: net, type: 'bridge' })
  })

  t.test(
    'a restart by policy must show as an end and a start, a stop in its pause as a stop alone',
    async (t) => {
      const { run, until, engine } = scene(t, subject)
      const since = await clockOf(wire)
      const twice = { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } }
      const id = await run('twice', 'exit 3', { host: twice })
      const its = await until(id, ({ state, restartCount }) => state === 'exited' && restartCount === 2)
      t.equal(its.exitCode, 3)
      const always = await run('always', 'exit 0', { host: { RestartPolicy: { Name: 'always' } } })
      // The pauses double: a late one is long enough to be met.
      await until(always, ({ state, restartCount }) => state === 'restarting' && restartCount >= 4)
      await engine.stopContainer(always, 1)
      t.match(await until(always, ({ state }) => state === 'exited'), { exitCode: 0 })
      const told = await eventsOf(wire, since, (text) => text.includes('"Type":"container"'))
      const actionsOf = (container: string): readonly string[] =>
        told.filter(({ Actor: actor }) => actor.ID === container).map(({ Action: action }) => action)
      t.strictSame(actionsOf(id), ['create', 'start', 'die', 'start', 'die', 'start', 'die'])
      t.strictSame(actionsOf(always).slice(-2), ['die', 'stop'])
    },
  )

  t.test('an inspection must have the engine’s members', async (t) => {
    const { run, network } = scene(t, subject)
    const net = await network('net')
    const id = await run('web', forever, { networks: [{ network: net, endpoint: {} }] })
    const found = JSON.parse((await call(wire, 'GET', `/containers/${id}/json`)).text) as Inspection
    const keys = (part: object): string => Object.keys(part).sort().join(' ')
    t.equal(keys(found), members.container)
    t.equal(keys(found.State), members.state)
    t.equal(keys(found.HostConfig), members.host[wire.release])
    t.equal(keys(found.Config), members.config)
    t.equal(keys(found.NetworkSettings), members.network)
    t.equal(keys(found.NetworkSettings.Networks[net] ?? {}), members.endpoint[wire.release])
    const itself = JSON.parse((await call(wire, 'GET', `/networks/${net}`)).text) as object
    t.equal(
      keys(itself),
      'Attachable ConfigFrom ConfigOnly Containers Created Driver EnableIPv6 IPAM Id Ingress Internal Labels Name Options Scope',
    )
  })
}

interface Inspection {
  readonly State: object
  readonly HostConfig: object
  readonly Config: object
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, object>> }
}

const host =
  'AutoRemove Binds BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps BlkioWeight ' +
  'BlkioWeightDevice CapAdd CapDrop Cgroup CgroupParent CgroupnsMode ConsoleSize ContainerIDFile CpuCount CpuPercent ' +
  'CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuShares CpusetCpus CpusetMems DeviceCgroupRules ' +
  'DeviceRequests Devices Dns DnsOptions DnsSearch ExtraHosts GroupAdd IOMaximumBandwidth IOMaximumIOps IpcMode ' +
  'Isolation LINKS LogConfig MaskedPaths Memory MemoryReservation MemorySwap MemorySwappiness NanoCpus ' +
  'NetworkMode OomKillDisable OomScoreAdj PidMode PidsLimit PortBindings Privileged PublishAllPorts ReadonlyPaths ' +
  'ReadonlyRootfs RestartPolicy Runtime SecurityOpt ShmSize UTSMode Ulimits UsernsMode VolumeDriver VolumesFrom'
const endpoint =
  'Aliases DriverOpts EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen IPAMConfig IPAddress IPPrefixLen ' +
  'IPv6Gateway Links MacAddress NetworkID'

const members = {
  container:
    'AppArmorProfile Args Config Created Driver ExecIDs GraphDriver HostConfig HostnamePath HostsPath Id Image ' +
    'LogPath MountLabel Mounts Name NetworkSettings Path Platform ProcessLabel ResolvConfPath RestartCount State',
  state: 'Dead Error ExitCode FinishedAt OOMKilled Paused Pid Restarting Running StartedAt Status',
  host: {
    '26': host.replace('LINKS', 'Links'),
    '20': host.replace('LINKS', 'KernelMemory KernelMemoryTCP Links'),
  },
  config:
    'AttachStderr AttachStdin AttachStdout Cmd Domainname Entrypoint Env Hostname Image Labels OnBuild OpenStdin ' +
    'StdinOnce Tty User Volumes WorkingDir',
  network:
    'Bridge EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen HairpinMode IPAddress IPPrefixLen IPv6Gateway ' +
    'LinkLocalIPv6Address LinkLocalIPv6PrefixLen MacAddress Networks Ports SandboxID SandboxKey SecondaryIPAddresses ' +
    'SecondaryIPv6Addresses',
  endpoint: { '26': endpoint.replace('DriverOpts', 'DNSNames DriverOpts'), '20': endpoint },
}

interface Message {
  readonly Type: string
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
}

async function follows(t: Test, wire: Wire, steps: readonly Step[]): Promise<void> {
  for (const [method, path, body, answer] of steps) {
    const { status, text } = await call(wire, method, path, body)
    const words = status >= 400 ? ` ${wordsIn(text)}` : ''
    const said = `${status}${words}`.replaceAll(/[0-9a-f]{64}/gu, 'ID')
    t.equal(said, typeof answer === 'string' ? answer : answer[wire.release], `${method} ${path}`)
  }
}

function wordsIn(text: string): string {
  return String((JSON.parse(text) as { readonly message?: unknown }).message).trim()
}

/** The engine's clock, in seconds. */
async function clockOf(wire: Wire): Promise<string> {
  const { SystemTime: time } = JSON.parse((await call(wire, 'GET', '/info')).text) as {
    readonly SystemTime: string
  }
  const fraction = /\.(\d+)/u.exec(time)?.[1] ?? '0'
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(9, '0')}`
}

/** What the engine remembers since then, as far as it is wanted. */
async function eventsOf(
  wire: Wire,
  since: string,
  wanted: (line: string) => boolean,
): Promise<readonly Message[]> {
  const until = await clockOf(wire)
  const { text } = await call(wire, 'GET', `/events?since=${since}&until=${until}`)
  return text
    .split('\n')
    .filter((line) => line !== '' && wanted(line))
    .map((line) => JSON.parse(line) as Message)
}

function call(
  { socket }: Wire,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly text: string }> {
  const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const headers =
      content === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': content.length }
    const outgoing = request({ socketPath: socket, method, path, headers }, (message) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('error', reject)
      message.on('end', () =>
        resolve({ status: message.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(content)
  })
}
