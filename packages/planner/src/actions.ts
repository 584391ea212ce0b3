import type { Operation, OperationType, Plan, PlanAction, PlanActionKind, PlanNode } from '@bulkhead/model'
import { keptName } from './keeper.ts'
import { subjectOf } from './text.ts'

/**
 * What the steps of a plan come to, one action for each thing: that which is
 * made under a temporary name, takes the place of another and gets its name is
 * one `replace`. In the order in which they begin.
 */
export function actionsOf(plan: Plan): readonly PlanAction[] {
  const finals = new Map(
    plan.flatMap(({ operation }) => {
      if (operation.type === 'renameContainer') return [[operation.from, operation.to] as const]
      const keeps = operation.type === 'createContainer' ? keptName(operation.container) : undefined
      return operation.type === 'createContainer' && keeps !== undefined
        ? [[operation.container.name, keeps] as const]
        : []
    }),
  )
  const groups = new Map<string, PlanNode[]>()
  for (const node of plan) {
    // What is built and then sent elsewhere is not one thing that comes to be.
    const apart = node.operation.type === 'pushImage' ? 'push ' : ''
    const key = `${apart}${finalSubject(node.operation, finals)}`
    groups.set(key, [...(groups.get(key) ?? []), node])
  }
  return [...groups].map(([key, members]) => {
    const subject = key.replace(/^push /u, '')
    const types = new Set(members.map(({ operation }) => operation.type))
    const named = members.find(({ operation }) => 'service' in operation)?.operation
    return {
      kind: kindOf(types),
      subject,
      service: named !== undefined && 'service' in named ? named.service : undefined,
      cause: members[0]?.operation.cause ?? '',
      operations: members.map(({ id }) => id),
    }
  })
}

/** The thing that an operation is about, under the name that it has in the end. */
function finalSubject(operation: Operation, finals: ReadonlyMap<string, string>): string {
  if (operation.type === 'renameContainer') return `container ${operation.to}`
  if (
    operation.type === 'connectNetwork' ||
    operation.type === 'disconnectNetwork' ||
    operation.type === 'aliasContainer'
  )
    return `container ${finals.get(operation.name) ?? operation.name}`
  const subject = subjectOf(operation)
  const name = subject.replace(/^container /, '')
  return name === subject ? subject : `container ${finals.get(name) ?? name}`
}

/** First match wins. */
const kinds: readonly (readonly [PlanActionKind, readonly OperationType[]])[] = [
  ['pull', ['pullImage']],
  ['build', ['buildImage']],
  ['push', ['pushImage']],
  ['wait', ['awaitCondition']],
  ['wait', ['wait']],
  ['run', ['runHook']],
  ['run', ['runInit']],
  ['run', ['runProvider']],
  ['run', ['prepareModel']],
  ['replace', ['createContainer', 'removeContainer']],
  ['replace', ['removeContainer', 'renameContainer']],
  ['replace', ['createNetwork', 'removeNetwork']],
  ['replace', ['createVolume', 'removeVolume']],
  ['create', ['createContainer']],
  ['create', ['createNetwork']],
  ['create', ['createVolume']],
  ['remove', ['removeContainer']],
  ['remove', ['removeNetwork']],
  ['remove', ['removeVolume']],
  ['restart', ['stopContainer', 'startContainer']],
  ['start', ['startContainer']],
  ['stop', ['stopContainer']],
  ['wait', ['awaitReplica']],
]

function kindOf(types: ReadonlySet<OperationType>): PlanActionKind {
  return kinds.find(([, needed]) => needed.every((type) => types.has(type)))?.[0] ?? 'change'
}
