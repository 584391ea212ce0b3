import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { releases, type Release } from '../../src/index.ts'
import { containersOf, edit, eventually, inspect, openHouse, page, type House } from './harness.ts'

const { available, reason } = await releases()

export function dbWeb(release: Release): void {
  void t.test(
    `db-web on Docker ${release}`,
    { skip: available.includes(release) ? false : (reason ?? true) },
    (t) => story(t, release),
  )
}

/** One life of the example: each part goes on from where the one before it left off. */
async function story(t: Test, release: Release): Promise<void> {
  const house = await openHouse(release)
  t.teardown(() => house.close())
  const folder = await house.copyExample('db-web')
  const bulkhead = (...args: readonly string[]) => house.bulkhead(args, { cwd: folder })
  const docker = house.engine.docker
  await house.startDaemon()
  await docker('network', 'rm', 'nat')

  await t.test('without its external network nothing must be made, and the file must be named', async (t) => {
    const { code, stderr } = await bulkhead('up', '-d')
    t.equal(code, 1)
    t.match(stderr, /network "nat"/)
    t.match(stderr, new RegExp(`compose\\.yaml:${await lineOf(folder, 'name: nat')}:`))
    t.same(await containersOf(house, 'db-web'), [])
    t.notMatch((await docker('volume', 'ls', '-q')).stdout, /db-web_data/)
    t.same((await house.get('/v1/deployments')).deployments, [], 'nothing was stored either')
  })

  await t.test('up must bring db and web up in order, each behind its wall', async (t) => {
    await docker('network', 'create', 'nat')
    const { code, stdout, stderr } = await bulkhead('up', '-d', '--wait')
    t.equal(code, 0, stdout + stderr)
    const html = await page(house)
    t.match(html, /Visit number \d+/)
    t.match(html, /PostgreSQL 15/)
    t.equal(await inspect(house, 'db-web-db-1', '{{.HostConfig.Runtime}}'), 'runc')
    t.equal(await inspect(house, 'db-web-web-1', '{{.HostConfig.Runtime}}'), 'runsc')
    const inside = await docker('exec', 'db-web-web-1', 'cat', '/proc/version')
    t.equal(inside.code, 0, inside.stderr)
    t.not(inside.stdout.trim(), (await readFile('/proc/version', 'utf8')).trim())
    const shared = await docker('exec', 'db-web-db-1', 'cat', '/proc/version')
    t.equal(shared.stdout.trim(), (await readFile('/proc/version', 'utf8')).trim())
    const healthyAt = Date.parse(await inspect(house, 'db-web-db-1', '{{.State.StartedAt}}'))
    t.ok(healthyAt < Date.parse(await inspect(house, 'db-web-web-1', '{{.State.StartedAt}}')))
  })

  await t.test('ps must show the mode of each service and what it means here', async (t) => {
    const { stdout } = await bulkhead('ps')
    t.match(stdout, /db-web-db-1.*process/)
    t.match(stdout, /db-web-web-1.*hyperv.*runsc/)
    const rows = (await bulkhead('ps', '--format', 'json')).stdout.trim().split('\n')
    t.match(rows.join('\n'), /"Service":\s*"web"/)
  })

  await t.test('a second up must do nothing and say so, also of a restarted daemon', async (t) => {
    const before = await idsOf(house)
    const again = await bulkhead('up', '-d')
    t.equal(again.code, 0)
    t.match(again.stdout + again.stderr, /nothing to do|up to date/i)
    t.equal(await operationsOfLast(house), 0)
    t.equal(await house.stopDaemon(), 0)
    await house.startDaemon()
    t.match(await house.get('/v1/projects/db-web'), { converged: true, target: 'up' })
    t.equal((await bulkhead('up', '-d')).code, 0)
    t.equal(await operationsOfLast(house), 0)
    t.same(await idsOf(house), before)
  })

  await t.test(
    'a changed environment of web must recreate web alone, and db must keep its data',
    async (t) => {
      const before = await idsOf(house)
      const visits = visitsIn(await page(house))
      await edit(join(folder, 'compose.yaml'), 'DB_HOST: db', 'DB_HOST: db\n      GREETING: hello')
      const { code, stdout, stderr } = await bulkhead('up', '-d', '--wait')
      t.equal(code, 0, stdout + stderr)
      const after = await idsOf(house)
      t.equal(after.db, before.db)
      t.not(after.web, before.web)
      t.ok(visitsIn(await page(house)) > visits)
      t.same(await containersOf(house, 'db-web'), ['db-web-db-1', 'db-web-web-1'])
    },
  )

  await t.test('Compose must see the project as its own', async (t) => {
    const ps = await house.engine.compose('-p', 'db-web', 'ps', '--format', 'json')
    t.equal(ps.code, 0, ps.stderr)
    t.match(ps.stdout, /db-web-db-1/)
    t.match(ps.stdout, /db-web-web-1/)
    const logs = await house.engine.compose('-p', 'db-web', 'logs', 'db')
    t.match(logs.stdout, /database system is ready/)
    const ours = await bulkhead('logs', '--no-log-prefix', 'db')
    t.match(ours.stdout + ours.stderr, /database system is ready/)
    t.match((await house.engine.compose('ls')).stdout, /db-web\s+running\(2\)/)
  })

  await t.test('a daemon killed in mid-up must converge when it is back', async (t) => {
    // The crash test takes every moment in turn, on the other release too.
    for (const operations of release === '26' ? [3] : [2]) {
      const before = await idsOf(house)
      const known = (await lastDeployment(house))?.id
      await edit(join(folder, 'compose.yaml'), /GREETING: \w+/, `GREETING: hello${operations}`)
      const command = bulkhead('up', '-d')
      await eventually(async () => (await lastDeployment(house))?.id !== known)
      await untilDone(house, (await lastDeployment(house))?.id ?? '', operations)
      await house.killDaemon()
      await house.startDaemon()
      t.equal((await command).code, 0, 'the command follows the deployment across the restart')
      await eventually(async () => (await house.get('/v1/projects/db-web')).converged === true)
      t.same(await containersOf(house, 'db-web'), ['db-web-db-1', 'db-web-web-1'])
      const after = await idsOf(house)
      t.equal(after.db, before.db)
      t.not(after.web, before.web)
    }
    t.equal((await bulkhead('up', '-d', '--wait')).code, 0)
    t.match(await page(house), /Visit number/)
  })

  await t.test('down must take all but the data, down -v the data too', async (t) => {
    t.equal((await bulkhead('down')).code, 0)
    t.same(await containersOf(house, 'db-web'), [])
    t.match((await docker('volume', 'ls', '-q')).stdout, /db-web_data/)
    t.match(
      (await docker('network', 'ls', '--format', '{{.Name}}')).stdout,
      /^nat$/m,
      'it is not ours to remove',
    )
    t.equal((await bulkhead('down', '-v')).code, 0)
    t.notMatch((await docker('volume', 'ls', '-q')).stdout, /db-web_data/)
    await docker('network', 'rm', 'nat')
  })
}

async function idsOf(house: House): Promise<{ readonly db: string; readonly web: string }> {
  return {
    db: await inspect(house, 'db-web-db-1', '{{.Id}}'),
    web: await inspect(house, 'db-web-web-1', '{{.Id}}'),
  }
}

function visitsIn(html: string): number {
  const [, visits] = /Visit number (\d+)/.exec(html) ?? []
  if (visits === undefined) throw new Error(`no visits in the page: ${html}`)
  return Number(visits)
}

interface DeploymentRow {
  readonly id: string
  readonly operations: number
  readonly state: string
}

async function lastDeployment(house: House): Promise<DeploymentRow | undefined> {
  const { deployments } = await house.get('/v1/deployments?project=db-web')
  return (deployments as readonly DeploymentRow[])[0]
}

async function operationsOfLast(house: House): Promise<number | undefined> {
  return (await lastDeployment(house))?.operations
}

/** Follows a deployment's events until so many operations are done. */
async function untilDone(house: House, deployment: string, count: number): Promise<void> {
  let done = 0
  for await (const line of house.follow(`/v1/deployments/${deployment}/events`)) {
    if (line === 'event: done') done += 1
    if (done === count) return
  }
  throw new Error(`the deployment ended after ${done} operations`)
}

async function lineOf(folder: string, text: string): Promise<number> {
  const lines = (await readFile(join(folder, 'compose.yaml'), 'utf8')).split('\n')
  return lines.findIndex((line) => line.includes(text)) + 1
}
