import type { FastifyInstance } from 'fastify'
import { attach } from '../attach.ts'
import { containerNamed, isUp, lookUpContainer } from '../container.ts'
import { anyOf, labelsMatch, nameMatches, parseFilters } from '../filters.ts'
import { object, text } from '../json.ts'
import {
  createNetwork,
  leave,
  lookUpNetwork,
  networkNamed,
  networkView,
  removeNetwork,
  tellNetwork,
} from '../network.ts'
import { Refusal } from '../refusal.ts'
import { answer, bodyOf, nothing, parameterOf, queryOf } from '../wire.ts'
import type { World } from '../state/world.ts'

const filterNames = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']

export function networkRoutes(app: FastifyInstance, world: World): void {
  const { rules } = world
  app.get('/networks', (request, reply) => {
    const filters = parseFilters(queryOf(request)['filters'], filterNames, rules)
    const found = [...world.networks.values()].filter(
      ({ id, name, driver, labels }) =>
        anyOf(filters, 'name', (wanted) => nameMatches(wanted, name)) &&
        anyOf(filters, 'id', (wanted) => id.startsWith(wanted)) &&
        anyOf(filters, 'driver', (wanted) => wanted === driver) &&
        anyOf(filters, 'scope', (wanted) => wanted === 'local') &&
        anyOf(
          filters,
          'type',
          (wanted) => (wanted === 'builtin') === (rules.predefinedNetworks[name] !== undefined),
        ) &&
        labelsMatch(filters, labels),
    )
    return answer(
      reply,
      world.random.shuffled(found).map((network) => networkView(world, network, false)),
    )
  })
  app.get('/networks/:id', (request, reply) =>
    answer(reply, networkView(world, networkNamed(world, parameterOf(request, 'id')), true)),
  )
  app.post('/networks/create', (request, reply) => {
    const { id } = createNetwork(world, bodyOf(request))
    return answer(reply.status(201), { Id: id, Warning: '' })
  })
  app.delete('/networks/:id', (request, reply) => {
    removeNetwork(world, parameterOf(request, 'id'))
    return nothing(reply, 204)
  })
  app.post('/networks/:id/connect', (request, reply) => {
    const body = bodyOf(request)
    connect(world, parameterOf(request, 'id'), text(body['Container']), object(body['EndpointConfig']))
    return nothing(reply, 200)
  })
  app.post('/networks/:id/disconnect', (request, reply) => {
    const body = bodyOf(request)
    disconnect(world, parameterOf(request, 'id'), text(body['Container']), body['Force'] === true)
    return nothing(reply, 200)
  })
  app.post('/networks/prune', (_request, reply) => {
    const used = new Set([...world.containers.values()].flatMap(({ attachments }) => [...attachments.keys()]))
    const gone = [...world.networks.values()].filter(
      ({ name, endpoints }) =>
        rules.predefinedNetworks[name] === undefined && endpoints.size === 0 && !used.has(name),
    )
    for (const { id } of gone) removeNetwork(world, id)
    return answer(reply, { NetworksDeleted: gone.map(({ name }) => name) })
  })
}

/** A container that doesn't run may be put on a network that isn't there: it will fail when it starts. */
function connect(
  world: World,
  given: string,
  name: string,
  settings: Readonly<Record<string, unknown>>,
): void {
  const container = containerNamed(world, name)
  const network = lookUpNetwork(world, given)
  const mode = text(container.host['NetworkMode'])
  if (mode === 'none' || mode === 'host')
    throw new Refusal(
      mode === 'none' ? 400 : 400,
      `container cannot be connected to multiple networks with one of the networks in ${
        mode === 'none' ? 'private (none)' : 'host'
      } mode`,
    )
  const known = network?.name ?? given
  const isRunning = isUp(container) && container.state.status !== 'restarting'
  if (!isRunning) {
    // Until it has run there, it is bound to the name; one that was there before stays as it was.
    if (!container.attachments.has(known)) container.attachments.set(known, { settings, networkId: '' })
    return
  }
  if (network === undefined) throw new Refusal(404, `network ${given} not found`)
  if (network.endpoints.has(container.id))
    throw new Refusal(403, `endpoint with name ${container.name} already exists in network ${network.name}`)
  container.attachments.set(network.name, { settings, networkId: network.id })
  try {
    attach(world, container, network.name, network.id)
  } catch (error) {
    container.attachments.delete(network.name)
    throw error
  }
}

function disconnect(world: World, given: string, name: string, force: boolean): void {
  const container = lookUpContainer(world, name)
  const network = networkNamed(world, given)
  if (container === undefined)
    throw force ? new Refusal(404, `endpoint ${name} not found`) : world.rules.words.noSuchContainer(name)
  if (!container.attachments.has(network.name) && !network.endpoints.has(container.id))
    throw new Refusal(500, `container ${container.id} is not connected to network ${network.name}`)
  container.attachments.delete(network.name)
  leave(world, network, container.id)
  // The engine tells a disconnection twice: once as it happens, once as it's done.
  tellNetwork(world, 'disconnect', network, container.id)
}
