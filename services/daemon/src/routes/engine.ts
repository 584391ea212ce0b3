import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EngineSchema, ProblemDetailsSchema, paths } from '@bulkhead/api'
import type { EngineDescription } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { runtimesWith } from '@bulkhead/isolation'
import type { EngineCapabilities } from '@bulkhead/model'

export interface EngineRouteOptions {
  readonly engine: Pick<Engine, 'capabilities'>
  /** As Docker's client writes it. */
  readonly address: string
}

type Offers = EngineDescription['isolation']

export const engineRoutes: FastifyPluginAsyncTypebox<EngineRouteOptions> = async (
  app,
  { engine, address },
) => {
  app.get(
    paths.engine,
    {
      schema: {
        operationId: 'getEngine',
        summary: 'The engine: where it is, what it can do, which isolation it offers',
        response: { 200: EngineSchema, 503: ProblemDetailsSchema },
      },
    },
    async () => {
      const capabilities = await engine.capabilities(true)
      return { address, capabilities, isolation: offersOf(capabilities) }
    },
  )
}

function offersOf(capabilities: EngineCapabilities): Offers {
  if (capabilities.os === 'windows') {
    return {
      process: { available: true, runtime: 'process' },
      hyperv: { available: true, runtime: 'hyperv' },
    }
  }
  return { process: offer('shared', capabilities), hyperv: offer('own', capabilities) }
}

function offer(kernel: 'shared' | 'own', capabilities: EngineCapabilities): Offers['process'] {
  const candidates = runtimesWith(kernel, capabilities)
  const runtime = candidates.find((name) => name === capabilities.defaultRuntime) ?? candidates[0]
  if (runtime !== undefined) return { available: true, runtime }
  const wanted = kernel === 'own' ? 'gives each container a kernel of its own' : "shares the host's kernel"
  return { available: false, reason: `The engine has no runtime that ${wanted}.` }
}
