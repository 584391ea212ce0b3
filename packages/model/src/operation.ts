import type { SourcePosition } from './position.ts'
import type { ProvisionOptions } from './provision.ts'
import type { Build, DependencyCondition, Hook, Service } from './service.ts'
import type { ContainerSettings } from './observed.ts'
import type {
  ContainerFile,
  ContainerSpec,
  NetworkAttachment,
  NetworkSpec,
  VolumeSpec,
} from './specification.ts'

/**
 * One resumable step with one effect on the engine. A union, never a bag of
 * optionals: an operation without an executor does not compile.
 *
 * `cause` says why in the user's words: `not found`, `configuration changed`.
 * `container` is an id for what exists, a name for what the plan will create.
 */
export type Operation =
  | {
      readonly type: 'pullImage'
      readonly reference: string
      readonly platform: string | undefined
      readonly services: readonly string[]
      /** False: it can be built, so that a pull that fails is only worth a warning. */
      readonly required: boolean
      readonly cause: string
    }
  | {
      readonly type: 'buildImage'
      readonly service: string
      readonly reference: string
      readonly build: Build
      readonly platform: string | undefined
      readonly cause: string
    }
  | {
      readonly type: 'pushImage'
      readonly reference: string
      readonly services: readonly string[]
      /** False: that it fails is only worth a warning. */
      readonly required: boolean
      readonly cause: string
    }
  | { readonly type: 'removeImage'; readonly reference: string; readonly cause: string }
  | {
      readonly type: 'createNetwork'
      readonly key: string
      readonly network: NetworkSpec
      readonly cause: string
    }
  | { readonly type: 'removeNetwork'; readonly id: string; readonly name: string; readonly cause: string }
  | {
      readonly type: 'createVolume'
      readonly key: string
      readonly volume: VolumeSpec
      readonly cause: string
    }
  | { readonly type: 'removeVolume'; readonly name: string; readonly cause: string }
  | {
      readonly type: 'createContainer'
      readonly service: string
      readonly container: ContainerSpec
      readonly cause: string
    }
  | {
      readonly type: 'startContainer'
      readonly service: string
      readonly container: string
      readonly name: string
      /** Written into the container before it starts. */
      readonly files: readonly ContainerFile[]
      readonly cause: string
    }
  | {
      readonly type: 'stopContainer'
      readonly service: string
      readonly container: string
      readonly name: string
      readonly timeoutSeconds: number | undefined
      readonly cause: string
    }
  | {
      readonly type: 'killContainer'
      readonly service: string
      readonly container: string
      readonly name: string
      /** `SIGKILL`, `SIGHUP`, … */
      readonly signal: string
      readonly cause: string
    }
  | {
      readonly type: 'removeContainer'
      readonly service: string
      readonly container: string
      readonly name: string
      readonly volumes: boolean
      readonly cause: string
    }
  | {
      readonly type: 'renameContainer'
      readonly service: string
      readonly container: string
      readonly from: string
      readonly to: string
      readonly cause: string
    }
  | {
      readonly type: 'unpauseContainer'
      readonly service: string
      readonly container: string
      readonly name: string
      readonly cause: string
    }
  /** Gives a container back the settings that were changed while it ran. */
  | {
      readonly type: 'updateContainer'
      readonly service: string
      readonly container: string
      readonly name: string
      readonly settings: Partial<ContainerSettings>
      readonly cause: string
    }
  /** Puts a container on a network, running or not. */
  | {
      readonly type: 'connectNetwork'
      readonly service: string
      readonly container: string
      readonly name: string
      readonly attachment: NetworkAttachment
      readonly cause: string
    }
  /** Takes a container off a network, also off one that is no longer there. */
  | {
      readonly type: 'disconnectNetwork'
      readonly service: string
      readonly container: string
      readonly name: string
      /** Engine name. */
      readonly network: string
      readonly cause: string
    }
  /**
   * Changes the names under which a running container is found on a network. It keeps its address where the
   * engine gives that again, and with the address its connections.
   */
  | {
      readonly type: 'aliasContainer'
      readonly service: string
      readonly container: string
      readonly name: string
      readonly attachment: NetworkAttachment
      /** It is about to stop: none of the service's names is among those that it gets. */
      readonly leaving: boolean
      readonly cause: string
    }
  /** Runs a hook of the service inside its running container. A later one of the same container comes after it. */
  | {
      readonly type: 'runHook'
      readonly service: string
      readonly container: string
      readonly name: string
      readonly phase: HookPhase
      /** Its place among the hooks of the phase, from 0. */
      readonly index: number
      readonly hook: Hook
      readonly cause: string
    }
  /** Runs a `pre_start` hook in a container of its own, to its end, and takes that away. */
  | {
      readonly type: 'runInit'
      readonly service: string
      readonly index: number
      readonly container: ContainerSpec
      /** Written into the container before it starts. */
      readonly files: readonly ContainerFile[]
      readonly cause: string
    }
  /** Has the program of a provider make what a service is, stop it, or take it away. */
  | {
      readonly type: 'runProvider'
      readonly service: string
      readonly action: 'up' | 'stop' | 'down'
      readonly program: string
      readonly options: ProvisionOptions
      /** What the program may ask for; undefined: it stops or goes down, and the files may know it no more. */
      readonly definition: Service | undefined
      readonly at: SourcePosition | undefined
      readonly cause: string
    }
  /** Has a model runner get a model and tell where it is. */
  | {
      readonly type: 'prepareModel'
      readonly model: string
      readonly reference: string
      readonly options: ProvisionOptions
      readonly at: SourcePosition | undefined
      readonly cause: string
    }
  /** Has no effect of its own: holds back what comes after until the condition is met, fails when it can no longer be. */
  | {
      readonly type: 'awaitCondition'
      readonly service: string
      readonly condition: DependencyCondition
      readonly required: boolean
      readonly containers: readonly string[]
      readonly cause: string
    }
  /**
   * Has no effect of its own: holds back what comes after until a container that takes another's place has
   * proven good: healthy, where it is probed, and up for so long. Fails when it ends, or is unhealthy.
   */
  | {
      readonly type: 'awaitReplica'
      readonly service: string
      readonly container: string
      readonly name: string
      /** Undefined: 5 s for one that is not probed, as Docker has it, and no more than healthy for one that is. */
      readonly monitorMilliseconds: number | undefined
      /** So many of the service may fail before this does. */
      readonly tolerated: number
      /** What comes of it when it fails. */
      readonly onFailure: FailureAction
      readonly cause: string
    }
  /** Has no effect of its own: holds back what comes after for some time. */
  | {
      readonly type: 'wait'
      readonly service: string
      readonly milliseconds: number
      readonly cause: string
    }

/** What comes of an update whose new containers fail. */
export const failureActions = ['pause', 'continue', 'rollback'] as const
export type FailureAction = (typeof failureActions)[number]

/** Hooks that run inside the service's container. */
export type HookPhase = 'post_start' | 'pre_stop'

export type OperationType = Operation['type']
export type OperationOf<T extends OperationType> = Extract<Operation, { type: T }>
