import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { releases, type Outcome } from '../../src/index.ts'
import { run } from '../../src/run.ts'
import { eventually } from '../end-to-end/harness.ts'
import { behaviors, type Scene } from './scene.ts'
import { samples } from './projects.ts'

const script = fileURLToPath(new URL('../../engine.sh', import.meta.url))
const { available } = await releases()
/** Compose as Debian's sid has it, 2.40 or later; undefined: it can't be had here. */
const newer = available.includes('26') ? await newerCompose() : undefined

await behaviors('interchange', '26', async (behave, house) => {
  const composers: readonly (readonly [
    string,
    (scene: Scene, ...args: readonly string[]) => Promise<Outcome>,
  ])[] = [
    ['Compose 2.26', ({ compose }, ...args) => compose(...args)],
    ...(newer === undefined ? [] : [['Compose 2.40 or later', later] as const]),
  ]

  function later({ folder }: Scene, ...args: readonly string[]): Promise<Outcome> {
    const env = {
      ...process.env,
      DOCKER_HOST: house.engine.dockerHost,
      DOCKER_CONFIG: house.engine.dockerConfig,
    }
    return run(newer ?? '', ['--project-directory', folder, ...args], {
      env,
      cwd: folder,
      timeoutMs: 180_000,
    })
  }

  for (const { name: project, files, sharing } of samples) {
    for (const [composer, compose] of composers)
      await behave(
        `${project}, up by ${composer}, must be taken over with nothing recreated`,
        files,
        async (scene) => {
          const { t, ids, bulkhead, name } = scene
          const made = await compose(scene, '-f', join(scene.folder, 'compose.yaml'), '-p', name, 'up', '-d')
          t.equal(made.code, 0, made.stderr)
          const before = await ids()
          await bulkhead('-p', name, 'up', '-d')
          t.same(await ids(), before, 'every container is the one that Compose made')
          t.match(await house.get(`/v1/projects/${name}`), { converged: true })
          await bulkhead('-p', name, 'up', '-d')
          t.same(await ids(), before, 'and another up changes nothing')
        },
      )
    if (newer === undefined) t.comment(`without Compose 2.40: ${project} is not given back to it`)
    else
      await behave(`${project}, up by Bulkhead, must be left alone by Compose's up`, files, async (scene) => {
        const { t, ids, bulkhead, name } = scene
        await bulkhead('-p', name, 'up', '-d')
        const before = await ids()
        const again = await later(scene, '-p', name, 'up', '-d')
        const own = (all: Readonly<Record<string, string>>): unknown =>
          Object.entries(all).filter(([container]) => !sharing.some((one) => container.includes(one)))
        t.same(own(await ids()), own(before), again.stderr)
      })
  }

  await behave(
    'Compose must show, stop, start, restart and take down what Bulkhead runs, and Bulkhead must respect it',
    {
      'compose.yaml': `services:
  db: { image: 'bb:1', command: "sh -c \\"echo hello from db; trap exit TERM; while :; do sleep 1 & wait; done\\"" }
  web: { image: 'bb:1', init: true, command: sleep 1000, depends_on: [db] }
`,
    },
    async ({ t, bulkhead, compose, name, ids, states, inspect, docker }) => {
      const done = async (...args: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await compose('-p', name, ...args)
        t.equal(code, 0, `${args.join(' ')}: ${stderr}`)
        return stdout
      }
      await bulkhead('up', '-d')
      const before = await ids()
      t.match(await done('ps', '--format', 'json'), new RegExp(`"${name}-web-1"`))
      t.match(await done('logs', 'db'), /hello from db/)
      t.equal((await done('exec', '-T', 'web', 'echo', 'inside')).trim(), 'inside')
      const started = (await inspect(`${name}-db-1`)).at('State', 'StartedAt')
      await done('restart', '-t', '0', 'db')
      t.not((await inspect(`${name}-db-1`)).at('State', 'StartedAt'), started)
      await done('stop', '-t', '0', 'web')
      await eventually(async () => (await house.get(`/v1/projects/${name}`)).converged === true)
      t.match(
        await states(),
        { [`${name}-web-1`]: 'exited', [`${name}-db-1`]: 'running' },
        'a stop is respected',
      )
      await done('start')
      t.match(await states(), { [`${name}-web-1`]: 'running' })
      t.same(await ids(), before, 'they are the same containers all along')
      await done('down', '-t', '0')
      await eventually(async () => (await house.get(`/v1/projects/${name}`)).converged === true)
      t.same(await states(), {}, 'so is a down')
      t.notMatch(await docker('network', 'ls', '--format', '{{.Name}}'), `${name}_default`)
    },
  )
})

async function newerCompose(): Promise<string | undefined> {
  const { code, stdout, stderr } = await run('bash', [script, 'newer-compose'], {
    env: process.env,
    timeoutMs: 300_000,
  })
  if (code === 0) return stdout.trim()
  t.comment(stderr.trim())
  return undefined
}
