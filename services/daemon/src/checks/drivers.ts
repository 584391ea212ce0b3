import type { EngineFeatures } from '@bulkhead/model'
import type { Rule, Shortfall } from './shortfall.ts'

/** Logging goes nowhere with `none`, which is in no list. */
const logging: Rule = ({ logging: settings }, { features }) => {
  const driver = settings?.driver ?? ''
  if (features === undefined || driver === '' || driver === 'none') return []
  return missing(features.logDrivers, driver, 'logging driver', ['logging', 'driver'], false)
}

const networks: Rule = ({ networks: joined = {}, network_mode: mode }, { features, swarm, os }, project) => {
  if (features === undefined || os === 'windows' || mode !== undefined) return []
  return Object.keys(joined).flatMap((key): readonly Shortfall[] => {
    const { driver = '', external } = project.networks[key] ?? {}
    const at = ['networks', key, 'driver']
    if (external === true || driver === '') return []
    if (driver === 'overlay' && swarm === 'inactive') {
      return [
        {
          at,
          ofProject: true,
          severity: 'error',
          what: `an overlay network ("${key}"), for which the engine must be in a swarm`,
          hint: 'Use `driver: bridge`, or `docker swarm init`.',
        },
      ]
    }
    return missing(features.networkDrivers, driver, 'network driver', at, true)
  })
}

const volumes: Rule = ({ volumes: mounted = [] }, { features }, project) => {
  if (features === undefined) return []
  return mounted.flatMap(({ type, source = '' }) => {
    const { driver = '', external } = project.volumes[source] ?? {}
    if (type !== 'volume' || external === true || driver === '') return []
    return missing(features.volumeDrivers, driver, 'volume driver', ['volumes', source, 'driver'], true)
  })
}

/** A size of the container's own layer: overlay2 has it on xfs alone. */
const storage: Rule = ({ storage_opt: options = {} }, { features }) => {
  if (features === undefined || !('size' in options) || canLimit(features)) return []
  const on = `${features.storageDriver}${features.backingFilesystem === undefined ? '' : ` on ${features.backingFilesystem}`}`
  return [
    {
      at: ['storage_opt', 'size'],
      severity: 'error',
      what: `a limited size of its file system, which this engine (${on}) cannot give`,
      hint: 'Leave it out, or keep the engine’s data on xfs with project quotas.',
    },
  ]
}

/** A shim of containerd needs no entry in the engine's list. */
const runtimes: Rule = ({ runtime }, { runtimes: known, os }) => {
  if (runtime === undefined || os === 'windows' || runtime.startsWith('io.containerd.')) return []
  const names = Object.keys(known)
  if (names.length === 0 || names.includes(runtime)) return []
  return [
    {
      at: ['runtime'],
      severity: 'error',
      what: `the runtime "${runtime}", which this engine does not have`,
      hint: `It has ${names.sort().join(', ')}. Add others to "runtimes" in the engine's configuration.`,
    },
  ]
}

export const driverRules: readonly Rule[] = [logging, networks, volumes, storage, runtimes]

function canLimit({ storageDriver, backingFilesystem }: EngineFeatures): boolean {
  return storageDriver !== 'overlay2' || backingFilesystem === undefined || backingFilesystem === 'xfs'
}

function missing(
  known: readonly string[],
  driver: string,
  what: string,
  at: Shortfall['at'],
  ofProject: boolean,
): readonly Shortfall[] {
  const name = driver.replace(/:[^/:]*$/, '')
  if (known.length === 0 || known.includes(name)) return []
  return [
    {
      at,
      ofProject,
      severity: 'error',
      what: `the ${what} "${driver}", which this engine does not have`,
      hint: `It has ${[...known].sort().join(', ')}. Install the plugin with \`docker plugin install\`, or use one of these.`,
    },
  ]
}
