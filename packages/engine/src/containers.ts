import type { ContainerSettings, ContainerSpec } from '@bulkhead/model'
import { createRequest } from './body.ts'
import type { Client } from './client.ts'
import { bodyOnly } from './dial.ts'
import { attempt, statusOf, wordsOf } from './error.ts'
import { segment } from './segment.ts'

/** Seconds that the engine gives a container that was created without a time of its own. */
const usualGraceSeconds = 10

/**
 * Creates a container on all its networks. When one of them can't be joined the
 * container is taken away again, so that none is left that lacks a network.
 *
 * @returns its id.
 */
export async function createContainer(
  client: Client,
  spec: ContainerSpec,
  signal?: AbortSignal,
): Promise<string> {
  const { body, connectLater } = createRequest(spec, await client.agreement())
  const docker = await client.calls(signal)
  const query = { name: spec.name, platform: spec.platform }
  return attempt(`create container "${spec.name}"`, signal, async () => {
    const { id } = await docker.createContainer(bodyOnly(body, query))
    try {
      for (const { network, endpoint } of connectLater) {
        await docker.getNetwork(segment(network)).connect({ Container: id, EndpointConfig: endpoint })
      }
    } catch (error) {
      await takeAway(client, id)
      throw error
    }
    return id
  })
}

/** Done too when it runs already. */
export async function startContainer(client: Client, container: string, signal?: AbortSignal): Promise<void> {
  const docker = await client.calls(signal)
  await attempt(`start container "${container}"`, signal, () =>
    docker.getContainer(segment(container)).start(),
  )
}

/**
 * Done too when it's stopped or gone.
 *
 * @param timeoutSeconds until it's killed; undefined: as the container was created.
 */
export async function stopContainer(
  client: Client,
  container: string,
  timeoutSeconds: number | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const grace = timeoutSeconds ?? (await ownGrace(client, container, signal))
  // A negative time is one without an end.
  const docker = grace < 0 ? await client.streams(signal) : await client.patient(grace * 1000, signal)
  const options = timeoutSeconds === undefined ? {} : { t: timeoutSeconds }
  await attempt(`stop container "${container}"`, signal, () =>
    unlessGone(docker.getContainer(segment(container)).stop(options)),
  )
}

/** Seconds that the container was created with; how long the engine may take depends on it. */
async function ownGrace(client: Client, container: string, signal?: AbortSignal): Promise<number> {
  const docker = await client.calls(signal)
  return attempt(`look at container "${container}"`, signal, async () => {
    const found = await unlessGone(docker.getContainer(segment(container)).inspect())
    // dockerode's types leave it out.
    const config = found?.Config as { readonly StopTimeout?: number } | undefined
    return config?.StopTimeout ?? usualGraceSeconds
  })
}

/** Sends a signal. Done too when it doesn't run or is gone. */
export async function killContainer(
  client: Client,
  container: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.calls(signal)
  await attempt(`send ${name} to container "${container}"`, signal, async () => {
    try {
      await docker.getContainer(segment(container)).kill({ signal: name })
    } catch (error) {
      const gone =
        statusOf(error) === 404 || (statusOf(error) === 409 && /not running/iu.test(wordsOf(error)))
      if (!gone) throw error
    }
  })
}

/** Kills it first when it runs. Done when it's gone, whoever removed it. */
export async function removeContainer(
  client: Client,
  container: string,
  { volumes }: { readonly volumes: boolean },
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.unhurried(signal)
  const its = docker.getContainer(segment(container))
  await attempt(`remove container "${container}"`, signal, async () => {
    try {
      await unlessGone(its.remove({ v: volumes, force: true }))
    } catch (error) {
      if (statusOf(error) !== 409 || !/removal of container .* is already in progress/iu.test(wordsOf(error)))
        throw error
      await unlessGone(its.wait({ condition: 'removed' }))
    }
  })
}

/** Has it go on. Done too when it does not rest, or is gone. */
export async function unpauseContainer(
  client: Client,
  container: string,
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.calls(signal)
  await attempt(`unpause container "${container}"`, signal, async () => {
    try {
      await unlessGone(docker.getContainer(segment(container)).unpause())
    } catch (error) {
      if (!/is not paused|not running/iu.test(wordsOf(error))) throw error
    }
  })
}

/** What is not named stays as it is, and so does what is 0: the engine takes that for nothing said. */
export async function updateContainer(
  client: Client,
  container: string,
  settings: Partial<ContainerSettings>,
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.calls(signal)
  const { memory, memorySwap, memoryReservation, nanoCpus, cpuShares, cpuset, pidsLimit, restart } = settings
  const body = {
    ...(memory === undefined ? {} : { Memory: memory }),
    ...(memorySwap === undefined ? {} : { MemorySwap: memorySwap }),
    ...(memoryReservation === undefined ? {} : { MemoryReservation: memoryReservation }),
    ...(nanoCpus === undefined ? {} : { NanoCpus: nanoCpus }),
    ...(cpuShares === undefined ? {} : { CpuShares: cpuShares }),
    ...(cpuset === undefined ? {} : { CpusetCpus: cpuset }),
    ...(pidsLimit === undefined ? {} : { PidsLimit: pidsLimit }),
    ...(restart === undefined ? {} : { RestartPolicy: policyOf(restart) }),
  }
  // An older engine takes a body without members for none.
  if (Object.keys(body).length === 0) return
  await attempt(`change the settings of container "${container}"`, signal, () =>
    docker.getContainer(segment(container)).update(body),
  )
}

function policyOf(restart: string): { readonly Name: string; readonly MaximumRetryCount: number } {
  const [name = 'no', most = '0'] = restart.split(':')
  return { Name: name, MaximumRetryCount: Number(most) }
}

/** Done too when it has the name already. */
export async function renameContainer(
  client: Client,
  container: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.calls(signal)
  const its = docker.getContainer(segment(container))
  await attempt(`rename container "${container}" to "${name}"`, signal, async () => {
    try {
      await its.rename({ name })
    } catch (error) {
      const current = await its.inspect().catch(() => undefined)
      if (current?.Name !== `/${name}`) throw error
    }
  })
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (statusOf(error) !== 404) throw error
    return undefined
  }
}

/** Best effort, and not under the caller's signal: what made the creation fail is what gets told. */
async function takeAway(client: Client, id: string): Promise<void> {
  await removeContainer(client, id, { volumes: true }).catch(() => undefined)
}
