import type { Project, Service } from '@bulkhead/model'
import { nanoseconds } from './units.ts'

/** What Bulkhead does about an unhealthy container. */
export interface HealthPolicy {
  readonly onUnhealthy: 'restart' | 'recreate' | 'report'
  /** Tries within the window before the breaker opens. */
  readonly retries: number
  /** Canonical duration. */
  readonly window: string
}

type Extended = Pick<Project, 'extensions'>

/** `x-bulkhead.drift` of the service, else of the project. */
export function driftPolicy(project: Extended, service: Service): 'repair' | 'report' {
  return setting(project, service, 'drift') === 'report' ? 'report' : 'repair'
}

/** `x-bulkhead.health` of the service, else of the project. What neither says: reported, 5 tries in 10 minutes. */
export function healthPolicy(project: Extended, service: Service): HealthPolicy {
  const { on_unhealthy: action, retries, window } = record(setting(project, service, 'health'))
  return {
    onUnhealthy: action === 'restart' || action === 'recreate' ? action : 'report',
    retries: typeof retries === 'number' ? retries : 5,
    window: typeof window === 'string' ? window : '10m',
  }
}

/** `x-bulkhead.drain` of the service, else of the project, in milliseconds; 2 s where neither says. */
export function drainMilliseconds(project: Extended, service: Service): number {
  const drain = setting(project, service, 'drain')
  return typeof drain === 'string' ? nanoseconds(drain) / 1e6 : 2000
}

function setting({ extensions }: Extended, service: Service, name: string): unknown {
  const own = record(service['x-bulkhead'])[name]
  return own ?? record(extensions['x-bulkhead'])[name]
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
