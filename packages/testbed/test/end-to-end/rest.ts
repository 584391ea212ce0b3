import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { releases } from '../../src/index.ts'
import { run } from '../../src/run.ts'
import { containersOf, eventually, inspect, openHouse, page, type Answer, type House } from './harness.ts'

const { available, reason } = await releases()

export function rest(): void {
  void t.test(
    'db-web by REST alone',
    { skip: available.includes('26') ? false : (reason ?? true) },
    async (t: Test) => {
      const house = await openHouse('26')
      t.teardown(() => house.close())
      const folder = await house.copyExample('db-web', 'db-web-rest')
      const { docker } = house.engine
      await house.startDaemon()
      const digest = await uploadContext(house, join(folder, 'web'))

      const bundle = async (greeting?: string): Promise<object> => {
        const file = join(folder, 'compose.yaml')
        const yaml = await readFile(file, 'utf8')
        const text =
          greeting === undefined
            ? yaml
            : yaml.replace('DB_HOST: db', `DB_HOST: db\n      GREETING: ${greeting}`)
        return {
          workingDir: folder,
          configFiles: [file],
          projectName: 'db-web',
          profiles: [],
          environmentFiles: [],
          files: { [file]: text },
          environment: {},
          contexts: { [join(folder, 'web')]: digest },
        }
      }
      const deploy = (body: object): Promise<Answer> => post(house, '/v1/deployments', body)
      const deployed = async (body: object): Promise<Answer> => {
        const { id } = await deploy(body)
        const { stdout } = await house.curl('--max-time', '120', `/v1/deployments/${id}/events`)
        t.match(stdout, /event: finished/)
        return house.get(`/v1/deployments/${id}`)
      }

      await t.test(
        'without its external network: a problem with code, file and line, and nothing made',
        async (t) => {
          await docker('network', 'rm', 'nat')
          const problem = await deploy({ action: 'up', bundle: await bundle() })
          t.match(problem, { status: 422, code: 'BH_NETWORK_NOT_FOUND', at: { line: 38 } })
          t.match(String(problem['detail'] ?? problem['title']), /nat/)
          t.same(await containersOf(house, 'db-web'), [])
        },
      )

      await t.test('up must end with a page that shows a row, and both walls in the status', async (t) => {
        await docker('network', 'create', 'nat')
        const deployment = await deployed({ action: 'up', bundle: await bundle() })
        t.match(deployment, { state: 'succeeded' })
        await eventually(async () =>
          (await house.curl('/v1/projects/db-web')).stdout.includes('"health":"healthy"'),
        )
        await eventually(async () => /Visit number/.test(await page(house).catch(() => '')))
        t.equal(await inspect(house, 'db-web-web-1', '{{.HostConfig.Runtime}}'), 'runsc')
        t.equal(await inspect(house, 'db-web-db-1', '{{.HostConfig.Runtime}}'), 'runc')
        t.match(await house.get('/v1/projects/db-web'), {
          converged: true,
          services: [
            { name: 'db', isolation: { mode: 'process' } },
            { name: 'web', isolation: { mode: 'hyperv', profile: 'runsc' } },
          ],
        })
      })

      await t.test('the same again must do nothing, a change must replace web alone', async (t) => {
        t.match(await deployed({ action: 'up', bundle: await bundle() }), {
          state: 'succeeded',
          operations: 0,
        })
        await house.stopDaemon()
        await house.startDaemon()
        t.match(await deployed({ action: 'up', project: 'db-web' }), { state: 'succeeded', operations: 0 })
        const db = await inspect(house, 'db-web-db-1', '{{.Id}}')
        const web = await inspect(house, 'db-web-web-1', '{{.Id}}')
        t.match(await deployed({ action: 'up', bundle: await bundle('hello') }), { state: 'succeeded' })
        t.equal(await inspect(house, 'db-web-db-1', '{{.Id}}'), db)
        t.not(await inspect(house, 'db-web-web-1', '{{.Id}}'), web)
      })

      await t.test('a daemon killed in mid-deployment must finish it when it is back', async (t) => {
        const { id = '' } = await deploy({ action: 'up', bundle: await bundle('killed') })
        for await (const line of house.follow(`/v1/deployments/${id}/events`))
          if (line === 'event: done') break
        await house.killDaemon()
        await house.startDaemon()
        await eventually(async () => (await house.get(`/v1/deployments/${id}`)).finishedAt !== undefined)
        t.match(await house.get(`/v1/deployments/${id}`), { state: 'succeeded' })
        t.same(await containersOf(house, 'db-web'), ['db-web-db-1', 'db-web-web-1'])
      })

      await t.test('a stream of events must go on after the last one seen', async (t) => {
        const [newest] = (await house.get('/v1/deployments?project=db-web')).deployments as readonly Answer[]
        const all = await eventIds(house, newest?.id ?? '')
        t.same(await eventIds(house, newest?.id ?? '', '-H', 'Last-Event-ID: 2'), all.slice(2))
      })

      await t.test('logs must stream, and down must take it all', async (t) => {
        const logs = await house.curl('/v1/projects/db-web/logs?service=db')
        t.match(logs.stdout, /database system is ready/)
        t.match(await deployed({ action: 'down', project: 'db-web', removeVolumes: true }), {
          state: 'succeeded',
        })
        t.same(await containersOf(house, 'db-web'), [])
        t.equal(
          (await house.curl('-o', '/dev/null', '-w', '%{http_code}', '-X', 'DELETE', '/v1/projects/db-web'))
            .stdout,
          '204',
        )
        await docker('network', 'rm', 'nat')
      })

      await t.test(
        'the contract must be there to read, and every answer about a wrong call a problem',
        async (t) => {
          t.match(await house.get('/openapi.json'), { openapi: /^3\.1/ })
          t.match(await house.get('/v1/version'), { api: 'v1' })
          t.match(await house.get('/v1/engine'), { capabilities: { os: 'linux' } })
          t.match(await house.get('/v1/projects/none'), { status: 404, code: 'BH_PROJECT_NOT_FOUND' })
          t.match(await post(house, '/v1/deployments', { action: 'sideways' }), {
            status: 400,
            code: 'BH_BAD_REQUEST',
          })
        },
      )
    },
  )
}

async function post(house: House, path: string, body: object): Promise<Answer> {
  const file = join(house.folder, 'body.json')
  await writeFile(file, JSON.stringify(body))
  const { stdout } = await house.curl(
    '-X',
    'POST',
    '-H',
    'content-type: application/json',
    '-d',
    `@${file}`,
    path,
  )
  return JSON.parse(stdout) as Answer
}

async function eventIds(
  house: House,
  deployment: string,
  ...more: readonly string[]
): Promise<readonly string[]> {
  const { stdout } = await house.curl(...more, `/v1/deployments/${deployment}/events`)
  return stdout.split('\n').filter((line) => line.startsWith('id: '))
}

/** Packs a folder with tar, as anyone without the command line would. */
async function uploadContext(house: House, folder: string): Promise<string> {
  const file = join(house.folder, 'context.tar')
  await run('tar', ['-C', folder, '-cf', file, '.'], { env: process.env, timeoutMs: 10_000 })
  const digest = `sha256:${createHash('sha256')
    .update(await readFile(file))
    .digest('hex')}`
  const put = ['-X', 'PUT', '-H', 'content-type: application/x-tar', '--data-binary', `@${file}`]
  const { stdout, code } = await house.curl('--fail', ...put, `/v1/contexts/${digest}`)
  if (code !== 0) throw new Error(stdout)
  return digest
}
