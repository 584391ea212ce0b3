import {
  BulkheadError,
  isIsolationMode,
  isolationModes,
  type EngineCapabilities,
  type IsolationMode,
  type IsolationProfile,
  type Service,
} from '@bulkhead/model'
import { kernelOf, preference, type RuntimeKernel } from './runtimes.ts'

/** The mode that a service asks for; throws BH_ISOLATION_INVALID for any other word. */
export function modeOf({ name, isolation }: Pick<Service, 'name' | 'isolation'>): IsolationMode {
  if (isolation === undefined || isolation === '') return 'default'
  if (isIsolationMode(isolation)) return isolation
  throw new BulkheadError(
    'BH_ISOLATION_INVALID',
    `Service "${name}" asks for isolation "${isolation}", which is not a mode that can be run.`,
    { hint: `Use one of ${isolationModes.join(', ')}.` },
  )
}

export interface ResolveOptions {
  /** Runtime of the service's present container: kept while it still satisfies the mode. */
  readonly current?: string | undefined
}

/**
 * What a service's mode means on an engine. Pure. Fails closed: a mode that the
 * engine cannot give is an error, never a weaker wall.
 *
 * @throws BulkheadError BH_ISOLATION_INVALID, BH_ISOLATION_UNAVAILABLE: the user's to cure.
 */
export function resolveIsolation(
  service: Service,
  capabilities: EngineCapabilities,
  options: ResolveOptions = {},
): IsolationProfile {
  const mode = modeOf(service)
  if (capabilities.os === 'windows') return onWindows(mode, service, capabilities)
  const wanted = wantedKernel(mode, service)
  if (wanted === undefined) return onDefault(mode, service, capabilities)
  if (service.runtime !== undefined) return onNamedRuntime(mode, wanted, service, capabilities)

  const candidates = runtimesWith(wanted, capabilities)
  const { current } = options
  const runtime =
    current !== undefined && candidates.includes(current)
      ? current
      : (candidates.find((name) => name === capabilities.defaultRuntime) ?? candidates[0])
  if (runtime === undefined) throw unavailable(mode, wanted, service, capabilities)
  return { mode, runtime, kernel: wanted }
}

/** Names of the engine's runtimes that give this kernel, the preferred one first. */
export function runtimesWith(kernel: RuntimeKernel, { runtimes }: EngineCapabilities): readonly string[] {
  return Object.keys(runtimes)
    .filter((name) => kernelOf(name, runtimes[name]) === kernel)
    .sort((a, b) => preference(a) - preference(b) || a.localeCompare(b))
}

function wantedKernel(mode: IsolationMode, service: Service): RuntimeKernel | undefined {
  if (mode === 'default') return undefined
  if (mode === 'auto') return isTrusted(service) ? 'shared' : 'own'
  return mode === 'process' ? 'shared' : 'own'
}

function isTrusted(service: Service): boolean {
  const extension = service['x-bulkhead']
  return (
    typeof extension === 'object' &&
    extension !== null &&
    'trust' in extension &&
    extension.trust === 'trusted'
  )
}

function onDefault(
  mode: IsolationMode,
  service: Service,
  { defaultRuntime, runtimes }: EngineCapabilities,
): IsolationProfile {
  const runtime = service.runtime ?? defaultRuntime
  const kernel = runtime === undefined ? undefined : kernelOf(runtime, runtimes[runtime])
  return { mode, runtime: service.runtime, kernel: kernel ?? 'unknown' }
}

function onNamedRuntime(
  mode: IsolationMode,
  wanted: RuntimeKernel,
  { name, runtime = '' }: Service,
  { runtimes }: EngineCapabilities,
): IsolationProfile {
  if (kernelOf(runtime, runtimes[runtime]) === wanted) return { mode, runtime, kernel: wanted }
  throw new BulkheadError(
    'BH_ISOLATION_INVALID',
    `Service "${name}" asks for isolation "${mode}" and names the runtime "${runtime}", which is not known to give ${describe(wanted)}.`,
    { hint: 'Remove `runtime` and let the mode choose, or remove `isolation`.' },
  )
}

function onWindows(
  mode: IsolationMode,
  service: Service,
  { defaultIsolation }: EngineCapabilities,
): IsolationProfile {
  if (mode === 'default') {
    const kernel =
      defaultIsolation === undefined ? 'unknown' : defaultIsolation === 'hyperv' ? 'own' : 'shared'
    return { mode, kernel }
  }
  const isolation = mode === 'auto' ? (isTrusted(service) ? 'process' : 'hyperv') : mode
  return { mode, isolation, kernel: isolation === 'hyperv' ? 'own' : 'shared' }
}

function unavailable(
  mode: IsolationMode,
  wanted: RuntimeKernel,
  { name }: Service,
  capabilities: EngineCapabilities,
): BulkheadError {
  const offered = Object.keys(capabilities.runtimes).sort().join(', ')
  return new BulkheadError(
    'BH_ISOLATION_UNAVAILABLE',
    `Service "${name}" asks for isolation "${mode}", which needs a runtime that gives ${describe(wanted)}; ` +
      `the engine "${capabilities.name}" offers ${offered === '' ? 'none' : offered}.`,
    {
      hint:
        wanted === 'own'
          ? 'Install gVisor (https://gvisor.dev/docs/user_guide/install) or Kata Containers, name the runtime in the engine\'s daemon.json under "runtimes", and reload the engine.'
          : 'Name runc or crun in the engine\'s daemon.json under "runtimes", and reload the engine.',
    },
  )
}

function describe(kernel: RuntimeKernel): string {
  return kernel === 'own' ? 'each container a kernel of its own' : "the host's kernel"
}
