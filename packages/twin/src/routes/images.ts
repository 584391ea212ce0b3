import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { timestamp } from '../clock.ts'
import { anyOf, labelsMatch, parseFilters } from '../filters.ts'
import { imageConfig, imageNamed, removeImage, tagImage } from '../image.ts'
import type { Image } from '../state/image.ts'
import { flag, object, text } from '../json.ts'
import type { Json } from '../json.ts'
import { digestOf, pull, remoteImage } from '../pull.ts'
import type { Login } from '../pull.ts'
import { familiar, parseReference } from '../reference.ts'
import { Refusal } from '../refusal.ts'
import { answer, nothing, parameterOf, queryOf, stream } from '../wire.ts'
import type { World } from '../state/world.ts'

const filterNames = ['before', 'dangling', 'label', 'reference', 'since', 'until']
const size = 1_984_472

export function imageRoutes(app: FastifyInstance, world: World): void {
  app.get('/images/json', (request, reply) => {
    const filters = parseFilters(queryOf(request)['filters'], filterNames, world.rules)
    const found = [...world.images.values()].filter(
      ({ tags, spec }) =>
        anyOf(filters, 'reference', (wanted) => [...tags].some((tag) => referenceMatches(wanted, tag))) &&
        anyOf(filters, 'dangling', (wanted) => flag(wanted) === (tags.size === 0)) &&
        labelsMatch(filters, spec.labels),
    )
    return answer(reply, found.map(imageSummary))
  })
  app.post('/images/create', (request, reply) => create(world, request, reply))
  // Names hold slashes.
  app.get('/images/*', (request, reply) => {
    const [, name = '', what] = /^(.*)\/(json|history)$/u.exec(parameterOf(request, '*')) ?? []
    if (what === undefined) throw new Refusal(404, 'page not found')
    const image = imageNamed(world, name)
    return answer(reply, what === 'json' ? imageView(world, image) : [])
  })
  app.post('/images/*', (request, reply) => {
    const [, name = '', what] = /^(.*)\/(tag|push)$/u.exec(parameterOf(request, '*')) ?? []
    if (what !== 'tag') throw new Refusal(404, 'page not found')
    const { repo = '', tag = 'latest' } = queryOf(request)
    tagImage(world, imageNamed(world, name), familiar(parseReference(`${repo}:${tag}`, world.rules.words)))
    return nothing(reply, 201)
  })
  app.delete('/images/*', (request, reply) =>
    answer(reply, removeImage(world, parameterOf(request, '*'), flag(queryOf(request)['force']))),
  )
  app.get('/distribution/*', (request, reply) => {
    const name = familiar(
      parseReference(parameterOf(request, '*').replace(/\/json$/u, ''), world.rules.words),
    )
    const remote = remoteImage(world, name, loginIn(request))
    return answer(reply, {
      Descriptor: {
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        digest: digestOf(remote),
        size,
      },
      Platforms: [{ architecture: remote.image?.architecture ?? 'amd64', os: remote.image?.os ?? 'linux' }],
    })
  })
}

async function create(world: World, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { fromImage = '', tag = '' } = queryOf(request)
  const joint = tag.startsWith('sha256:') ? '@' : ':'
  const progress = pull(world, tag === '' ? fromImage : `${fromImage}${joint}${tag}`, loginIn(request))
  const first = await progress.next()
  const out = stream(request, reply, 'application/json')
  for (let step = first; step.done !== true; step = await progress.next())
    out.write(`${JSON.stringify(step.value)}\r\n`)
  out.end()
}

/** `X-Registry-Auth`, which is base64 for URLs. */
function loginIn({ headers }: FastifyRequest): Login | undefined {
  const header = headers['x-registry-auth']
  if (typeof header !== 'string') return undefined
  const given = readJson(Buffer.from(header, 'base64url').toString('utf8'))
  const username = text(given['username'])
  return username === '' ? undefined : { username, password: text(given['password']) }
}

function readJson(written: string): Json {
  try {
    return object(JSON.parse(written))
  } catch {
    return {}
  }
}

function referenceMatches(wanted: string, tag: string): boolean {
  const pattern = wanted.replaceAll(/[.+?^${}()|[\]\\]/gu, '\\$&').replaceAll('*', '[^/]*')
  return new RegExp(`^${pattern}${wanted.includes(':') ? '' : '(?::.*)?'}$`, 'u').test(tag)
}

function imageSummary({ id, spec, createdAt, tags, digests }: Image): Json {
  return {
    Containers: -1,
    Created: Number(createdAt / 1_000_000_000n),
    Id: id,
    Labels: spec.labels ?? null,
    ParentId: '',
    RepoDigests: [...digests],
    RepoTags: [...tags],
    SharedSize: -1,
    Size: size,
  }
}

function imageView({ rules }: World, image: Image): Json {
  const { id, spec, createdAt, tags, digests } = image
  const os = spec.os ?? rules.os
  const layer = `sha256:${createHash('sha256').update(id).digest('hex')}`
  return {
    Id: id,
    RepoTags: [...tags],
    RepoDigests: [...digests],
    Parent: '',
    Comment: '',
    Created: timestamp(createdAt),
    DockerVersion: '',
    Author: '',
    Config: imageConfig(image),
    Architecture: spec.architecture ?? rules.architecture,
    Os: os,
    Size: size,
    ...(rules.version.startsWith('20.') ? { VirtualSize: size } : {}),
    GraphDriver: { Data: {}, Name: 'overlay2' },
    RootFS: { Type: 'layers', Layers: [layer] },
    Metadata: { LastTagTime: timestamp(createdAt) },
  }
}
