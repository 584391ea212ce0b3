import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ContainerImageListSchema,
  ImageDigestQuerySchema,
  ImageDigestSchema,
  ProblemDetailsSchema,
  ProjectNameSchema,
  paths,
} from '@bulkhead/api'
import type { ContainerImage } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError } from '@bulkhead/model'
import { Type } from 'typebox'
import { faultOfReference } from '../checks/image-reference.ts'
import { unknownProject } from '../unknown.ts'
import type { ProjectStore } from '../store/projects.ts'

export interface ImageRouteOptions {
  readonly engine: Pick<Engine, 'imageDigest' | 'observe'>
  readonly projects: Pick<ProjectStore, 'get'>
}

/** A person waits for the answer. */
const registryTimeoutMs = 20_000

export const imageRoutes: FastifyPluginAsyncTypebox<ImageRouteOptions> = async (
  app,
  { engine, projects },
) => {
  app.get(
    `${paths.projects}/:name/images`,
    {
      schema: {
        operationId: 'listImages',
        summary: "Images of a project's containers, those that don't run too",
        params: Type.Object({ name: ProjectNameSchema }),
        response: { 200: ContainerImageListSchema, 404: ProblemDetailsSchema, 503: ProblemDetailsSchema },
      },
    },
    async ({ params: { name } }) => {
      const images = await imagesOf(name, engine)
      if (images.length === 0 && projects.get(name) === undefined) throw unknownProject(name)
      return { images }
    },
  )

  app.get(
    paths.imageDigest,
    {
      schema: {
        operationId: 'getImageDigest',
        summary: 'The digest that the registry of an image has for it now',
        description: "Asked through the engine, with what the daemon's user is logged in to; pulls nothing.",
        querystring: ImageDigestQuerySchema,
        response: {
          200: ImageDigestSchema,
          400: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          502: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
          504: ProblemDetailsSchema,
        },
      },
    },
    async ({ query: { reference } }) => {
      const found = faultOfReference(reference)
      if (found !== undefined) {
        throw new BulkheadError(
          'BH_IMAGE_REFERENCE_INVALID',
          `The image reference "${reference}" is not valid: it ${found.fault}.`,
          { hint: found.instead === undefined ? undefined : `Write it in lower case: ${found.instead}.` },
        )
      }
      return { reference, ...(await engine.imageDigest(reference, registryTimeoutMs)) }
    },
  )
}

async function imagesOf(project: string, engine: Pick<Engine, 'observe'>): Promise<ContainerImage[]> {
  const nothing = { project, networks: [], volumes: [] }
  const { containers } = await engine.observe({ ...nothing, images: [] })
  const ids = [...new Set(containers.map(({ imageId }) => imageId))]
  const { images } = await engine.observe({ ...nothing, images: ids })
  return containers.map(({ name, service, image, imageId }) => {
    const { os, architecture, size, createdAt, taggedAt, tags = [] } = images[imageId] ?? {}
    return {
      container: name,
      service,
      reference: image,
      id: imageId,
      tags: [...tags],
      ...(os === undefined ? {} : { os }),
      ...(architecture === undefined ? {} : { architecture }),
      ...(size === undefined ? {} : { size }),
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(taggedAt === undefined ? {} : { taggedAt }),
    }
  })
}
