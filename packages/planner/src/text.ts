import type { Operation, OperationReference, Plan, PlanNode } from '@bulkhead/model'

/** One line a node: `[1,2] #3 start web-1 (configuration changed)`. */
export function planText(plan: Plan): string {
  return plan
    .map(({ id, operation, after }) => `[${after.join(',')}] #${id} ${sentence(operation)}`)
    .join('\n')
}

/** What an operation does, to what, and why: `create network nat (not found)`. */
export function sentence(operation: Operation): string {
  return `${verbs[operation.type]} ${subjectOf(operation)} (${operation.cause})`
}

const verbs = {
  pullImage: 'pull',
  buildImage: 'build',
  pushImage: 'push',
  removeImage: 'remove',
  createNetwork: 'create',
  removeNetwork: 'remove',
  connectNetwork: 'connect',
  disconnectNetwork: 'disconnect',
  createVolume: 'create',
  removeVolume: 'remove',
  createContainer: 'create',
  startContainer: 'start',
  stopContainer: 'stop',
  killContainer: 'kill',
  removeContainer: 'remove',
  renameContainer: 'rename',
  unpauseContainer: 'unpause',
  updateContainer: 'update',
  aliasContainer: 'alias',
  runHook: 'run',
  runInit: 'run',
  runProvider: 'run',
  prepareModel: 'run',
  awaitCondition: 'await',
  awaitReplica: 'await',
  wait: 'wait',
} as const satisfies Record<Operation['type'], string>

/** What an operation acts on, as progress shows it: `container db-web-db-1`. */
export function subjectOf(operation: Operation): string {
  switch (operation.type) {
    case 'pullImage':
    case 'buildImage':
    case 'pushImage':
    case 'removeImage':
      return `image ${operation.reference}`
    case 'createNetwork':
      return `network ${operation.network.name}`
    case 'removeNetwork':
      return `network ${operation.name}`
    case 'createVolume':
      return `volume ${operation.volume.name}`
    case 'removeVolume':
      return `volume ${operation.name}`
    case 'createContainer':
      return `container ${operation.container.name}`
    case 'startContainer':
    case 'stopContainer':
    case 'killContainer':
    case 'removeContainer':
    case 'unpauseContainer':
    case 'updateContainer':
      return `container ${operation.name}`
    case 'awaitReplica':
      return `container ${operation.name}`
    case 'wait':
      return `${operation.milliseconds / 1000} s for service ${operation.service}`
    case 'aliasContainer':
      return `container ${operation.name} on network ${operation.attachment.network}`
    case 'connectNetwork':
      return `container ${operation.name} to network ${operation.attachment.network}`
    case 'disconnectNetwork':
      return `container ${operation.name} from network ${operation.network}`
    case 'runHook':
      return `${operation.phase}[${operation.index}] in container ${operation.name}`
    case 'runInit':
      return `pre_start[${operation.index}] of service ${operation.service}`
    case 'runProvider':
      return `provider ${operation.service}${operation.action === 'up' ? '' : ` ${operation.action}`}`
    case 'prepareModel':
      return `model ${operation.model}`
    case 'renameContainer':
      return `container ${operation.from} to ${operation.to}`
    case 'awaitCondition':
      return `service ${operation.service} ${operation.condition.replace('service_', '')}`
  }
}

/** A node as events name it. */
export function referenceOf({ id, operation }: PlanNode): OperationReference {
  return {
    node: id,
    type: operation.type,
    subject: subjectOf(operation),
    service: 'service' in operation ? operation.service : undefined,
    cause: operation.cause,
  }
}
