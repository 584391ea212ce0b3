import type { EngineCapabilities } from '@bulkhead/model'
import type { EngineAddress } from './address.ts'
import { attach } from './attach.ts'
import { buildImage } from './build.ts'
import { capabilities } from './capabilities.ts'
import { claims, placeClaim, removeClaim } from './claims.ts'
import { openClient } from './client.ts'
import type { Agreement } from './client.ts'
import {
  createContainer,
  killContainer,
  removeContainer,
  renameContainer,
  startContainer,
  stopContainer,
  unpauseContainer,
  updateContainer,
} from './containers.ts'
import { events, eventsSince } from './events.ts'
import { exec, openExec, startExec } from './exec.ts'
import { awaitExit } from './exit.ts'
import { putFiles } from './files.ts'
import { logs } from './logs.ts'
import { removeImage } from './images.ts'
import {
  aliasContainer,
  connectNetwork,
  createNetwork,
  disconnectNetwork,
  removeNetwork,
} from './networks.ts'
import { census, describe, inspect, observe, processes, projects } from './observe.ts'
import type { Engine, RegistryCredentials } from './port.ts'
import { pushImage } from './push.ts'
import { imageDigest, imagePlatforms, pullImage } from './pull.ts'
import { createVolume, removeVolume } from './volumes.ts'

export interface ConnectOptions {
  /** The program that reaches `ssh://` engines. @default 'ssh' */
  readonly sshCommand?: string
  /** Milliseconds within which an engine must answer what is no stream, no pull and no build. @default 120000 */
  readonly callTimeoutMs?: number
  /** Asked for what a registry wants when a request brings no credentials of its own, and by builds. */
  readonly credentials?: (reference: string) => Promise<RegistryCredentials | undefined>
}

/**
 * The engine at `address`. Opens no connection until it's asked something, so it
 * can be made while no engine answers; every call then says so.
 */
export function connect(
  address: EngineAddress,
  { sshCommand, credentials, callTimeoutMs = 120_000 }: ConnectOptions = {},
): Engine {
  const client = openClient(address, { sshCommand, callTimeoutMs })
  let known: { readonly of: Agreement; readonly capabilities: Promise<EngineCapabilities> } | undefined
  return {
    async capabilities(refresh = false) {
      const agreement = await client.agreement()
      // A new agreement means that the engine was away, and may have come back as another.
      if (refresh || known?.of !== agreement) known = { of: agreement, capabilities: capabilities(client) }
      try {
        return await known.capabilities
      } catch (error) {
        known = undefined
        throw error
      }
    },
    observe: (query) => observe(client, query),
    census: () => census(client),
    inspect: (container) => inspect(client, container),
    describe: (container) => describe(client, container),
    processes: (container) => processes(client, container),
    projects: () => projects(client),
    claims: (project) => claims(client, project),
    placeClaim: (claim) => placeClaim(client, claim),
    removeClaim: (claim) => removeClaim(client, claim),
    createNetwork: (network, signal) => createNetwork(client, network, signal),
    removeNetwork: (id, signal) => removeNetwork(client, id, signal),
    connectNetwork: (container, attachment, signal) => connectNetwork(client, container, attachment, signal),
    aliasContainer: (container, attachment, options, signal) =>
      aliasContainer(client, container, attachment, options, signal),
    disconnectNetwork: (container, network, signal) => disconnectNetwork(client, container, network, signal),
    createVolume: (volume, signal) => createVolume(client, volume, signal),
    removeVolume: (name, signal) => removeVolume(client, name, signal),
    createContainer: (container, signal) => createContainer(client, container, signal),
    startContainer: (container, signal) => startContainer(client, container, signal),
    stopContainer: (container, timeoutSeconds, signal) =>
      stopContainer(client, container, timeoutSeconds, signal),
    removeImage: (reference, signal) => removeImage(client, reference, signal),
    removeContainer: (container, options, signal) => removeContainer(client, container, options, signal),
    renameContainer: (container, name, signal) => renameContainer(client, container, name, signal),
    killContainer: (container, name, signal) => killContainer(client, container, name, signal),
    exec: (container, command, onOutput, signal) => exec(client, container, command, onOutput, signal),
    openExec: (container, command, signal) => openExec(client, container, command, signal),
    startExec: (container, command, signal) => startExec(client, container, command, signal),
    attach: (container, options, signal) => attach(client, container, options, signal),
    awaitExit: (container, until, signal) => awaitExit(client, container, until, signal),
    putFiles: (container, files, signal) => putFiles(client, container, files, signal),
    pullImage: async (request) =>
      pullImage(client, {
        ...request,
        credentials: request.credentials ?? (await credentials?.(request.reference)),
      }),
    pushImage: async (request) =>
      pushImage(client, {
        ...request,
        credentials: request.credentials ?? (await credentials?.(request.reference)),
      }),
    buildImage: (request) =>
      buildImage(
        client,
        request,
        async (reference) => (await request.credentials?.(reference)) ?? (await credentials?.(reference)),
      ),
    imagePlatforms: async (reference, timeoutMs, given) =>
      imagePlatforms(client, reference, timeoutMs, given ?? (await credentials?.(reference))),
    imageDigest: async (reference, timeoutMs, given) =>
      imageDigest(client, reference, timeoutMs, given ?? (await credentials?.(reference))),
    events: (signal, onOpen) => events(client, signal, onOpen),
    eventsSince: (timeNano) => eventsSince(client, timeNano),
    unpauseContainer: (container, signal) => unpauseContainer(client, container, signal),
    updateContainer: (container, settings, signal) => updateContainer(client, container, settings, signal),
    logs: (container, options) => logs(client, container, options),
    close: () => Promise.resolve(client.close()),
  }
}
