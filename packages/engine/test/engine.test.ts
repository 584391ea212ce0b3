import t from 'tap'
import { releases, startEngine } from '@bulkhead/testbed'
import { connect } from '../src/index.ts'
import { contract } from './contract/contract.ts'

const { available, reason } = await releases()
t.jobs = 2

for (const release of ['26', '20'] as const) {
  const skip = available.includes(release) ? false : (reason ?? 'This release cannot be started here.')
  void t.test(`Docker ${release}`, { skip, timeout: 240_000 }, async (t) => {
    const own = await startEngine({ release })
    t.teardown(() => own.stop())
    const address = { url: own.dockerHost, source: 'the test' }
    const wire = { socket: own.dockerHost.replace('unix://', ''), release }
    await contract(t, () => Promise.resolve({ engine: connect(address), image: 'bb:1', wire }))
  })
}
