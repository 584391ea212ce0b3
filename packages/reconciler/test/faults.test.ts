import type { LinuxRelease } from '@bulkhead/twin'
import { afterWrites, beforeAll, openScene } from './scene.ts'
import type { Blow } from './scene.ts'
import { keptOf, more, scripts, stories, upheaval } from './stories.ts'
import type { Claim, Story } from './stories.ts'

/** Those alone whose title matches: BULKHEAD_FAULTS='hooks.*hang'. */
const chosen = new RegExp(process.env['BULKHEAD_FAULTS'] ?? '', 'u')
/** How many seeds are tried. */
const storms = 20
/** Scenes that play side by side: each of them mostly waits for its engine. */
const lanes = 6
const succeeded = { outcome: 'succeeded', problem: undefined }

/** A story, told with a blow to each of its calls in turn, or to three at random. */
interface Telling {
  readonly title: string
  readonly tell: () => Promise<readonly Claim[]>
}

const releases: readonly (readonly [LinuxRelease, readonly Story[], readonly Blow[]])[] = [
  ['26', stories.slice(0, 2), beforeAll],
  ['26', stories, afterWrites],
  ['26', more, ['fail', 'lose', 'hang', 'die after']],
  ['20', stories, ['lose']],
]
const tellings: readonly Telling[] = [
  ...releases.flatMap(([release, all, blows]) =>
    all.flatMap((story) =>
      blows.map((blow) => ({
        title: `${story.name} must be made whole by the next rounds on Docker ${release} though any one call should ${blow}`,
        tell: () => eachInTurn(story, blow, release),
      })),
    ),
  ),
  ...Array.from({ length: storms }, (_, index) => ({
    title: `an upheaval must be made whole after three blows, storm ${index + 1}`,
    tell: () => storm(index + 1),
  })),
]

// Played before tap is there: what it does to follow promises makes each of them cost a third more.
const results = await inLanes(tellings.filter(({ title }) => chosen.test(title)))
const { default: t } = await import('tap')
for (const [title, result] of results) {
  void t.test(title, (t) => {
    if (result instanceof Error) t.fail(result.message, { stack: result.stack ?? '' })
    else for (const { title: what, found, wanted } of result) t.strictSame(found, wanted, what)
    t.end()
  })
}

async function inLanes(all: readonly Telling[]): Promise<ReadonlyMap<string, readonly Claim[] | Error>> {
  const waiting = [...all]
  const results = new Map<string, readonly Claim[] | Error>()
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
      results.set(
        one.title,
        await one
          .tell()
          .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
      )
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return new Map(all.map(({ title }) => [title, results.get(title) ?? new Error('it was never told')]))
}

async function eachInTurn(story: Story, blow: Blow, release: LinuxRelease): Promise<readonly Claim[]> {
  const claims: Claim[] = []
  for (let n = 1; ; n += 1) {
    const its = await survives(story, blow, n, release)
    if (its === undefined) {
      claims.push({ title: `${n - 1} calls were hit in turn`, found: n > 3, wanted: true })
      return claims
    }
    claims.push(...its)
  }
}

async function storm(seed: number): Promise<readonly Claim[]> {
  const random = seeded(seed)
  const scene = await openScene(seed % 2 === 0 ? '26' : '20', seed, { callTimeoutMs: 1500 })
  const { twin, ledger } = scene
  try {
    for (const wish of upheaval.before) {
      const player = await scene.enter()
      await player.asks(wish)
      await player.leaves()
    }
    const kept = keptOf(twin)
    const wish = upheaval.wish(twin)
    ledger.ask(wish.project, wish.intent, wish.action)
    const told: string[] = []
    for (let blows = 0; blows < 3; blows += 1) {
      const victim = await scene.enter()
      const blow = [...beforeAll, ...afterWrites][Math.floor(random() * 6)] ?? 'refuse'
      const n = 1 + Math.floor(random() * (afterWrites.includes(blow) ? 12 : 40))
      const struck = scene.strike(blow, n, () => victim.dies())
      if (ledger.isBusy()) await victim.finishes()
      else await victim.asks(wish)
      await victim.leaves()
      twin.relent()
      const call = struck()
      told.push(`${blow} of ${call === undefined ? 'none' : `${call.method} ${call.path}`}`)
    }
    const heir = await scene.enter()
    if (ledger.isBusy()) await heir.finishes()
    else await heir.asks(wish)
    const settled = await heir.settles()
    await heir.leaves()
    const { outcome, problem } = ledger.outcomes.at(-1) ?? {}
    return oneOf(told.join(', '), [
      { title: 'its end', found: { outcome, problem }, wanted: succeeded },
      { title: 'another round plans nothing', found: settled, wanted: true },
      ...upheaval.check(twin, kept),
    ])
  } finally {
    await twin.close()
  }
}

/** Tells the story with a blow to its call `n`, and what came of it. Undefined: it made fewer calls. */
async function survives(
  story: Story,
  blow: Blow,
  n: number,
  release: LinuxRelease,
): Promise<readonly Claim[] | undefined> {
  const scene = await openScene(release, n, { scripts, ...(blow === 'hang' ? { callTimeoutMs: 1500 } : {}) })
  const { twin, ledger } = scene
  try {
    for (const wish of story.before) {
      const player = await scene.enter()
      await player.asks(wish)
      await player.leaves()
    }
    const kept = keptOf(twin)
    const asked = story.wish(twin)
    const victim = await scene.enter()
    const struck = scene.strike(blow, n, () => victim.dies())
    // An engine has as long to answer a stop as the container has to stop.
    const intent = blow === 'hang' ? { ...asked.intent, stopTimeoutSeconds: 0 } : asked.intent
    const wish = { ...asked, intent }
    await victim.asks(wish)
    const outlives = blow === 'take the engine with it'
    if (!outlives || struck() === undefined) await victim.leaves()
    twin.relent()
    const call = struck()
    if (call === undefined) return undefined
    if (outlives) await twin.comeBack()

    const heir = outlives ? victim : await scene.enter()
    // What is to be up is kept so though nobody asks again; a down is asked for again.
    const isKept = story.mustBeAsked !== true && (outlives || n % 2 === 0)
    if (ledger.isBusy()) await heir.finishes()
    else if (ledger.outcomes.at(-1)?.outcome !== 'succeeded' && !isKept) await heir.asks(wish)
    const settled = await heir.settles()
    await heir.leaves()
    const { outcome, problem } = ledger.outcomes.at(-1) ?? {}
    const title = `${blow} of call ${n}, ${call.method} ${call.path}`
    return oneOf(title, [
      ...(isKept ? [] : [{ title: 'its end', found: { outcome, problem }, wanted: succeeded }]),
      { title: 'another round plans nothing', found: settled, wanted: true },
      ...story.check(twin, kept),
    ])
  } finally {
    await twin.close()
  }
}

/** Each assertion has its price: all that one blow came to is told in one. */
function oneOf(title: string, claims: readonly Claim[]): readonly Claim[] {
  const all = (what: 'found' | 'wanted'): unknown => claims.map((claim) => [claim.title, claim[what]])
  return [{ title, found: all('found'), wanted: all('wanted') }]
}

/** In [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
