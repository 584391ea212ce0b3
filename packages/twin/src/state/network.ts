import type { Subnet } from '../address.ts'
import type { Json } from '../json.ts'

export interface Network {
  readonly id: string
  readonly name: string
  readonly driver: string
  readonly createdAt: bigint
  readonly body: Json
  readonly labels: Readonly<Record<string, string>>
  /** Where its addresses come from; undefined: it has none (host, none). */
  readonly subnet: Subnet | undefined
  readonly gateway: string | undefined
  /** As `IPAM.Config` shows it. */
  readonly pools: readonly Json[]
  /** Whether the user chose the subnet: only then may addresses be chosen. */
  readonly ownSubnet: boolean
  /** Of containers that run, by container id. */
  readonly endpoints: Map<string, ActiveEndpoint>
}

export interface ActiveEndpoint {
  readonly id: string
  readonly container: string
  readonly address: string
  readonly mac: string
}
