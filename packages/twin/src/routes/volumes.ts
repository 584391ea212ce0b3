import type { FastifyInstance } from 'fastify'
import { anyOf, labelsMatch, nameMatches, parseFilters } from '../filters.ts'
import { flag, text, textMap } from '../json.ts'
import { createVolume, removeVolume, usersOf, volumeNamed, volumeView } from '../volume.ts'
import { answer, bodyOf, nothing, parameterOf, queryOf } from '../wire.ts'
import { Refusal } from '../refusal.ts'
import type { World } from '../state/world.ts'

export function volumeRoutes(app: FastifyInstance, world: World): void {
  app.get('/volumes', (request, reply) => {
    const filters = parseFilters(
      queryOf(request)['filters'],
      ['dangling', 'driver', 'label', 'name'],
      world.rules,
    )
    const found = [...world.volumes.values()].filter(
      ({ name, driver, labels }) =>
        anyOf(filters, 'name', (wanted) => nameMatches(wanted, name)) &&
        anyOf(filters, 'driver', (wanted) => wanted === driver) &&
        anyOf(filters, 'dangling', (wanted) => flag(wanted) === (usersOf(world, name).length === 0)) &&
        labelsMatch(filters, labels),
    )
    return answer(reply, { Volumes: world.random.shuffled(found).map(volumeView), Warnings: null })
  })
  app.post('/volumes/create', (request, reply) => {
    const body = bodyOf(request)
    const volume = createVolume(world, {
      name: text(body['Name']),
      driver: text(body['Driver']),
      labels: body['Labels'] === undefined || body['Labels'] === null ? undefined : textMap(body['Labels']),
      options:
        body['DriverOpts'] === undefined || body['DriverOpts'] === null
          ? undefined
          : textMap(body['DriverOpts']),
    })
    return answer(reply.status(201), volumeView(volume))
  })
  app.get('/volumes/:name', (request, reply) =>
    answer(reply, volumeView(volumeNamed(world, parameterOf(request, 'name')))),
  )
  app.delete('/volumes/:name', (request, reply) => {
    try {
      removeVolume(world, parameterOf(request, 'name'))
    } catch (error) {
      const forced = flag(queryOf(request)['force']) && error instanceof Refusal && error.status === 404
      if (!forced) throw error
    }
    return nothing(reply, 204)
  })
  app.post('/volumes/prune', (request, reply) => {
    const filters = parseFilters(queryOf(request)['filters'], ['all', 'label'], world.rules)
    const all = (filters.get('all') ?? []).some(flag)
    const gone = [...world.volumes.values()].filter(
      ({ name, labels }) =>
        usersOf(world, name).length === 0 &&
        (all || /^[0-9a-f]{64}$/u.test(name)) &&
        labelsMatch(filters, labels),
    )
    for (const { name } of gone) removeVolume(world, name)
    return answer(reply, { VolumesDeleted: gone.map(({ name }) => name), SpaceReclaimed: 0 })
  })
}
