import type Docker from 'dockerode'
import type { EngineFeatures } from '@bulkhead/model'

/** The part of `GET /info` that tells of the engine's machine. */
export interface Machine {
  readonly CgroupDriver?: string
  readonly CgroupVersion?: string
  readonly MemoryLimit?: boolean
  readonly SwapLimit?: boolean
  readonly OomKillDisable?: boolean
  readonly CpuCfsQuota?: boolean
  readonly CPUShares?: boolean
  readonly CPUSet?: boolean
  readonly PidsLimit?: boolean
  readonly Driver?: string
  readonly DriverStatus?: readonly (readonly [string, string])[] | null
  readonly Plugins?: {
    readonly Log?: readonly string[] | null
    readonly Network?: readonly string[] | null
    readonly Volume?: readonly string[] | null
  }
}

/** The part of `GET /plugins` that is used. */
interface Plugin {
  readonly Name: string
  readonly Enabled: boolean
}

/** Names of the plugins that were installed, which `GET /info` leaves out. An engine without any, as on Windows, says so by an error. */
export async function installedPlugins(docker: Docker): Promise<readonly string[]> {
  const list = (await docker.listPlugins().catch(() => [])) as readonly Plugin[]
  return list.filter(({ Enabled: enabled }) => enabled).map(({ Name: name }) => name.replace(/:[^/:]*$/u, ''))
}

export function features(machine: Machine, installed: readonly string[]): EngineFeatures {
  const { CgroupVersion: version, CgroupDriver: driver, Plugins: plugins } = machine
  return {
    cgroupVersion: driver === 'none' ? undefined : version === '2' ? '2' : '1',
    memoryLimit: machine.MemoryLimit === true,
    swapLimit: machine.SwapLimit === true,
    oomKillDisable: machine.OomKillDisable === true,
    cpuQuota: machine.CpuCfsQuota === true,
    cpuShares: machine.CPUShares === true,
    cpuSet: machine.CPUSet === true,
    pidsLimit: machine.PidsLimit === true,
    storageDriver: machine.Driver ?? '',
    backingFilesystem: machine.DriverStatus?.find(([name]) => name === 'Backing Filesystem')?.[1],
    logDrivers: [...(plugins?.Log ?? []), ...installed],
    networkDrivers: [...(plugins?.Network ?? []), ...installed],
    volumeDrivers: [...(plugins?.Volume ?? []), ...installed],
  }
}
