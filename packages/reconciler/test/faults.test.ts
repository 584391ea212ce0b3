import t from 'tap'
import type { Test } from 'tap'
import type { LinuxRelease } from '@bulkhead/twin'
import { afterWrites, beforeAll, openScene } from './scene.ts'
import type { Blow } from './scene.ts'
import { keptOf, stories, upheaval } from './stories.ts'
import type { Story } from './stories.ts'

/** How many seeds are tried. */
const storms = 20

t.jobs = 6
t.setTimeout(560_000)
for (const [release, blows] of [
  ['26', [...beforeAll, ...afterWrites]],
  ['20', ['lose', 'die after']],
] as const) {
  for (const story of stories) {
    for (const blow of blows) {
      void t.test(
        `${story.name} must be made whole by the next rounds on Docker ${release} though any one call should ${blow}`,
        { timeout: 120_000 },
        async (t) => {
          let n = 1
          while (await survives(t, story, blow, n, release)) n += 1
          t.ok(n > 3, `${n - 1} calls were hit in turn`)
        },
      )
    }
  }
}

for (let seed = 1; seed <= storms; seed += 1) {
  void t.test(`an upheaval must be made whole after three blows, storm ${seed}`, async (t) => {
    const random = seeded(seed)
    const scene = await openScene(seed % 2 === 0 ? '26' : '20', seed)
    const { twin, ledger } = scene
    t.teardown(() => twin.close())
    for (const wish of upheaval.before) {
      const player = await scene.enter()
      await player.asks(wish)
      await player.leaves()
    }
    const kept = keptOf(twin)
    ledger.ask(upheaval.wish.project, upheaval.wish.intent, upheaval.wish.action)
    const told: string[] = []
    for (let blows = 0; blows < 3; blows += 1) {
      const victim = await scene.enter()
      const blow = [...beforeAll, ...afterWrites][Math.floor(random() * 6)] ?? 'refuse'
      const n = 1 + Math.floor(random() * (afterWrites.includes(blow) ? 12 : 40))
      const struck = scene.strike(blow, n, () => victim.dies())
      if (ledger.isBusy()) await victim.finishes()
      else await victim.asks(upheaval.wish)
      await victim.leaves()
      twin.relent()
      const call = struck()
      told.push(`${blow} of ${call === undefined ? 'none' : `${call.method} ${call.path}`}`)
    }
    const heir = await scene.enter()
    if (ledger.isBusy()) await heir.finishes()
    else await heir.asks(upheaval.wish)
    const settled = await heir.settles()
    t.match(ledger.outcomes.at(-1), { outcome: 'succeeded', problem: undefined }, told.join(', '))
    t.equal(settled, true, 'another round plans nothing')
    await heir.leaves()
    upheaval.check(t, twin, kept)
  })
}

/** Tells the story with a blow to its call `n`, and what came of it. False: it made fewer calls. */
async function survives(
  t: Test,
  story: Story,
  blow: Blow,
  n: number,
  release: LinuxRelease,
): Promise<boolean> {
  const scene = await openScene(release, n)
  const { twin, ledger } = scene
  try {
    for (const wish of story.before) {
      const player = await scene.enter()
      await player.asks(wish)
      await player.leaves()
    }
    const kept = keptOf(twin)
    const victim = await scene.enter()
    const struck = scene.strike(blow, n, () => victim.dies())
    // An engine has as long to answer a stop as the container has to stop.
    const intent = blow === 'hang' ? { ...story.wish.intent, stopTimeoutSeconds: 0 } : story.wish.intent
    const wish = { ...story.wish, intent }
    await victim.asks(wish)
    const outlives = blow === 'take the engine with it'
    if (!outlives || struck() === undefined) await victim.leaves()
    twin.relent()
    const call = struck()
    if (call === undefined) return false
    if (outlives) await twin.comeBack()

    const heir = outlives ? victim : await scene.enter()
    // What is to be up is kept so though nobody asks again; a down is asked for again.
    const isKept = story.wish.action === 'up' && (outlives || n % 2 === 0)
    if (ledger.isBusy()) await heir.finishes()
    else if (ledger.outcomes.at(-1)?.outcome !== 'succeeded' && !isKept) await heir.asks(wish)
    const settled = await heir.settles()
    const title = `${blow} of call ${n}, ${call.method} ${call.path}`
    if (!isKept) t.match(ledger.outcomes.at(-1), { outcome: 'succeeded', problem: undefined }, title)
    t.equal(settled, true, `${title}: another round plans nothing`)
    await heir.leaves()
    await t.test(title, { bail: true }, (t) => {
      story.check(t, twin, kept)
      t.end()
    })
    return t.passing()
  } finally {
    await twin.close()
  }
}

/** In [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
