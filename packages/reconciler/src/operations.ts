import type { Engine, Progress } from '@bulkhead/engine'
import {
  type BulkheadError,
  isBulkheadError,
  type Operation,
  type OperationOf,
  type OperationType,
} from '@bulkhead/model'
import type { HooksRun } from '@bulkhead/planner'
import { setTimeout as delay } from 'node:timers/promises'
import type { LeavingContainer } from './port.ts'
import { awaitCondition } from './condition.ts'
import { runHook, runInit } from './hook.ts'
import { buildImage, pullImage, pushImage, type ImageContext } from './images.ts'
import { awaitReplica } from './replica.ts'
import { prepareModel, runProvider, type ProvideContext } from './provide.ts'
import type { EventWatch } from './watch.ts'

/** What carrying out an operation may use. */
export interface StepContext extends ImageContext, ProvideContext {
  readonly project: string
  readonly engine: Engine
  readonly watch: EventWatch
  /** Cuts short what takes long: pulls, builds, stops and waits. What is quick is let finish. */
  readonly signal: AbortSignal
  readonly progress: (progress: Progress) => void
  readonly warn: (error: BulkheadError) => void
  /** A line that a hook or a provider wrote. */
  readonly output: (line: string) => void
  /** `post_start` hooks of a container have run: on disk before the next step. */
  readonly hookRan: (container: string, run: HooksRun) => void
  /** Containers made in this execution, name → id. */
  readonly made: Map<string, string>
  /** Ids of the containers started or stopped by us, for whoever has to tell our doing from others'. */
  readonly started: (id: string) => void
  readonly stopping: (id: string) => void
  /** It is about to be sent a signal. */
  readonly signaled: (id: string) => void
  /** It is about to be removed: what is to be kept of it is kept. */
  readonly leaving: (container: Omit<LeavingContainer, 'project'>) => Promise<void>
  readonly removed: (id: string) => void
  /** A container that took another's place was found good, or not worth failing for. */
  readonly proven: (id: string) => void
  /** One of a service has failed; returns how many have by now. */
  readonly failing: (service: string) => number
  /** One at a time: the addresses that they leave are free for anybody. */
  readonly alone: (work: () => Promise<void>) => Promise<void>
}

type Executors = {
  readonly [T in OperationType]: (operation: OperationOf<T>, context: StepContext) => Promise<void>
}

const executors: Executors = {
  pullImage,
  buildImage,
  pushImage,
  removeImage: async ({ reference }, { engine, warn }) => {
    try {
      await engine.removeImage(reference)
    } catch (error) {
      if (!isBulkheadError(error) || error.code !== 'BH_CONFLICT') throw error
      warn(error)
    }
  },
  createNetwork: ({ network }, { engine }) => engine.createNetwork(network),
  removeNetwork: ({ id }, { engine }) => engine.removeNetwork(id),
  connectNetwork: ({ container, attachment }, { engine }) => engine.connectNetwork(container, attachment),
  disconnectNetwork: ({ container, network }, { engine }) => engine.disconnectNetwork(container, network),
  createVolume: ({ volume }, { engine }) => engine.createVolume(volume),
  removeVolume: ({ name }, { engine }) => engine.removeVolume(name),
  createContainer: async ({ container }, { engine, made }) => {
    made.set(container.name, await engine.createContainer(container))
  },
  startContainer: async ({ container, files }, { engine, made, started }) => {
    started(made.get(container) ?? container)
    if (files.length > 0) await engine.putFiles(container, files)
    await engine.startContainer(container)
  },
  stopContainer: async ({ container, timeoutSeconds }, { engine, signal, stopping }) => {
    stopping(container)
    await engine.stopContainer(container, timeoutSeconds, signal)
  },
  killContainer: async ({ container, signal: name }, { engine, signaled }) => {
    signaled(container)
    await engine.killContainer(container, name)
  },
  removeContainer: async (
    { service, container, name, volumes },
    { engine, made, stopping, leaving, removed },
  ) => {
    const id = made.get(container) ?? container
    await leaving({ service, container: id, name })
    stopping(id)
    await engine.removeContainer(id, { volumes })
    removed(id)
  },
  renameContainer: async ({ container, from, to }, { engine, made }) => {
    await engine.renameContainer(container, to)
    const id = made.get(from)
    if (id !== undefined) made.set(to, id)
  },
  unpauseContainer: ({ container }, { engine }) => engine.unpauseContainer(container),
  updateContainer: ({ container, settings }, { engine }) => engine.updateContainer(container, settings),
  aliasContainer: ({ container, attachment, leaving }, { engine, alone, progress, signal }) =>
    alone(async () => {
      signal.throwIfAborted()
      const keeps = await engine.aliasContainer(container, attachment, { asked: leaving })
      if (!keeps) progress({ message: 'it has another address now: connections that it had there are cut' })
    }),
  runHook,
  runInit,
  runProvider,
  prepareModel,
  wait: async ({ milliseconds }, { signal }) => {
    await delay(milliseconds, undefined, { signal })
  },
  awaitReplica: async (operation, context) => {
    const { container, service, tolerated } = operation
    try {
      await awaitReplica(operation, context)
    } catch (error) {
      if (!isBulkheadError(error) || context.failing(service) > tolerated) throw error
      context.warn(error)
    }
    context.proven(context.made.get(container) ?? container)
  },
  awaitCondition: async (operation, context) => {
    try {
      await awaitCondition(operation, context)
    } catch (error) {
      if (operation.required || !isBulkheadError(error)) throw error
      context.warn(error)
    }
  },
}

/** Carries out one operation: one effect on the engine. */
export function carryOut(operation: Operation, context: StepContext): Promise<void> {
  // The table pairs each type with its executor; TypeScript cannot see that across an indexed access.
  const executor = executors[operation.type] as (operation: Operation, context: StepContext) => Promise<void>
  return executor(operation, context)
}
