import type { EngineCapabilities, EngineRuntime } from '@bulkhead/model'
import type { Client } from './client.ts'
import { attempt } from './error.ts'
import { features, installedPlugins, type Machine } from './features.ts'

/** The part of `GET /info` that is used. */
interface Info extends Machine {
  readonly ID?: string
  readonly Name?: string
  readonly KernelVersion?: string
  readonly OperatingSystem?: string
  readonly Runtimes?: Readonly<Record<string, Runtime>> | null
  readonly DefaultRuntime?: string
  readonly Isolation?: string
  readonly SecurityOptions?: readonly string[] | null
  /** From Docker 25 on. */
  readonly CDISpecDirs?: readonly string[] | null
  readonly LiveRestoreEnabled?: boolean
  readonly Swarm?: { readonly LocalNodeState?: string }
}

interface Runtime {
  readonly path?: string
  readonly runtimeArgs?: readonly string[] | null
  readonly runtimeType?: string
}

export async function capabilities(client: Client): Promise<EngineCapabilities> {
  const { engineApi, version, os, architecture } = await client.agreement()
  const docker = await client.calls()
  // One after the other: over ssh each call at the same time is a login.
  const [info, plugins] = await attempt('say what it offers', undefined, async () => {
    const told = (await docker.info()) as Info
    return [told, await installedPlugins(docker)] as const
  })
  return {
    id: info.ID ?? '',
    name: info.Name ?? '',
    version,
    apiVersion: engineApi,
    os,
    architecture,
    kernelVersion: info.KernelVersion ?? '',
    operatingSystem: info.OperatingSystem ?? '',
    runtimes: Object.fromEntries(
      Object.entries(info.Runtimes ?? {}).map(([name, one]) => [name, runtime(one)]),
    ),
    defaultRuntime: blank(info.DefaultRuntime),
    defaultIsolation:
      info.Isolation === 'process' || info.Isolation === 'hyperv' ? info.Isolation : undefined,
    securityOptions: info.SecurityOptions ?? [],
    cdiSpecDirs: info.CDISpecDirs ?? [],
    liveRestore: info.LiveRestoreEnabled === true,
    swarm: (info.Swarm?.LocalNodeState ?? 'inactive') === 'inactive' ? 'inactive' : 'active',
    ...(info.Plugins === undefined ? {} : { features: features(info, plugins) }),
    containerdImages: (info.DriverStatus ?? []).some(
      ([name, value]) => name === 'driver-type' && value.startsWith('io.containerd.snapshotter'),
    ),
  }
}

/** A runtime that is configured by its shim has a type (`io.containerd.kata.v2`) and no path: the type stands in. */
function runtime({ path, runtimeArgs, runtimeType }: Runtime): EngineRuntime {
  return { path: blank(path) ?? blank(runtimeType), args: runtimeArgs ?? [] }
}

function blank(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
