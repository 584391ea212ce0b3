import t from 'tap'
import { releases, startEngine } from '../../src/index.ts'
import { openVictim } from './bulkhead.ts'
import { look } from './ground.ts'
import { change, seeded, type Moment } from './moments.ts'
import { crashProject } from './project.ts'

const seed = Number(process.env['BULKHEAD_CRASH_SEED'] ?? 26)
/** Deaths in each change, one after another. */
const deathsEach = 7
const deathsInAll = 20
const changesAtMost = 6
const { available, reason } = await releases()

void t.test(
  'a daemon that is killed at any moment must come to what was asked for, each service once, no data lost',
  { skip: available.includes('26') ? false : (reason ?? true), timeout: 240_000 },
  async (t) => {
    t.comment(`seed ${seed}`)
    const engine = await startEngine({ release: '26', images: ['bb:1'] })
    t.teardown(() => engine.stop())
    const victim = await openVictim(engine)
    t.teardown(() => victim.close())
    const project = crashProject(`crash-${process.pid}`, 2, { renewsVolume: true })
    const random = seeded(seed)
    await victim.start()
    const first = await victim.up(project, 0)
    t.equal(first.code, 0, first.stderr)
    t.teardown(() => victim.down(project))
    let deaths = 0
    for (let version = 1; version <= changesAtMost && deaths < deathsInAll; version += 1) {
      const moments = Array.from({ length: deathsEach }, (): Moment => ({
        call: 1 + Math.floor(random() * 4),
      }))
      const result = await change({ engine, victim, project }, version, moments, await look(engine, project))
      deaths += result.deaths
      t.same(
        result.faults,
        [],
        `change ${version}, killed ${result.deaths} times, ${JSON.stringify(moments)}`,
      )
    }
    t.ok(deaths >= deathsInAll, `${deaths} deaths`)
  },
)
