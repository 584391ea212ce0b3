import type { EngineCaller } from './engine.ts'
import type { SoakProject } from './projects.ts'
import type { SlowEngine } from './slow.ts'
import type { Subject } from './daemon.ts'

/** What can befall a container, the engine or the daemon itself. */
export const faultKinds = [
  'kill',
  'die',
  'remove',
  'disconnect',
  'pause',
  'engine pause',
  'slow engine',
  'daemon kill',
] as const

export type FaultKind = (typeof faultKinds)[number]

export interface Ground {
  readonly engine: EngineCaller
  readonly slow: SlowEngine
  readonly subject: Subject
  readonly projects: readonly SoakProject[]
}

/** Has a fault happen; ends when it's over. False: it found nothing to befall, as what an earlier one took is not back yet. */
export async function inflict(kind: FaultKind, ground: Ground, random: () => number): Promise<boolean> {
  const { engine, slow, subject, projects } = ground
  const any = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  const { name: project, containers } = any(projects)
  // A service without `restart` that ends by itself stays down, as its file says: that one is no fault.
  const name = kind === 'die' ? `${project}-web-1` : any([...containers.keys()])
  const done = async (status: Promise<number>): Promise<boolean> => (await status) < 300
  switch (kind) {
    case 'kill':
      return done(engine.call('POST', `/containers/${name}/kill?signal=KILL`))
    case 'die':
      return die(engine, name)
    case 'remove':
      return done(engine.call('DELETE', `/containers/${name}?force=1`))
    case 'pause':
      return done(engine.call('POST', `/containers/${name}/pause`))
    case 'disconnect': {
      const network = any(containers.get(name) ?? [])
      return done(engine.call('POST', `/networks/${network}/disconnect`, { Container: name, Force: true }))
    }
    case 'engine pause': {
      const pid = await engine.pid()
      process.kill(pid, 'SIGSTOP')
      await pause(1000 + random() * 2000)
      process.kill(pid, 'SIGCONT')
      return true
    }
    case 'slow engine':
      slow.delayMs = Math.round(50 + random() * 250)
      await pause(5000)
      slow.delayMs = 0
      return true
    case 'daemon kill':
      await subject.killAndRestart()
      return true
  }
}

async function die(engine: EngineCaller, name: string): Promise<boolean> {
  const found = (await engine.get(`/containers/${name}/json`).catch(() => undefined)) as
    { readonly State: { readonly Pid: number } } | undefined
  if (found === undefined || found.State.Pid === 0) return false
  process.kill(found.State.Pid, 'SIGKILL')
  return true
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
