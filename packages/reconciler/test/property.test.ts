import * as fc from 'fast-check'
import t from 'tap'
import { connect } from '@bulkhead/engine'
import { composeLabels, upIntent } from '@bulkhead/model'
import type { Observed, Plan, Service } from '@bulkhead/model'
import { plan, planText, selectServices, wantedReplicas } from '@bulkhead/planner'
import type { DeploymentView } from '@bulkhead/planner'
import type { Twin } from '@bulkhead/twin'
import { disturb, plantForeign } from './disturb.ts'
import { composeHashes, openScene } from './scene.ts'
import { containersOf, newWatchman } from './watchman.ts'
import { cases, kindOf, scripts } from './worlds.ts'
import type { Asked, Case } from './worlds.ts'

/** More of them, or the ones that failed: BULKHEAD_PROPERTY_RUNS, BULKHEAD_PROPERTY_SEED, BULKHEAD_PROPERTY_PATH. */
const runs = Number(process.env['BULKHEAD_PROPERTY_RUNS'] ?? 10)
const seed = Number(process.env['BULKHEAD_PROPERTY_SEED'] ?? 20_261)
const path = process.env['BULKHEAD_PROPERTY_PATH']

void t.test(
  'any project must come up over anything, in order, once, touching nothing of others, and go down again',
  { timeout: 60_000 + runs * 2000 },
  async (t) => {
    t.comment(`seed ${seed}, ${runs} runs`)
    let told = 0
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const complaints = await live(one)
        told += 1
        if (complaints.length > 0) throw new Error(`${complaints.join('\n')}\n${inShort(one)}`)
      }),
      {
        seed,
        numRuns: runs,
        ...(path === undefined ? {} : { path, endOnFailure: true }),
        reporter: ({ failed, counterexamplePath, errorInstance }) => {
          if (!failed) return
          const where = `BULKHEAD_PROPERTY_SEED=${seed} BULKHEAD_PROPERTY_PATH=${counterexamplePath}`
          throw new Error(`${String(errorInstance)}\nAgain with ${where}`)
        },
      },
    )
    t.ok(told >= Math.min(runs, 1), `${told} worlds lived through`)
  },
)

/** A case as a person reads it. */
function inShort({ release, seed: turn, before, disturbances, after }: Case): string {
  const asked = (one: Asked): string =>
    [
      ...Object.values(one.project.services).map(
        ({ name, image: _image, ...rest }) => `${name} ${JSON.stringify(rest)}`,
      ),
      JSON.stringify(one.intent),
    ].join('\n  ')
  return [
    `Docker ${release}, seed ${turn}`,
    `before: ${before === undefined ? 'nothing' : asked(before)}`,
    ...disturbances.map((one) => JSON.stringify(one)),
    `after: ${asked(after)}`,
  ].join('\n')
}

/** Lives through a case; what went wrong in it, in words. */
async function live(one: Case): Promise<readonly string[]> {
  const watchman = newWatchman()
  const scene = await openScene(one.release, one.seed, { scripts, onCall: watchman.onCall })
  const { twin, ledger } = scene
  const complaints: string[] = []
  const check = (truth: boolean, text: string): void => void (truth || complaints.push(text))
  const ask = async ({ project, intent }: Asked, action: 'up' | 'down'): Promise<boolean> => {
    const player = await scene.enter()
    watchman.watch(twin, { project, replicas: (service) => replicasOf({ project, intent }, service) })
    await player.asks({ project, intent, action })
    const { outcome, problem } = ledger.outcomes.at(-1) ?? {}
    const isMeant = problem?.code === 'BH_DEPENDENCY_FAILED' && hasDoomed({ project, intent })
    check(outcome === 'succeeded' || isMeant, `${action} ${outcome}: ${problem?.message}`)
    if (outcome === 'succeeded')
      check(await player.settles(), `another round after ${action} plans something`)
    watchman.watch(twin, undefined)
    await player.leaves()
    return outcome === 'succeeded'
  }
  try {
    await plantForeign(twin)
    if (one.before !== undefined) await ask(one.before, 'up')
    for (const disturbance of one.disturbances) await disturb(twin, disturbance)
    const theirs = foreignIn(twin)
    const anonymous = anonymousIn(twin, one)
    complaints.push(...(await planComplaints(twin, one)))
    const isUp = await ask(one.after, 'up')
    if (isUp) complaints.push(...stateComplaints(twin, one.after))
    if (isUp) complaints.push(...keptComplaints(twin, anonymous))
    const down = {
      ...upIntent,
      target: 'down',
      stopTimeoutSeconds: 0,
      removeVolumes: one.removeVolumes,
    } as const
    await ask({ project: one.after.project, intent: { ...down, removeOrphans: true } }, 'down')
    complaints.push(...remains(twin, one.removeVolumes))
    check(foreignIn(twin) === theirs, `others' things changed from\n${theirs} to\n${foreignIn(twin)}`)
    return [...complaints, ...watchman.complaints]
  } finally {
    await twin.close()
  }
}

function replicasOf({ project, intent }: Asked, service: Service): number {
  const on = selectServices(project, intent).some(({ name }) => name === service.name)
  return on ? wantedReplicas(service, intent) : 0
}

/** Whether something that is wanted depends on what can never be as it must. */
function hasDoomed(asked: Asked): boolean {
  const { project, intent } = asked
  return selectServices(project, intent).some((service) =>
    Object.entries(service.depends_on ?? {}).some(([name, { condition, required }]) => {
      const target = project.services[name]
      if (target === undefined || !required || condition === 'service_started') return false
      return ['sick', 'fails'].includes(kindOf(target)) && replicasOf(asked, target) > 0
    }),
  )
}

/** Every service as often as asked for, under its own names, in the state of its kind, on its networks. */
function stateComplaints({ world }: Twin, asked: Asked): readonly string[] {
  const { project, intent } = asked
  const complaints: string[] = []
  for (const service of selectServices(project, intent)) {
    const wanted = wantedReplicas(service, intent)
    const all = containersOf(world, service.name)
    const names = all.map(({ name }) => name).sort()
    if (all.length !== wanted) complaints.push(`${service.name}: ${names.join(', ')} for ${wanted}`)
    const kind = kindOf(service)
    const ends = kind === 'job' || kind === 'fails'
    const networks = Object.keys(service.networks ?? {}).map((key) => project.networks[key]?.name ?? key)
    for (const { name, labels, state, attachments } of all) {
      const own = `app-${service.name}-${labels[composeLabels.number]}`
      // What somebody gave another name on purpose keeps it, as with Compose.
      if (name !== own && !/^(mine|copy)-/u.test(name)) complaints.push(`${name} should be ${own}`)
      // A pause is somebody's own doing and lasts until he takes it back.
      const isRight = ends ? state.startedAt !== undefined : ['running', 'paused'].includes(state.status)
      if (!isRight) complaints.push(`${name} of kind ${kind} is ${state.status}`)
      const joined = [...attachments].filter(
        ([, { networkId }]) => networkId === '' || world.networks.has(networkId),
      )
      const missing = networks.filter((network) => !joined.some(([key]) => key === network))
      if (missing.length > 0) complaints.push(`${name} is not on ${missing.join(', ')}`)
    }
  }
  if (intent.removeOrphans && containersOf(world, 'ghost').length > 0) complaints.push('an orphan is left')
  return complaints
}

/** Volumes of the replicas that have an anonymous one and are to keep it, by container name. */
function anonymousIn({ world }: Twin, { after }: Case): ReadonlyMap<string, string> {
  const kept = new Map<string, string>()
  for (const service of Object.values(after.project.services)) {
    const keeps = service.volumes?.some(({ source }) => source === undefined) === true
    const all = containersOf(world, service.name)
    for (const { labels, mounts } of all) {
      const isAlone =
        all.filter((other) => other.labels[composeLabels.number] === labels[composeLabels.number]).length ===
        1
      const volume = mounts.find(({ target }) => target === '/anonymous')?.name
      if (keeps && isAlone && volume !== undefined)
        kept.set(`app-${service.name}-${labels[composeLabels.number]}`, volume)
    }
  }
  return kept
}

function keptComplaints({ world }: Twin, kept: ReadonlyMap<string, string>): readonly string[] {
  return [...world.containers.values()].flatMap(({ name, mounts }) => {
    const volume = mounts.find(({ target }) => target === '/anonymous')?.name
    const before = kept.get(name)
    return before === undefined || volume === before ? [] : [`${name} lost its anonymous volume`]
  })
}

function remains({ world }: Twin, removesVolumes: boolean): readonly string[] {
  const isOurs = ({ labels }: { readonly labels: Readonly<Record<string, string>> | null }): boolean =>
    labels?.[composeLabels.project] === 'app'
  const left = [
    ...[...world.containers.values()].filter(isOurs).map(({ name }) => `container ${name}`),
    ...[...world.networks.values()].filter(isOurs).map(({ name }) => `network ${name}`),
    ...[...world.volumes.values()]
      .filter((volume) => removesVolumes && isOurs(volume))
      .map(({ name }) => `volume ${name}`),
  ]
  return left.map((what) => `left after down: ${what}`)
}

/** All that is not the project's, as text. */
function foreignIn({ world }: Twin): string {
  const containers = [...world.containers.values()]
    .filter(({ labels }) => labels[composeLabels.project] !== 'app')
    .map(({ id, name, state: { status, startedAt }, attachments }) => [
      id.slice(0, 12),
      name,
      status,
      String(startedAt),
      ...attachments.keys(),
    ])
  const networks = [...world.networks.values()]
    .filter(({ labels }) => labels[composeLabels.project] !== 'app')
    .map(({ id, name }) => `${id.slice(0, 12)} ${name}`)
  const volumes = [...world.volumes.values()]
    .filter(({ name }) => !/^[0-9a-f]{64}$/u.test(name) && name !== 'app_data')
    .map(({ name, createdAt }) => `${name} ${createdAt}`)
  return JSON.stringify([containers, networks.sort(), volumes.sort()])
}

/** The plan itself, before it is carried out: a graph in a valid order, of this project's things only, and always the same. */
async function planComplaints(twin: Twin, { after, seed: turn }: Case): Promise<readonly string[]> {
  const client = connect({ url: twin.dockerHost, source: 'the test' })
  try {
    const { project, intent } = after
    const observed = await client.observe({
      project: 'app',
      networks: Object.values(project.networks).map(({ name }) => name),
      volumes: Object.values(project.volumes).map(({ name }) => name),
      images: ['bb:1'],
    })
    const capabilities = await client.capabilities()
    const input = {
      name: 'app',
      project,
      intent,
      capabilities,
      hashKey: 'key',
      composeHashes,
      held: new Set<string>(),
      hooksRun: new Map(),
    }
    const deployment: DeploymentView = {
      action: 'up',
      options: {},
      refresh: undefined,
      started: new Set(),
      signaled: new Set(),
    }
    const of = (seen: Observed): Plan => plan({ ...input, deployment, observed: seen }).plan
    const nodes = of(observed)
    const text = JSON.stringify(nodes)
    return [
      ...graphComplaints(nodes, observed),
      ...(JSON.stringify(of(structuredClone(observed))) === text ? [] : ['another plan for the same input']),
      ...(JSON.stringify(of(turned(observed, turn))) === text
        ? []
        : [
            `another plan when lists come in another order:\n${planText(nodes)}\n${planText(of(turned(observed, turn)))}`,
          ]),
    ]
  } finally {
    await client.close()
  }
}

/** The same, its lists begun elsewhere. */
function turned(observed: Observed, turn: number): Observed {
  const rotate = <T>(list: readonly T[]): readonly T[] => {
    const at = turn % Math.max(1, list.length)
    return [...list.slice(at), ...list.slice(0, at)].reverse()
  }
  const { containers, networks, volumes } = observed
  return { ...observed, containers: rotate(containers), networks: rotate(networks), volumes: rotate(volumes) }
}

function graphComplaints(nodes: Plan, observed: Observed): readonly string[] {
  const complaints: string[] = []
  const known = new Set(observed.containers.map(({ id }) => id))
  const made = new Map<string, number>()
  const gone = new Map<string, number>()
  const before = nodes.map(() => new Set<number>())
  for (const [index, { id, after, operation }] of nodes.entries()) {
    const complain = (text: string): void => void complaints.push(`#${id} ${operation.type} ${text}`)
    if (id !== index + 1) complain(`is number ${index + 1} of the list`)
    if (after.some((one) => one >= id || one < 1)) complain(`comes after ${after.join(', ')}`)
    for (const one of after) for (const older of [one, ...(before[one - 1] ?? [])]) before[index]?.add(older)
    const isAfter = (one: number | undefined): boolean =>
      one !== undefined && before[index]?.has(one) === true
    if (operation.type === 'createContainer' || operation.type === 'runInit') {
      const { name } = operation.container
      const holder = observed.containers.find((one) => one.name === name)
      if (holder !== undefined && !isAfter(gone.get(holder.id)))
        complain(`takes the name of ${name}, which is there`)
      if (operation.type === 'createContainer') made.set(name, id)
    } else if ('container' in operation) {
      const key = operation.container
      if (!known.has(key) && !isAfter(made.get(key))) complain(`is of ${key}, which is not there then`)
      if (isAfter(gone.get(key))) complain(`is of ${key}, which is gone then`)
      if (operation.type === 'removeContainer') gone.set(key, id)
      if (operation.type === 'renameContainer') made.set(operation.to, id)
    }
    if (operation.type === 'removeNetwork') {
      const network = observed.networks.find((one) => one.id === operation.id)
      if (network?.labels[composeLabels.project] !== 'app')
        complain(`is of ${operation.name}, which is not ours`)
    }
  }
  return complaints
}
