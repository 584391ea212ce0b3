import type { OperationType, PlanDocument } from '@bulkhead/model'

/**
 * The operations of a plan as Graphviz's `dot` takes them: an arrow from what
 * must be done first, one box around each service.
 *
 * @see https://graphviz.org/doc/info/lang.html
 */
export function renderGraph({ project, action, operations }: PlanDocument): string {
  const services = [...new Set(operations.map(({ service }) => service))]
  const sections = services.map((service, index) => {
    const nodes = operations
      .filter((one) => one.service === service)
      .map(({ id, type, subject, cause }) => {
        const [verb, color] = looks[type] ?? [type, 'black']
        return `n${id} [label=${quoted(`${verb} ${subject}\n${cause}`)}, color=${color}];`
      })
    if (service === undefined) return nodes.map((node) => `  ${node}`).join('\n')
    return [
      `  subgraph cluster_${index} {`,
      `    label=${quoted(service)};`,
      ...nodes.map((node) => `    ${node}`),
      '  }',
    ].join('\n')
  })
  const arrows = operations.flatMap(({ id, after }) => after.map((before) => `  n${before} -> n${id};`))
  return [
    `digraph ${quoted(`${action} ${project}`)} {`,
    '  rankdir=LR;',
    '  node [shape=box, fontname="sans-serif"];',
    ...sections,
    ...arrows,
    '}',
    '',
  ].join('\n')
}

const green = 'darkgreen'
const red = 'firebrick'
const amber = 'darkorange'

/** A newer daemon may know more operations than these: they are drawn as they are called. */
const looks: Partial<Record<OperationType, readonly [verb: string, color: string]>> = {
  pullImage: ['pull', green],
  buildImage: ['build', green],
  pushImage: ['push', green],
  createNetwork: ['create', green],
  createVolume: ['create', green],
  createContainer: ['create', green],
  startContainer: ['start', green],
  renameContainer: ['rename', amber],
  unpauseContainer: ['unpause', green],
  updateContainer: ['update', amber],
  stopContainer: ['stop', red],
  removeContainer: ['remove', red],
  removeNetwork: ['remove', red],
  removeVolume: ['remove', red],
  awaitCondition: ['await', 'gray40'],
  aliasContainer: ['alias', amber],
  awaitReplica: ['await', 'gray40'],
  wait: ['wait', 'gray40'],
}

/** A string of the dot language: quotes are escaped, a backslash is doubled, for it would begin an escape of a label. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
