import { readFileSync, statSync } from 'node:fs'
import { containerConfigHash, load, networkHash, volumeHash, type Reader } from '@bulkhead/compose'
import type { Engine } from '@bulkhead/engine'
import { upIntent, type Operation, type Project } from '@bulkhead/model'
import { imageOf, plan } from '@bulkhead/planner'

/** Creates all that a project's plan creates, and starts nothing: loader, planner and adapter, without a daemon. */
export async function createProject(engine: Engine, file: string, folder: string): Promise<void> {
  const project = loadProject(file, folder)
  const services = Object.values(project.services)
  const observed = await engine.observe({
    project: project.name,
    networks: Object.values(project.networks).map(({ name }) => name),
    volumes: Object.values(project.volumes).map(({ name }) => name),
    images: services.map((service) => imageOf(project, service)),
  })
  const { plan: nodes, problems } = plan({
    project,
    name: project.name,
    intent: upIntent,
    observed,
    capabilities: await engine.capabilities(),
    hashKey: 'key',
    composeHashes: {
      service: (_project, service) => containerConfigHash(service),
      network: networkHash,
      volume: volumeHash,
    },
    held: new Set(),
    hooksRun: new Map(),
    deployment: undefined,
  })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  const done = new Map<number, Promise<void>>()
  for (const { id, operation, after } of nodes) {
    done.set(
      id,
      Promise.all(after.map(async (one) => done.get(one))).then(() => create(engine, operation)),
    )
  }
  await Promise.all(done.values())
}

export function loadProject(file: string, folder: string): Project {
  const { project, problems } = load({
    reader,
    workingDir: folder,
    configFiles: [file],
    profiles: [],
    environmentFiles: [],
  })
  if (project === undefined) throw new Error(JSON.stringify(problems, undefined, 2))
  return project
}

/** Starts and waits are left out; anything else has no place in the plan of a project that is not there. */
const leftOut: readonly Operation['type'][] = ['startContainer', 'awaitCondition']

async function create(engine: Engine, operation: Operation): Promise<void> {
  if (operation.type === 'createNetwork') await engine.createNetwork(operation.network)
  else if (operation.type === 'createVolume') await engine.createVolume(operation.volume)
  else if (operation.type === 'createContainer') await engine.createContainer(operation.container)
  else if (!leftOut.includes(operation.type)) throw new Error(`a new project plans no ${operation.type}`)
}

const reader: Reader = {
  readFile(path) {
    try {
      return readFileSync(path)
    } catch {
      return undefined
    }
  },
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  variable: (name) => process.env[name],
}
