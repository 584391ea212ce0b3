import type { Json } from './json.ts'
import type { Refusal } from './refusal.ts'

/**
 * What differs between one kind of engine and another: operating system and
 * release. Nothing else in this room asks which engine it plays.
 */
export interface Rules {
  readonly os: 'linux' | 'windows'
  /** e.g. `26.1.5`. */
  readonly version: string
  readonly apiVersion: string
  readonly minApiVersion: string
  readonly architecture: string
  readonly words: Words
  /** Networks that are there from the start: name → driver. */
  readonly predefinedNetworks: Readonly<Record<string, string>>
  /** The network of a container that names none, and the driver of a network that names none. */
  readonly defaultNetwork: string
  readonly defaultDriver: string
  readonly networkDrivers: readonly string[]
  readonly runtimes: readonly string[]
  readonly defaultRuntime: string
  /** Whether a container may be created on several networks at once. */
  readonly manyNetworksAtCreate: boolean
  /** Whether the short id is among a container's aliases. */
  readonly shortIdAlias: boolean
  /** Whether a second network of a name is refused though nobody asked for that. */
  readonly uniqueNetworkNames: boolean
  /** What the engine tells, and in which order, when a container ends. */
  readonly dieFirst: boolean
  readonly executionTime: boolean
  /** Whether an anonymous volume is labeled as one. */
  readonly labelsAnonymousVolumes: boolean
  /** Whether every creation of a volume is told, also of one that is there. */
  readonly tellsEveryVolume: boolean
  /** `HostConfig` as the engine fills it in, in its own order. */
  hostConfig(given: Json): Json
  /** @throws Refusal for what this kind of engine can't do. */
  checkHostConfig(given: Json): void
  /** What `GET /info` tells beside counts. */
  info(): Json
}

/** The engine's words: statuses and messages by release. */
export interface Words {
  invalidFilter(name: string): Refusal
  unreadableFilters(given: string): Refusal
  noSuchContainer(name: string): Refusal
  notRunning(id: string): Refusal
  cannotKill(name: string, why: Refusal): Refusal
  invalidSignal(name: string, signal: string): Refusal
  removeRunning(id: string, name: string): Refusal
  removePaused(id: string, name: string): Refusal
  unknownRuntime(name: string): Refusal
  invalidRestartPolicy(name: string): Refusal
  emptyConfig(): Refusal
  noSuchImage(given: string, full: string): Refusal
  upperCaseName(repository: string): Refusal
  /** For `start`: what runc says. */
  programMissing(program: string): string
  manyNetworks(names: readonly string[]): Refusal
  networkNameMissing(): Refusal
  invalidSubnet(subnet: string): Refusal
  /** Undefined: the release takes every condition for one it knows. */
  invalidCondition(condition: string): Refusal | undefined
}
