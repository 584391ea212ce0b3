import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { releases, startEngine } from '@bulkhead/testbed'
import { linuxRules, startTwin } from '../src/index.ts'

const { available, reason } = await releases()
const skip = available.includes('26') ? false : (reason ?? "Docker's commands cannot be had here.")

const file = `
services:
  db:
    image: bb:1
    command: serve db
    healthcheck: { test: [CMD, probe], interval: 100ms }
    volumes: ["data:/data", /anonymous]
  web:
    image: bb:1
    command: serve web
    depends_on: { db: { condition: service_healthy } }
    ports: ["8088:80"]
    networks: [default, back]
networks: { back: {} }
volumes: { data: {} }
`

for (const release of ['26', '20'] as const) {
  void t.test(
    `Docker's and Compose's commands must find in the twin of Docker ${release} what they find in an engine`,
    { skip, timeout: 240_000 },
    async (t) => {
      const own = await startEngine({ release: '26', images: ['bb:1'] })
      t.teardown(() => own.stop())
      const twin = await startTwin({
        rules: linuxRules(release),
        images: [{ reference: 'bb:1' }],
        scripts: [{ command: 'serve web', does: { writes: [{ text: 'ready\n' }] } }, { probes: [1, 0] }],
        registry: { 'registry.test:5000/app:1': { image: {} } },
      })
      t.teardown(() => twin.close())
      const folder = await mkdtemp(join(tmpdir(), 'twin-'))
      t.teardown(() => rm(folder, { recursive: true }))
      await writeFile(join(folder, 'compose.yaml'), file)
      const docker = async (...words: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await own.docker('--host', twin.dockerHost, ...words)
        t.equal(code, 0, `docker ${words.join(' ')}${code === 0 ? '' : `: ${stderr}`}`)
        return stdout.trim()
      }
      const compose = (...words: readonly string[]): Promise<string> =>
        docker('compose', '--project-name', 'app', '--file', join(folder, 'compose.yaml'), ...words)
      const states = async (): Promise<readonly string[]> =>
        (await docker('ps', '--all', '--format', '{{.Names}} {{.State}}')).split('\n').sort()

      await compose('up', '--detach', '--wait')
      t.strictSame(await states(), ['app-db-1 running', 'app-web-1 running'])
      const before = await docker('ps', '--quiet', '--no-trunc')
      await compose('up', '--detach')
      t.equal(await docker('ps', '--quiet', '--no-trunc'), before, 'a second up changes nothing')
      t.match(await compose('ps', '--format', '{{.Service}} {{.Health}}'), /db healthy/u)
      t.equal(await compose('exec', '--no-TTY', 'web', 'echo', 'hello'), 'hello')
      t.match(await compose('logs', 'web'), /ready/u)
      t.equal(
        await docker(
          'inspect',
          '--format',
          '{{(index .NetworkSettings.Ports "80/tcp" 0).HostPort}}',
          'app-web-1',
        ),
        '8088',
      )
      await compose('stop')
      t.strictSame(await states(), ['app-db-1 exited', 'app-web-1 exited'])
      t.equal(await docker('wait', 'app-web-1'), '0')
      await compose('start')
      await compose('restart', 'web')
      await docker('rm', '--force', 'app-web-1')
      await compose('up', '--detach', '--scale', 'web=1')
      t.strictSame(await states(), ['app-db-1 running', 'app-web-1 running'])
      t.match(
        await docker('events', '--since', '1h', '--until', '0s', '--filter', 'event=start'),
        /app-db-1/u,
      )
      await compose('down', '--volumes')
      t.strictSame(await states(), [''])
      t.equal(await docker('volume', 'ls', '--quiet'), '')
      t.strictSame((await docker('network', 'ls', '--format', '{{.Name}}')).split('\n').sort(), [
        'bridge',
        'host',
        'none',
      ])

      t.equal(await docker('run', '--rm', 'bb:1', 'echo', 'once'), 'once')
      await docker('network', 'create', 'made')
      await docker('network', 'rm', 'made')
      t.equal(await docker('volume', 'create', 'made'), 'made')
      await docker('volume', 'rm', 'made')
      await docker('pull', '--quiet', 'registry.test:5000/app:1')
      t.match(
        await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'),
        /registry\.test:5000\/app:1/u,
      )
      const { code, stderr } = await own.docker('--host', twin.dockerHost, 'rm', 'none')
      t.equal(code, 1)
      t.match(stderr, 'Error response from daemon: No such container: none')
    },
  )
}
