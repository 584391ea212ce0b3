import t from 'tap'
import { releases } from '../../src/index.ts'
import { openHouse } from '../end-to-end/harness.ts'
import { clear, live } from './life.ts'

const { available, reason } = await releases()

for (const [release, size] of [
  ['26', { services: 8, replicas: 2, networks: 3 }],
  ['20', { services: 3, replicas: 2, networks: 2 }],
] as const) {
  void t.test(
    `${size.services} services with two containers each on ${size.networks} networks must come up, change and go, with nothing lost and nothing left, Docker ${release}`,
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
