import type { Clock } from '../clock.ts'
import type { Container } from './container.ts'
import { newEventLog } from '../events.ts'
import type { EventLog, EventType } from '../events.ts'
import type { Execution } from './execution.ts'
import type { Image } from './image.ts'
import type { Network } from './network.ts'
import type { Script } from '../program.ts'
import type { Random } from '../random.ts'
import type { Registry } from '../registry.ts'
import type { Rules } from '../rules.ts'
import type { Volume } from './volume.ts'

/** All that an engine holds, and what its parts share. */
export interface World {
  readonly rules: Rules
  readonly clock: Clock
  readonly random: Random
  readonly events: EventLog
  readonly scripts: readonly Script[]
  readonly registry: Registry
  /** First two numbers of the pool that networks get their addresses from: 256 networks of 254 addresses. */
  readonly addressPool: string
  /** Whether a path exists on the machine that containers mount from. */
  readonly hostHasPath: (path: string) => boolean
  /** By id, in order of creation. */
  readonly containers: Map<string, Container>
  readonly networks: Map<string, Network>
  readonly executions: Map<string, Execution>
  /** By name. */
  readonly volumes: Map<string, Volume>
  /** By id. */
  readonly images: Map<string, Image>
  /** Engine's own id. */
  readonly id: string
  /** Process id for the next program. */
  nextPid(): number
  /** The time now, later than any it told before. */
  nanoseconds(): bigint
  tell(type: EventType, action: string, id: string, attributes: Readonly<Record<string, string>>): void
}

export type WorldOptions = Pick<
  World,
  'rules' | 'clock' | 'random' | 'scripts' | 'registry' | 'addressPool' | 'hostHasPath'
>

export function newWorld(options: WorldOptions): World {
  const events = newEventLog()
  const { clock, random } = options
  let last = 0n
  let pid = 1000
  const nanoseconds = (): bigint => {
    const now = BigInt(Math.round(clock.now() * 1000)) * 1000n
    last = now > last ? now : last + 1n
    return last
  }
  const hex = random.hex(32)
  return {
    ...options,
    events,
    containers: new Map(),
    networks: new Map(),
    executions: new Map(),
    volumes: new Map(),
    images: new Map(),
    id: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
    nextPid: () => (pid += 1),
    nanoseconds,
    tell: (type, action, id, attributes) =>
      events.tell({ type, action, id, attributes, nanoseconds: nanoseconds() }),
  }
}
