import { join } from 'node:path'
import t, { type Test } from 'tap'
import { releases, serveRegistry, type Release } from '../../src/index.ts'
import { containersOf, edit, openHouse } from './harness.ts'

const { available, reason } = await releases()

export function windowsDbWeb(release: Release): void {
  void t.test(
    `windows-db-web on a Linux engine, Docker ${release}`,
    { skip: available.includes(release) ? false : (reason ?? true) },
    async (t: Test) => {
      const house = await openHouse(release)
      t.teardown(() => house.close())
      const folder = await house.copyExample('windows-db-web')
      const file = join(folder, 'compose.yaml')
      const bulkhead = (...args: readonly string[]) => house.bulkhead(args, { cwd: folder })
      await house.startDaemon()
      const nothingWasMade = async (t: Test): Promise<void> => {
        t.same(await containersOf(house, 'windows-db-web'), [])
        t.same((await house.get('/v1/deployments')).deployments, [])
      }
      await house.engine.docker('network', 'create', 'nat')
      t.teardown(() => house.engine.docker('network', 'rm', 'nat'))

      await t.test('config must understand the file as it stands', async (t) => {
        const { code, stdout, stderr } = await bulkhead('config', '--format', 'json')
        t.equal(code, 0, stderr)
        const project = JSON.parse(stdout)
        t.same(project.networks.default, { name: 'nat', ipam: {}, external: true })
        const [name, value] = Object.entries(project.services.web.environment)[0] ?? []
        t.equal(name, 'Data:DefaultConnection:ConnectionString')
        t.match(value, /^Server=db,1433;Database=MyIISWebSite;User Id=sa;/)
        t.match(stderr, /version.*obsolete/s)
        t.equal((await bulkhead('config', '-q')).code, 0)
      })

      await t.test(
        'up must refuse the image that is no reference, at its place, before anything is made',
        async (t) => {
          const { code, stderr } = await bulkhead('up', '-d')
          t.equal(code, 1)
          t.match(stderr, /getcmd\/MyIIS/)
          t.match(stderr, /compose\.yaml:10:12/)
          t.match(stderr, /getcmd\/myiis/, 'the hint gives a form that is valid')
          await nothingWasMade(t)
        },
      )

      await t.test('up must name the operating system that each image needs', async (t) => {
        const references = ['microsoft/mssql-server-windows-express', 'getcmd/myiis']
        const registry = await serveRegistry({
          host: house.engine.gateway,
          images: references.map((reference) => ({ reference, os: 'windows', architecture: 'amd64' })),
        })
        t.teardown(() => registry.close())
        await edit(file, 'microsoft/', `${registry.address}/microsoft/`)
        await edit(file, 'getcmd/MyIIS', `${registry.address}/getcmd/myiis`)
        const { code, stderr } = await bulkhead('up', '-d')
        t.equal(code, 1)
        t.match(stderr, /mssql-server-windows-express.*windows/is)
        t.match(stderr, /getcmd\/myiis.*windows/is)
        t.match(stderr, /compose\.yaml:4:12/)
        t.match(stderr, /compose\.yaml:10:12/)
        await nothingWasMade(t)
      })
    },
  )
}
