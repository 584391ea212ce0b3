import t from 'tap'
import { releases, startEngine } from '../../src/index.ts'
import { soak } from '../soak/soak.ts'

const { available, reason } = await releases()

void t.test(
  'two minutes of kills, removals, disconnections, a paused and a slow engine and deaths of the daemon must leave all as the files say',
  { skip: available.includes('26') ? false : (reason ?? true), timeout: 300_000 },
  async (t) => {
    // An engine of its own: it is paused.
    const engine = await startEngine({ release: '26', name: `soak-${process.pid}`, images: ['bb:1'] })
    t.teardown(() => engine.stop())
    const seed = 26
    const { inflicted, convergedAfter, faults } = await soak(engine, {
      minutes: 2,
      projects: 3,
      seed,
      lulls: 2,
      say: (text) => t.comment(text),
    })
    t.comment(JSON.stringify(inflicted))
    t.same(faults, [], `seed ${seed}`)
    t.equal(convergedAfter.length, 2)
    for (const [kind, count] of Object.entries(inflicted)) t.ok(count > 0, `${kind} happened`)
  },
)
