import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newCalls } from './calls.ts'
import type { Call, Fault } from './calls.ts'
import { realClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { isUp, tellContainer } from './container.ts'
import { addImage } from './image.ts'
import type { ImageSpec } from './state/image.ts'
import { linuxRules } from './linux.ts'
import { addPredefinedNetworks } from './network.ts'
import type { Script } from './program.ts'
import { seeded } from './random.ts'
import type { RemoteImage } from './registry.ts'
import type { Rules } from './rules.ts'
import { openEar } from './server.ts'
import type { Door } from './server.ts'
import { text, object } from './json.ts'
import { startContainer } from './start.ts'
import { newWorld } from './state/world.ts'
import type { World } from './state/world.ts'

export interface TwinOptions {
  /** Which engine it plays. @default Docker 26.1 on Linux */
  readonly rules?: Rules
  /** @default real time */
  readonly clock?: Clock
  /** Of ids, and of orders that vary. @default 1 */
  readonly seed?: number
  /** What is on the engine from the start. */
  readonly images?: readonly ImageSpec[]
  /** What registries have, by reference. */
  readonly registry?: Readonly<Record<string, RemoteImage>>
  readonly scripts?: readonly Script[]
  /** First two numbers of the addresses that networks get. @default '10.202' */
  readonly addressPool?: string
  /** Whether a path exists on the machine that binds mount from. @default this machine */
  readonly hostHasPath?: (path: string) => boolean
  /** Called before a call does anything. */
  readonly onCall?: (call: Call) => void | Promise<void>
  /** Milliseconds, of the engine's time, that a call waits first. */
  readonly latency?: (call: Call) => number
  /** Path of its Unix socket. @default one in a folder of its own, which goes when it closes */
  readonly socket?: string
}

/** An engine that lives in memory. */
export interface Twin {
  /** As DOCKER_HOST wants it: `unix:///…`. */
  readonly dockerHost: string
  readonly socket: string
  /** All calls so far. */
  readonly calls: readonly Call[]
  readonly world: World
  /** Orders that something go wrong. */
  order(fault: Fault): void
  /** From now on nothing goes wrong. */
  relent(): void
  /** Adds an image, as if somebody had built it. */
  addImage(spec: ImageSpec): void
  /** Breaks the event streams; those who listen have to come back. */
  dropEvents(): void
  /** One more socket, which can be closed alone: to end one client as if its process were killed. */
  openDoor(): Promise<Entrance>
  /** Dies as if killed: every connection breaks and nobody listens any more. What it holds is kept. */
  die(): Promise<void>
  /**
   * Listens again, with no memory of events.
   *
   * @param containers `kept`: they ran on meanwhile (live restore). `stopped`: they were stopped, and those
   * whose policy is `always` are started. `cleared`: likewise, but they ran on, and it stops them as it comes back,
   * and tells so: what an engine does that was killed alone.
   */
  comeBack(containers?: 'kept' | 'stopped' | 'cleared'): Promise<void>
  close(): Promise<void>
}

export interface Entrance {
  readonly dockerHost: string
  /** Breaks its connections at once and lets nobody in any more. */
  close(): Promise<void>
}

/** Starts an engine of one's own. */
export async function startTwin(options: TwinOptions = {}): Promise<Twin> {
  const { rules = linuxRules('26'), clock = realClock(), seed = 1, images = [], scripts = [] } = options
  const { registry = {}, addressPool = '10.202', hostHasPath = existsSync, onCall, latency } = options
  const world = newWorld({
    rules,
    clock,
    random: seeded(seed),
    scripts,
    registry: new Map(Object.entries(registry)),
    addressPool,
    hostHasPath,
  })
  addPredefinedNetworks(world)
  for (const image of images) addImage(world, image)
  const calls = newCalls({ clock, onCall, latency })
  const ear = await openEar(world, calls)
  const folder = options.socket === undefined ? mkdtempSync(join(tmpdir(), 'twin-')) : undefined
  const socket = options.socket ?? join(folder ?? '', 'docker.sock')
  /** By path; those that were shut alone are gone from here. */
  const doors = new Map<string, Door>()
  let entrances = 0
  const open = async (path: string): Promise<void> => void doors.set(path, await ear.open(path))
  const shutAll = async (): Promise<void> =>
    void (await Promise.all([...doors.values()].map((door) => door.close())))
  await open(socket)
  return {
    dockerHost: `unix://${socket}`,
    socket,
    calls: calls.log,
    world,
    order: (fault) => calls.order(fault),
    relent: () => calls.relent(),
    addImage: (spec) => void addImage(world, spec),
    dropEvents: () => ear.dropEvents(),
    async openDoor() {
      entrances += 1
      const path = `${socket}.${entrances}`
      await open(path)
      return {
        dockerHost: `unix://${path}`,
        async close() {
          const door = doors.get(path)
          doors.delete(path)
          await door?.close()
        },
      }
    },
    die: shutAll,
    async comeBack(containers = 'kept') {
      if (containers === 'stopped') stopAll(world)
      world.events.forget()
      if (containers === 'cleared') clearAll(world)
      if (containers !== 'kept') startAlways(world)
      for (const path of doors.keys()) await open(path)
    },
    async close() {
      await shutAll()
      for (const container of world.containers.values()) end(container)
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Ends a container's program with nobody told and nothing restarted. */
function end(container: World['containers'] extends Map<string, infer C> ? C : never): void {
  container.manuallyStopped = true
  container.cancelRestart?.()
  container.health?.stop()
  container.running?.signal('SIGKILL')
}

function stopAll(world: World): void {
  for (const container of world.containers.values()) if (isUp(container)) end(container)
}

function clearAll(world: World): void {
  for (const container of [...world.containers.values()].filter(isUp)) {
    tellContainer(world, 'kill', container, { signal: '15' })
    end(container)
    tellContainer(world, 'stop', container)
  }
}

/** The engine's own stop counts as one by hand: `unless-stopped` stays down. */
function startAlways(world: World): void {
  for (const container of world.containers.values())
    if (text(object(container.host['RestartPolicy'])['Name']) === 'always') startContainer(world, container)
}
