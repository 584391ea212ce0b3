import { pointer, positionOf } from '@bulkhead/model'
import { isCdiDevice } from '@bulkhead/planner'
import type { DeviceRequest, EngineCapabilities, Problem, Project, Service } from '@bulkhead/model'

export interface DevicesInput {
  readonly project: Pick<Project, 'positions'>
  readonly services: readonly Service[]
  readonly capabilities: Pick<EngineCapabilities, 'os' | 'runtimes' | 'cdiSpecDirs'>
  /** Whether NVIDIA's hook is on the engine's machine; undefined: that machine cannot be seen. */
  readonly hasGpuHook: boolean | undefined
}

type Place = readonly (string | number)[]

/**
 * GPUs and CDI devices that the engine has no driver for. The engine itself
 * says so only when a container starts, after the old one was stopped.
 *
 * An engine tells its runtimes and its CDI folders, but not its device drivers:
 * it has NVIDIA's where the toolkit's hook is installed, registered as a runtime
 * or not. Where that cannot be seen it is a warning.
 */
export function checkDevices({
  project,
  services,
  capabilities,
  hasGpuHook,
}: DevicesInput): readonly Problem[] {
  // A Windows engine has neither; what it makes of them is its own to say.
  if (capabilities.os !== 'linux') return []
  const hasCdi = (capabilities.cdiSpecDirs ?? []).length > 0
  const hasNvidia =
    hasGpuHook === true || Object.keys(capabilities.runtimes).some((name) => /nvidia/iu.test(name))
  const problem = (
    name: string,
    place: Place,
    severity: Problem['severity'],
    says: string,
    hint: string,
  ): Problem => ({
    severity,
    code: 'BH_DEVICE_UNAVAILABLE',
    message: `Service "${name}" asks for ${says}.`,
    hint,
    at: positionOf(project, 'services', name, ...place),
    path: pointer('services', name, ...place),
  })
  return services.flatMap((service) =>
    wishesOf(service).flatMap(({ kind, place, driver }): readonly Problem[] => {
      if (kind === 'cdi') {
        if (hasCdi) return []
        const says = 'a device by its CDI name, and the engine has no CDI'
        return [
          problem(
            service.name,
            place,
            'error',
            says,
            'Switch CDI on in the engine: `"features": {"cdi": true}` in its daemon.json.',
          ),
        ]
      }
      if (kind === 'other' || hasNvidia || hasCdi) return []
      const says = `a GPU${driver === '' ? '' : ` of the driver "${driver}"`}, and the engine has no driver for GPUs`
      const severity = hasGpuHook === undefined ? 'warning' : 'error'
      return [
        problem(
          service.name,
          place,
          severity,
          severity === 'error' ? says : says.replace('has no', 'shows no'),
          'Install the NVIDIA Container Toolkit on the machine of the engine, and run `nvidia-ctk runtime configure`.',
        ),
      ]
    }),
  )
}

interface Wish {
  readonly kind: 'cdi' | 'gpu' | 'other'
  readonly place: Place
  readonly driver: string
}

function wishesOf({ gpus = [], devices = [], deploy }: Service): readonly Wish[] {
  const reserved = deploy?.resources?.reservations?.devices ?? []
  const wish = (request: DeviceRequest, place: Place, isGpu: boolean): Wish => {
    const { driver = '', capabilities = [] } = request
    const gpu = driver === 'nvidia' || (driver === '' && (isGpu || capabilities.includes('gpu')))
    return { kind: driver === 'cdi' ? 'cdi' : gpu ? 'gpu' : 'other', place, driver }
  }
  return [
    ...gpus.map((request, index) => wish(request, ['gpus', index], true)),
    ...reserved.map((request, index) =>
      wish(request, ['deploy', 'resources', 'reservations', 'devices', index], false),
    ),
    ...devices.flatMap((device, index): readonly Wish[] =>
      isCdiDevice(device) ? [{ kind: 'cdi', place: ['devices', index], driver: 'cdi' }] : [],
    ),
  ]
}
