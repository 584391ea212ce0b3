import { setMaxListeners } from 'node:events'
import Docker from 'dockerode'
import { BulkheadError } from '@bulkhead/model'
import type { EngineAddress } from './address.ts'
import { openTransport } from './transport.ts'
import type { Transport } from './transport.ts'
import { isUnreachable, unreachable } from './unreachable.ts'

/** The oldest Engine API that is supported: Docker 20.10. */
const oldestApi = '1.41'
/** The newest Engine API whose answers are known: Docker 28.5. */
const newestApi = '1.51'

/** Milliseconds within which an engine must tell its version. */
const versionTimeout = 30_000

/** What was agreed on with the engine that answers now. */
export interface Agreement {
  /** API version of every request: the highest that both speak. */
  readonly api: string
  /** The highest that the engine speaks. */
  readonly engineApi: string
  readonly version: string
  readonly os: 'linux' | 'windows'
  /** GOARCH. */
  readonly architecture: string
}

export interface Client {
  readonly address: EngineAddress
  agreement(): Promise<Agreement>
  /** dockerode for calls, over connections that are used again. All its requests end when `signal` aborts, and each after the time limit. */
  calls(signal?: AbortSignal): Promise<Docker>
  /** dockerode for streams and for what may wait long, each over a connection of its own, so that they never hold up a call. */
  streams(signal?: AbortSignal): Promise<Docker>
  /** The same for one call that may take as long as `extraMs` beyond the time limit. */
  patient(extraMs: number, signal?: AbortSignal): Promise<Docker>
  /** The same for one that has to do with a file system of any size: it has six times the time limit. */
  unhurried(signal?: AbortSignal): Promise<Docker>
  close(): void
}

/**
 * A client for the engine at `address`. Connects on first use, and agrees on a
 * version anew after the engine was away: another one may have come back.
 */
export function openClient(
  address: EngineAddress,
  { sshCommand, callTimeoutMs }: { readonly sshCommand?: string | undefined; readonly callTimeoutMs: number },
): Client {
  const calling = openTransport(address, true, sshCommand)
  const streaming = openTransport(address, false, sshCommand)
  let agreed: Promise<Agreement> | undefined

  const agreement = async (): Promise<Agreement> => {
    agreed ??= agree(address, calling)
    try {
      return await agreed
    } catch (error) {
      agreed = undefined
      throw error
    }
  }
  const over = async (
    transport: Transport,
    signal: AbortSignal | undefined,
    limitMs?: number,
  ): Promise<Docker> => {
    const { api } = await agreement()
    // One signal may end any number of calls; Node takes more than ten for a leak.
    if (signal !== undefined) setMaxListeners(0, signal)
    const modem = transport.modem(api, signal, limitMs)
    const dial: typeof modem.dial = (request, callback) => {
      modem.dial(request, (error, result) => {
        if (isUnreachable(error)) agreed = undefined
        callback(error, result)
      })
    }
    return dockerOver({ ...modem, dial })
  }
  return {
    address,
    agreement,
    calls: (signal) => over(calling, signal, callTimeoutMs),
    unhurried: (signal) => over(streaming, signal, callTimeoutMs * 6),
    patient: (extraMs, signal) => over(streaming, signal, callTimeoutMs + extraMs),
    streams: (signal) => over(streaming, signal),
    close: () => {
      calling.close()
      streaming.close()
    },
  }
}

async function agree(address: EngineAddress, transport: Transport): Promise<Agreement> {
  const signal = AbortSignal.timeout(versionTimeout)
  const answer = await dockerOver(transport.modem(undefined, signal))
    .version()
    .catch((error: unknown) => {
      throw signal.aborted
        ? unreachable(address, new Error(`no answer in ${versionTimeout / 1000} s`))
        : error
    })
  const engineApi = answer.ApiVersion
  if (compareApi(engineApi, oldestApi) < 0) {
    throw new BulkheadError(
      'BH_ENGINE_FAILED',
      `The engine ${answer.Version} at ${address.url} speaks API ${engineApi}; ${oldestApi} is the oldest that is supported.`,
      { hint: 'Upgrade Docker to 20.10 or newer.' },
    )
  }
  if (compareApi(answer.MinAPIVersion, newestApi) > 0) {
    throw new BulkheadError(
      'BH_ENGINE_FAILED',
      `The engine ${answer.Version} at ${address.url} speaks no API older than ${answer.MinAPIVersion}; ${newestApi} is the newest that is supported.`,
      { hint: 'Upgrade Bulkhead.' },
    )
  }
  return {
    api: compareApi(engineApi, newestApi) < 0 ? engineApi : newestApi,
    engineApi,
    version: answer.Version,
    os: answer.Os === 'windows' ? 'windows' : 'linux',
    architecture: answer.Arch,
  }
}

/** Below 0 when `a` is the older API version, above 0 when it is the newer. */
export function compareApi(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}

/** dockerode takes a modem, which its types leave out. */
function dockerOver(modem: object): Docker {
  return new Docker({ modem } as Docker.DockerOptions)
}
