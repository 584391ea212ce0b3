import type { EngineCapabilities } from '@bulkhead/model'
import type { EngineAddress } from './address.ts'
import { buildImage } from './build.ts'
import { capabilities } from './capabilities.ts'
import { openClient } from './client.ts'
import {
  createContainer,
  removeContainer,
  renameContainer,
  startContainer,
  stopContainer,
} from './containers.ts'
import { events } from './events.ts'
import { putFiles } from './files.ts'
import { logs } from './logs.ts'
import { createNetwork, removeNetwork } from './networks.ts'
import { inspect, observe, projects } from './observe.ts'
import type { Engine } from './port.ts'
import { imagePlatforms, pullImage } from './pull.ts'
import { createVolume, removeVolume } from './volumes.ts'

export interface ConnectOptions {
  /** The program that reaches `ssh://` engines. @default 'ssh' */
  readonly sshCommand?: string
}

/**
 * The engine at `address`. Opens no connection until it's asked something, so it
 * can be made while no engine answers; every call then says so.
 */
export function connect(address: EngineAddress, { sshCommand }: ConnectOptions = {}): Engine {
  const client = openClient(address, sshCommand)
  let known: Promise<EngineCapabilities> | undefined
  return {
    async capabilities(refresh = false) {
      if (refresh) known = undefined
      known ??= capabilities(client)
      try {
        return await known
      } catch (error) {
        known = undefined
        throw error
      }
    },
    observe: (query) => observe(client, query),
    inspect: (container) => inspect(client, container),
    projects: () => projects(client),
    createNetwork: (network, signal) => createNetwork(client, network, signal),
    removeNetwork: (id, signal) => removeNetwork(client, id, signal),
    createVolume: (volume, signal) => createVolume(client, volume, signal),
    removeVolume: (name, signal) => removeVolume(client, name, signal),
    createContainer: (container, signal) => createContainer(client, container, signal),
    startContainer: (container, signal) => startContainer(client, container, signal),
    stopContainer: (container, timeoutSeconds, signal) =>
      stopContainer(client, container, timeoutSeconds, signal),
    removeContainer: (container, options, signal) => removeContainer(client, container, options, signal),
    renameContainer: (container, name, signal) => renameContainer(client, container, name, signal),
    putFiles: (container, files, signal) => putFiles(client, container, files, signal),
    pullImage: (request) => pullImage(client, request),
    buildImage: (request) => buildImage(client, request),
    imagePlatforms: (reference, timeoutMs, credentials) =>
      imagePlatforms(client, reference, timeoutMs, credentials),
    events: (signal, onOpen) => events(client, signal, onOpen),
    logs: (container, options) => logs(client, container, options),
    close: () => Promise.resolve(client.close()),
  }
}
