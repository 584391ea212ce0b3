import { composeLabels } from '@bulkhead/model'
import type { Dependency, Project, Service } from '@bulkhead/model'
import type { Call, Twin } from '@bulkhead/twin'
import { kindOf } from './worlds.ts'

type World = Twin['world']
type Container = World['containers'] extends Map<string, infer C> ? C : never

/** Sees each call at the moment in which it reaches the engine, before it does anything. */
export interface Watchman {
  /** What he holds the calls against from now on; undefined: nothing. */
  watch(twin: Twin, goal: Goal | undefined): void
  readonly onCall: (call: Call) => void
  /** What should not have been asked of the engine, in words. */
  readonly complaints: readonly string[]
}

export interface Goal {
  readonly project: Project
  /** How many containers of a service are wanted. */
  readonly replicas: (service: Service) => number
}

/** Complains of what starts before its dependencies' conditions hold, of what stops before its dependents on a way down, and of hands laid on what is not the project's. */
export function newWatchman(): Watchman {
  const complaints: string[] = []
  let at: { readonly twin: Twin; readonly goal: Goal } | undefined
  return {
    complaints,
    watch(twin, goal) {
      at = goal && { twin, goal }
    },
    onCall({ method, path }) {
      if (at === undefined || method === 'GET') return
      const complain = (text: string): void => void complaints.push(`${method} ${path}: ${text}`)
      const { world } = at.twin
      const [, kind, key = '', verb] = path.split('/')
      if (key === 'create' || key === 'prune') return
      if (kind === 'containers') {
        const container = containerOf(world, key)
        if (container === undefined) return
        if (container.labels[composeLabels.project] !== 'app')
          complain(`${container.name} is not the project's`)
        if (verb === 'start') for (const why of tooEarly(world, at.goal, container)) complain(why)
      }
      if (kind === 'networks' && method === 'DELETE') {
        const network = [...world.networks.values()].find(({ id, name }) => id === key || name === key)
        if (network !== undefined && network.labels[composeLabels.project] !== 'app')
          complain(`${network.name} is not the project's`)
      }
      if (kind === 'volumes' && method === 'DELETE' && key !== 'app_data')
        complain('it is not of the project')
    },
  }
}

function tooEarly(world: World, { project, replicas }: Goal, container: Container): readonly string[] {
  const service = project.services[container.labels[composeLabels.service] ?? '']
  if (service === undefined) return [`${container.name} is of no service that is asked for`]
  return Object.entries(service.depends_on ?? {}).flatMap(([name, dependency]) => {
    const target = project.services[name]
    if (target === undefined || replicas(target) === 0) return []
    // Whoever is told not to wait for what fails goes on when it has failed.
    if (!dependency.required && ['sick', 'fails'].includes(kindOf(target))) return []
    const wanted = dependency.condition === 'service_completed_successfully' ? 1 : replicas(target)
    const count = containersOf(world, name).filter((one) => holds(dependency.condition, one)).length
    if (count >= wanted) return []
    return [
      `${container.name} starts while ${count} of ${wanted} of ${name} are as ${dependency.condition} asks`,
    ]
  })
}

function holds(condition: Dependency['condition'], { state, health }: Container): boolean {
  if (condition === 'service_started') return state.startedAt !== undefined && state.status !== 'created'
  if (condition === 'service_healthy')
    return ['running', 'paused'].includes(state.status) && health?.status === 'healthy'
  return state.status === 'exited' && state.exitCode === 0 && state.startedAt !== undefined
}

export function containersOf(world: World, service: string): readonly Container[] {
  return [...world.containers.values()].filter(
    ({ labels }) =>
      labels[composeLabels.project] === 'app' &&
      labels[composeLabels.service] === service &&
      labels[composeLabels.oneOff] !== 'True',
  )
}

function containerOf(world: World, key: string): Container | undefined {
  return world.containers.get(key) ?? [...world.containers.values()].find(({ name }) => name === key)
}
