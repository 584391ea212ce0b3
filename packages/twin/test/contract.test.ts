import t from 'tap'
import { connect } from '@bulkhead/engine'
import { contract } from '../../engine/test/contract/contract.ts'
import { linuxRules, startTwin } from '../src/index.ts'
import { contractScripts } from './programs.ts'

t.jobs = 2

for (const release of ['26', '20'] as const) {
  void t.test(`the twin of Docker ${release}`, { timeout: 60_000 }, async (t) => {
    const twin = await startTwin({
      rules: linuxRules(release),
      images: [
        {
          reference: 'bb:1',
          command: ['sh'],
          programs: ['sh', 'sleep', 'true', 'false', 'echo', 'cat', 'test'],
        },
      ],
      scripts: contractScripts,
    })
    t.teardown(() => twin.close())
    const address = { url: twin.dockerHost, source: 'the test' }
    const wire = { socket: twin.socket, release }
    await contract(t, () => Promise.resolve({ engine: connect(address), image: 'bb:1', wire }))
  })
}
