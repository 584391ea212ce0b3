import type { FastifyInstance, FastifyRequest } from 'fastify'
import { timestamp } from '../clock.ts'
import { containerNamed, tellContainer } from '../container.ts'
import type { Container } from '../state/container.ts'
import { archive, clean, unpack } from '../files.ts'
import type { FileEntry } from '../files.ts'
import { Refusal } from '../refusal.ts'
import { bytesOf, nothing, parameterOf, queryOf } from '../wire.ts'
import type { World } from '../state/world.ts'

/** Go's mark of a folder among the bits of a mode. */
const folderBit = 0x80000000

/** Files into containers and out of them. */
export function fileRoutes(app: FastifyInstance, world: World): void {
  const found = (request: FastifyRequest) => {
    const container = containerNamed(world, parameterOf(request, 'id'))
    const given = queryOf(request)['path'] ?? ''
    const path = clean(given)
    const entry = container.files.get(path)
    if (entry === undefined) throw missing(container, given)
    return { container, path, entry }
  }
  app.head('/containers/:id/archive', (request, reply) => {
    const { path, entry } = found(request)
    return nothing(reply.header('x-docker-container-path-stat', stat(world, path, entry)), 200)
  })
  app.get('/containers/:id/archive', { exposeHeadRoute: false }, async (request, reply) => {
    const { container, path, entry } = found(request)
    tellContainer(world, 'archive-path', container)
    return reply
      .header('x-docker-container-path-stat', stat(world, path, entry))
      .type('application/x-tar')
      .send(await archive(container.files, path))
  })
  app.put('/containers/:id/archive', async (request, reply) => {
    const { container, path, entry } = found(request)
    if (entry.kind !== 'folder') throw new Refusal(400, 'extraction point is not a directory')
    if (container.host['ReadonlyRootfs'] === true)
      throw new Refusal(403, 'container rootfs is marked read-only')
    await unpack(container.files, path, bytesOf(request))
    tellContainer(world, 'extract-to-dir', container)
    return nothing(reply, 200)
  })
}

function missing({ id }: Container, path: string): Refusal {
  return new Refusal(404, `Could not find the file ${path} in container ${id}`)
}

function stat(world: World, path: string, { kind, mode, content }: FileEntry): string {
  return Buffer.from(
    JSON.stringify({
      name: path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1),
      size: kind === 'folder' ? 4096 : content.length,
      mode: kind === 'folder' ? mode + folderBit : mode,
      mtime: timestamp(world.nanoseconds()),
      linkTarget: '',
    }),
  ).toString('base64')
}
