import type { Service } from '@bulkhead/model'
import type { Rule, Shortfall } from './shortfall.ts'

/** Settings for a cluster, and whether a service says anything with them. */
const settings: readonly (readonly [
  path: readonly string[],
  says: (deploy: NonNullable<Service['deploy']>) => boolean,
])[] = [
  [['mode'], ({ mode }) => mode !== undefined && mode !== 'replicated'],
  [['placement'], ({ placement }) => Object.keys(placement ?? {}).length > 0],
  [['endpoint_mode'], ({ endpoint_mode: mode }) => mode !== undefined],
  [['restart_policy', 'delay'], ({ restart_policy: policy }) => policy?.delay !== undefined],
  [['restart_policy', 'window'], ({ restart_policy: policy }) => policy?.window !== undefined],
  [
    ['resources', 'reservations', 'cpus'],
    ({ resources }) => Number(resources?.reservations?.cpus ?? 0) !== 0,
  ],
  [
    ['resources', 'reservations', 'generic_resources'],
    ({ resources }) => (resources?.reservations?.generic_resources ?? []).length > 0,
  ],
]

/** What only a swarm acts on: left out, as Compose does, but told. */
const scheduling: Rule = ({ deploy }) => {
  if (deploy === undefined) return []
  return settings
    .filter(([, says]) => says(deploy))
    .map(([path]): Shortfall => ({
      at: ['deploy', ...path],
      severity: 'warning',
      what: `deploy.${path.join('.')}, on which only a swarm acts`,
      hint: 'It has no effect here, nor with Compose.',
    }))
}

export const schedulingRules: readonly Rule[] = [scheduling]
