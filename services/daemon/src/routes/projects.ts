import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AllQuerySchema,
  BundleSchema,
  ProblemDetailsSchema,
  ProjectListSchema,
  ProjectNameSchema,
  ProjectStatusSchema,
  RevisionStoredSchema,
  paths,
} from '@bulkhead/api'
import type { ProjectSummary } from '@bulkhead/api'
import type { Engine, ProjectOnEngine } from '@bulkhead/engine'
import type { Claim, Owner, ProjectStatus } from '@bulkhead/model'
import { Type } from 'typebox'
import { unknownProject } from '../unknown.ts'
import type { Deployments } from '../deployments.ts'
import type { Loader } from '../loaded.ts'
import { maskStatus } from '../mask.ts'
import type { Ownership } from '@bulkhead/reconciler'
import type { KeptProject, ProjectStore } from '../store/projects.ts'

export interface ProjectRouteOptions {
  readonly projects: ProjectStore
  readonly loader: Loader
  readonly deployments: Deployments
  /** Removes what is kept of containers that are gone. */
  readonly forgetLogs: (project: string) => void
  readonly engine: Pick<Engine, 'projects'>
  readonly ownership: Pick<Ownership, 'others'>
  readonly statusOf: (project: string) => Promise<ProjectStatus>
}

const params = Type.Object({ name: ProjectNameSchema })
const path = `${paths.projects}/:name`

export const projectRoutes: FastifyPluginAsyncTypebox<ProjectRouteOptions> = async (app, options) => {
  const { projects, loader, deployments, engine, ownership, statusOf, forgetLogs } = options

  app.get(
    paths.projects,
    {
      schema: {
        operationId: 'listProjects',
        summary: 'Projects that Bulkhead keeps, and Compose projects on the engine',
        description: 'Without `all`: those with a running container.',
        querystring: AllQuerySchema,
        response: { 200: ProjectListSchema, 503: ProblemDetailsSchema },
      },
    },
    async ({ query: { all = false } }) => {
      const [onEngine, claims] = await Promise.all([engine.projects(), ownership.others()])
      const owners = new Map(claims.map((claim) => [claim.project, ownerOf(claim)]))
      const summaries = summarize(projects.list(), onEngine, owners, loader)
      return { projects: summaries.filter(({ states }) => all || (states['running'] ?? 0) > 0) }
    },
  )

  app.put(
    path,
    {
      schema: {
        operationId: 'putProject',
        summary: 'Checks a project and stores it as a revision; deploys nothing',
        params,
        body: BundleSchema,
        response: { 200: RevisionStoredSchema, 413: ProblemDetailsSchema, 422: ProblemDetailsSchema },
      },
    },
    async ({ params: { name }, body }) => {
      const { number, created, warnings } = await deployments.store(name, body)
      return { project: name, revision: number, created, warnings: [...warnings] }
    },
  )

  app.get(
    path,
    {
      schema: {
        operationId: 'getProject',
        summary: 'What is asked for of a project, beside what is there',
        description: 'Without `all`: only the containers that run.',
        params,
        querystring: AllQuerySchema,
        response: { 200: ProjectStatusSchema, 404: ProblemDetailsSchema, 503: ProblemDetailsSchema },
      },
    },
    async ({ params: { name }, query: { all = false } }) => {
      const [status, [claim]] = await Promise.all([statusOf(name), ownership.others(name)])
      const kept = projects.get(name)
      if (kept === undefined && status.services.every(({ replicas }) => replicas.length === 0)) {
        throw unknownProject(name)
      }
      const suspended = kept?.suspended === undefined ? {} : { suspended: kept.suspended }
      // One that was given up meanwhile is nobody's, and not ours again by itself.
      const another = claim === undefined ? projects.notes(name)?.yielded : ownerOf(claim)
      const owner = another === undefined ? {} : { owner: another }
      const shown = { ...maskStatus(status, loader.maskOf(name)), ...suspended, ...owner }
      return all ? shown : runningOnly(shown)
    },
  )

  app.delete(
    path,
    {
      schema: {
        operationId: 'deleteProject',
        summary: 'Forgets a project that was taken down',
        params,
        response: { 204: Type.Null(), 404: ProblemDetailsSchema, 409: ProblemDetailsSchema },
      },
    },
    async ({ params: { name } }, reply) => {
      await deployments.forget(name)
      forgetLogs(name)
      return reply.code(204).send(null)
    },
  )
}

function summarize(
  kept: readonly KeptProject[],
  onEngine: readonly ProjectOnEngine[],
  owners: ReadonlyMap<string, Owner>,
  loader: Loader,
): readonly ProjectSummary[] {
  const names = [...new Set([...kept, ...onEngine].map(({ name }) => name))].sort()
  return names.map((name) => {
    const ours = kept.find((project) => project.name === name)
    const theirs = onEngine.find((project) => project.name === name)
    const project = currentOf(name, ours, loader)
    const owner = owners.get(name)
    const workingDir = theirs?.workingDir ?? project?.workingDir
    return {
      name,
      states: { ...theirs?.states },
      configFiles: [...(theirs?.configFiles ?? project?.configFiles ?? [])],
      ...(workingDir === undefined ? {} : { workingDir }),
      ...(ours === undefined ? {} : { target: ours.intent.target }),
      ...(ours?.revision === undefined ? {} : { revision: ours.revision }),
      ...(ours?.suspended === undefined ? {} : { suspended: ours.suspended }),
      ...(owner === undefined ? {} : { owner }),
    }
  })
}

function ownerOf({ owner, place, since }: Claim): Owner {
  return { owner, place, since }
}

/** A list is not spoiled by one project that this version cannot load. */
function currentOf(
  name: string,
  kept: KeptProject | undefined,
  loader: Loader,
): ReturnType<Loader['load']>['project'] | undefined {
  if (kept === undefined) return undefined
  try {
    return loader.current(name)?.project
  } catch {
    return undefined
  }
}

function runningOnly(status: ProjectStatus): ProjectStatus {
  return {
    ...status,
    services: status.services.map((service) => ({
      ...service,
      replicas: service.replicas.filter(
        ({ state, number }) =>
          number !== undefined && (state === 'running' || state === 'paused' || state === 'restarting'),
      ),
    })),
  }
}
