import t from 'tap'
import { releases } from '../../src/index.ts'
import { openHouse } from '../end-to-end/harness.ts'
import { clear, live } from './life.ts'

const { available, reason } = await releases()
const size = { services: 20, replicas: 2, networks: 5 }

for (const release of ['26', '20'] as const) {
  void t.test(
    `twenty services with forty containers on five networks must come up, change and go, with nothing lost and nothing left, Docker ${release}`,
    { skip: available.includes(release) ? false : (reason ?? true), timeout: 180_000 },
    async (t) => {
      const house = await openHouse(release)
      t.teardown(() => house.close())
      await house.startDaemon()
      const name = `scale-${process.pid}`
      t.teardown(() => clear(house, name))
      const { seconds, faults } = await live(house, name, size, (...args) => house.bulkhead(args))
      t.comment(JSON.stringify(seconds))
      t.same(faults, [])
    },
  )
}
