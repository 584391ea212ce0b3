import { spawn } from 'node:child_process'
import type { Engine } from '@bulkhead/engine'
import { containerBody, type Work } from './work.ts'

/** Someone who brings a project up and takes it down. */
export interface Contender {
  readonly name: string
  up(project: string, work: Work, file: string): Promise<void>
  /** Up again with nothing changed; undefined where that means nothing. */
  readonly again: ((project: string, work: Work, file: string) => Promise<void>) | undefined
  down(project: string, work: Work, file: string): Promise<void>
}

/** A command line of Compose's kind, called as people call it: a process a command. */
export function commandContender(
  name: string,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Contender {
  const call = async (project: string, file: string, args: readonly string[]): Promise<void> => {
    const [program = '', ...first] = command
    await runQuietly(program, [...first, '-p', project, '-f', file, ...args], env)
  }
  return {
    name,
    up: (project, _work, file) => call(project, file, ['up', '-d']),
    again: (project, _work, file) => call(project, file, ['up', '-d']),
    down: (project, _work, file) => call(project, file, ['down']),
  }
}

/** The engine's floor: the fewest calls that have the same effect, in one process that is warm. */
export function floorContender(engine: Engine): Contender {
  return {
    name: 'engine floor',
    async up(project, { services, chained }) {
      const network = `${project}_default`
      await engine.createNetwork({ name: network, body: {} })
      const create = (service: string): Promise<string> =>
        engine.createContainer({
          name: `${project}-${service}-1`,
          service,
          number: 1,
          platform: undefined,
          body: { ...containerBody(chained), HostConfig: { NetworkMode: network } },
          networks: [{ network, endpoint: { Aliases: [service] } }],
        })
      if (!chained) {
        await Promise.all(services.map(async (service) => engine.startContainer(await create(service))))
        return
      }
      const healthy = new Set<string>()
      let wake: () => void = () => undefined
      const ended = new AbortController()
      const following = (async () => {
        for await (const event of engine.events(ended.signal)) {
          if (event.action !== 'health_status' || event.health !== 'healthy') continue
          healthy.add(event.id)
          wake()
        }
      })().catch(() => undefined)
      const ids = await Promise.all(services.map(create))
      for (const id of ids) {
        await engine.startContainer(id)
        if (id === ids.at(-1)) break
        while (!healthy.has(id)) await new Promise<void>((resolve) => (wake = resolve))
      }
      ended.abort()
      await following
    },
    again: undefined,
    async down(project, { services }) {
      const remove = async (service: string): Promise<void> => {
        const container = `${project}-${service}-1`
        await engine.stopContainer(container, undefined)
        await engine.removeContainer(container, { volumes: false })
      }
      await Promise.all(services.map(remove))
      await engine.removeNetwork(`${project}_default`)
    },
  }
}

function runQuietly(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (part) => (said += String(part)))
    child.stderr.on('data', (part) => (said += String(part)))
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${said}`)),
    )
  })
}
