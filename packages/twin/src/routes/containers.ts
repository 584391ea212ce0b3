import type { FastifyInstance } from 'fastify'
import { containerNamed, isUp, tellContainer } from '../container.ts'
import type { Container, Waiter } from '../state/container.ts'
import { checkName, createContainer, refuseTaken } from '../create.ts'
import { anyOf, labelsMatch, nameMatches, parseFilters } from '../filters.ts'
import type { Filters } from '../filters.ts'
import { containerSummary, containerView } from '../inspect.ts'
import { flag, object, text } from '../json.ts'
import { lookUpNetwork } from '../network.ts'
import { Refusal } from '../refusal.ts'
import { removeContainer } from '../remove.ts'
import { startContainer } from '../start.ts'
import { sizeIn } from './executions.ts'
import { killContainer, pauseContainer, restartContainer, stopContainer, unpauseContainer } from '../stop.ts'
import { answer, bodyOf, nothing, parameterOf, queryOf, stream } from '../wire.ts'
import type { World } from '../state/world.ts'

const filterNames = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
]
const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']

/** What is done with containers, but for streams. */
export function containerRoutes(app: FastifyInstance, world: World): void {
  const named = (request: Parameters<typeof parameterOf>[0]): Container =>
    containerNamed(world, parameterOf(request, 'id'))

  app.get('/containers/json', (request, reply) => {
    const { all, filters: given, size, limit } = queryOf(request)
    const filters = parseFilters(given, filterNames, world.rules)
    const unknown = (filters.get('status') ?? []).find((status) => !statuses.includes(status))
    if (unknown !== undefined) throw world.rules.words.invalidFilter(`status=${unknown}`)
    const everyone = flag(all) || filters.has('status') || filters.has('exited') || Number(limit ?? 0) > 0
    const found = [...world.containers.values()]
      .reverse()
      .filter((container) => (everyone || isUp(container)) && isWanted(world, filters, container))
    const shown = Number(limit ?? 0) > 0 ? found.slice(0, Number(limit)) : found
    return answer(
      reply,
      shown.map((container) => containerSummary(world, container, flag(size))),
    )
  })
  app.post('/containers/create', (request, reply) => {
    const { id } = createContainer(world, queryOf(request)['name'] ?? '', bodyOf(request))
    return answer(reply.status(201), { Id: id, Warnings: [] })
  })
  app.get('/containers/:id/json', (request, reply) => answer(reply, containerView(world, named(request))))
  app.post('/containers/:id/start', (request, reply) =>
    nothing(reply, startContainer(world, named(request)) ? 204 : 304),
  )
  app.post('/containers/:id/stop', async (request, reply) => {
    const stopped = await stopContainer(world, named(request), secondsIn(request))
    return nothing(reply, stopped ? 204 : 304)
  })
  app.post('/containers/:id/restart', async (request, reply) => {
    await restartContainer(world, named(request), secondsIn(request))
    return nothing(reply, 204)
  })
  app.post('/containers/:id/kill', (request, reply) => {
    const { words } = world.rules
    const name = parameterOf(request, 'id')
    try {
      killContainer(world, containerNamed(world, name), queryOf(request)['signal'] ?? '')
    } catch (error) {
      throw error instanceof Refusal && error.status === 404 ? words.cannotKill(name, error) : error
    }
    return nothing(reply, 204)
  })
  app.post('/containers/:id/pause', (request, reply) => {
    pauseContainer(world, named(request))
    return nothing(reply, 204)
  })
  app.post('/containers/:id/unpause', (request, reply) => {
    unpauseContainer(world, named(request))
    return nothing(reply, 204)
  })
  app.post('/containers/:id/rename', (request, reply) => {
    rename(world, named(request), queryOf(request)['name'] ?? '')
    return nothing(reply, 204)
  })
  app.post('/containers/:id/update', (request, reply) => {
    const container = named(request)
    container.host = { ...container.host, ...bodyOf(request) }
    tellContainer(world, 'update', container)
    return answer(reply, { Warnings: null })
  })
  app.post('/containers/:id/resize', (request, reply) => {
    const container = named(request)
    if (!isUp(container)) throw world.rules.words.notRunning(container.id)
    container.size = sizeIn(request)
    tellContainer(world, 'resize', container)
    return nothing(reply, 200)
  })
  app.delete('/containers/:id', async (request, reply) => {
    const { force, v } = queryOf(request)
    await removeContainer(world, named(request), { force: flag(force), volumes: flag(v) })
    return nothing(reply, 204)
  })
  app.post('/containers/:id/wait', (request, reply) => {
    const condition = conditionIn(world, queryOf(request)['condition'] ?? '')
    const container = named(request)
    const out = stream(request, reply, 'application/json')
    const tell = (code: number): void => {
      out.write(`${JSON.stringify({ ...(world.rules.dieFirst ? { Error: null } : {}), StatusCode: code })}\n`)
      out.end()
    }
    if (condition === 'not-running' && !isUp(container)) {
      tell(container.state.exitCode)
      return
    }
    const waiter: Waiter = { condition: condition === 'removed' ? 'removed' : 'exit', done: tell }
    container.waiters.add(waiter)
    out.onClose(() => container.waiters.delete(waiter))
  })
  app.get('/containers/:id/top', (request, reply) => {
    const container = named(request)
    if (!isUp(container)) throw world.rules.words.notRunning(container.id)
    tellContainer(world, 'top', container)
    const line = ['root', String(container.state.pid), '1', '0', '00:00', '?', '00:00:00']
    return answer(reply, {
      Processes: [[...line, container.argv.join(' ')]],
      Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
    })
  })
  app.post('/containers/prune', (request, reply) => {
    const filters = parseFilters(queryOf(request)['filters'], ['label', 'until'], world.rules)
    const gone = [...world.containers.values()].filter(
      (container) => !isUp(container) && labelsMatch(filters, container.labels),
    )
    for (const container of gone) void removeContainer(world, container, { force: false, volumes: false })
    return answer(reply, { ContainersDeleted: gone.map(({ id }) => id), SpaceReclaimed: 0 })
  })
}

function secondsIn(request: Parameters<typeof queryOf>[0]): number | undefined {
  const given = queryOf(request)['t']
  return given === undefined || given === '' ? undefined : Number(given)
}

function conditionIn({ rules }: World, given: string): string {
  const known = ['', 'not-running', 'next-exit', 'removed'].includes(given)
  const refusal = known ? undefined : rules.words.invalidCondition(given)
  if (refusal !== undefined) throw refusal
  return known && given !== '' ? given : 'not-running'
}

function rename(world: World, container: Container, given: string): void {
  if (given === '') throw new Refusal(400, 'Neither old nor new names may be empty')
  const name = given.replace(/^\//u, '')
  if (name === container.name)
    throw new Refusal(400, 'Renaming a container with the same name as its current name')
  checkName(given)
  refuseTaken(world, name, 'Error when allocating new name: ')
  const oldName = `/${container.name}`
  container.name = name
  tellContainer(world, 'rename', container, { oldName })
}

function isWanted(world: World, filters: Filters, container: Container): boolean {
  const { id, name, labels, state, config, imageId, mounts, attachments, health } = container
  const image = world.images.get(imageId)
  return (
    labelsMatch(filters, labels) &&
    anyOf(filters, 'id', (wanted) => id.startsWith(wanted)) &&
    anyOf(filters, 'name', (wanted) => nameMatches(wanted, `/${name}`) || nameMatches(wanted, name)) &&
    anyOf(filters, 'status', (wanted) => wanted === state.status) &&
    anyOf(filters, 'exited', (wanted) => !isUp(container) && state.exitCode === Number(wanted)) &&
    anyOf(filters, 'health', (wanted) => wanted === (health?.status ?? 'none')) &&
    anyOf(
      filters,
      'ancestor',
      (wanted) =>
        wanted === text(config['Image']) || image?.tags.has(wanted) === true || imageId.startsWith(wanted),
    ) &&
    anyOf(filters, 'volume', (wanted) =>
      mounts.some(({ name: its, target }) => its === wanted || target === wanted),
    ) &&
    anyOf(filters, 'network', (wanted) => {
      const network = lookUpNetwork(world, wanted)?.name ?? wanted
      return attachments.has(network)
    }) &&
    anyOf(filters, 'expose', (wanted) =>
      Object.keys(object(config['ExposedPorts'])).some((port) => port.startsWith(wanted)),
    )
  )
}
