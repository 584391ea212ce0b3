import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { differences, listSupport } from '@bulkhead/compose'
import { connect, type Engine } from '@bulkhead/engine'
import { apiAtLeast } from '@bulkhead/model'
import { releases, startEngine, type Release, type TestEngine } from '../../src/index.ts'
import { beyond, elsewhere } from './beyond.ts'
import { cases, type Case } from './cases.ts'
import { compare, fieldsIn } from './compare.ts'
import { createProject } from './create.ts'
import { clear, demand, look, outside, projectName } from './look.ts'
import { aroundCovers, writeProject } from './project.ts'
import { seen } from './seen.ts'

const { available, reason } = await releases()

t.test('no attribute that reaches an engine must be left out of the comparison', async (t) => {
  const compared = new Set([...[...cases, ...beyond].flatMap(coveredBy), ...aroundCovers])
  const shown = listSupport()
    .filter(
      ({ path, support }) =>
        /^(services|networks|volumes)\.\*\./.test(path) &&
        !/\.(build|develop)\b/.test(path) &&
        ['works', 'ignored'].includes(support.linux),
    )
    .map(({ path }) => path)
  t.same(
    shown.filter((path) => !compared.has(path) && elsewhere[path] === undefined && !isHook(path)),
    [],
  )
  t.same(
    [...compared].filter((path) => !listSupport().some((one) => one.path === path)),
    [],
  )
})

t.test('every difference on purpose must have a place where it shows', async (t) => {
  const shownBy = new Set([...Object.keys(seen), ...beyond.flatMap((one) => one.differences ?? [])])
  const wanted = differences.filter(({ engines }) => engines?.join() !== 'windows').map(({ id }) => id)
  t.same([...shownBy].sort(), wanted.toSorted())
})

for (const release of ['26', '20'] as const) {
  const skip = available.includes(release) ? false : (reason ?? true)
  await t.test(`Docker ${release}`, { skip }, async (t) => {
    const host = await startEngine({ release, images: ['bb:1'] })
    t.teardown(() => host.stop())
    const folder = join(await mkdtemp(join(tmpdir(), 'bulkhead-attributes-')), projectName)
    const engine = connect({ url: host.dockerHost, source: 'the test' })
    t.teardown(async () => {
      await engine.close()
      await clear(host)
      await rm(join(folder, '..'), { recursive: true, force: true })
    })
    await clear(host)
    await demand(host, 'create', '--name', outside, 'bb:1')
    await t.test('the engine must be asked for what Compose asks for, but for what differs on purpose', (t) =>
      compareAll(t, { release, host, engine, folder }),
    )
    await clear(host, { keepOutside: true })
    await t.test('the engine must be asked for what that Compose does not know too', (t) =>
      checkBeyond(t, { host, engine, folder }),
    )
  })
}

interface Scene {
  readonly host: TestEngine
  readonly engine: Engine
  readonly folder: string
}

async function compareAll(
  t: Test,
  { release, host, engine, folder }: Scene & { readonly release: Release },
): Promise<void> {
  const capabilities = await engine.capabilities()
  const possible = cases.filter(({ since = '1.41' }) => apiAtLeast(capabilities, since))
  const file = await writeProject(folder, possible)
  const composed = await host.compose('-f', file, '--project-directory', folder, 'create')
  if (composed.code !== 0) throw new Error(composed.stderr)
  const compose = await look(host)
  await clear(host, { keepOutside: true })
  await createProject(engine, file, folder)
  const unequal = compare(compose, await look(host))

  const listed = Object.entries(seen).filter(([id]) => shows(id, release))
  const unlisted = unequal.filter(
    ({ field }) => !listed.some(([, places]) => places.some((place) => place.test(field))),
  )
  t.same(unlisted, [], 'differences that nobody meant')
  const dead = listed.flatMap(([id, places]) =>
    places
      .filter((place) => !unequal.some(({ field }) => place.test(field)))
      .map((place) => `${id} ${String(place)}`),
  )
  t.same(
    dead.filter((one) => !newerOnly(one, release)),
    [],
    'differences that do not show',
  )

  const attributes = new Set([...possible.flatMap(coveredBy), ...aroundCovers])
  const different = differences.filter(
    ({ id, attribute }) => shows(id, release) && attribute !== undefined && attributes.has(attribute),
  )
  t.comment(
    `Docker ${release}: ${attributes.size} attributes compared in ${possible.length} services and ${fieldsIn(compose)} fields: ` +
      `${attributes.size - different.length} equal, ${different.length} different on purpose (${unequal.length} fields)`,
  )
}

async function checkBeyond(t: Test, { host, engine, folder }: Scene): Promise<void> {
  const capabilities = await engine.capabilities()
  const possible = beyond.filter(
    ({ since = '1.41', before }) =>
      apiAtLeast(capabilities, since) && (before === undefined || !apiAtLeast(capabilities, before)),
  )
  await createProject(engine, await writeProject(folder, possible), folder)
  for (const { service, expects, covers } of possible) {
    const [found] = JSON.parse(
      await demand(host, 'inspect', `${projectName}-${service}-1`),
    ) as readonly object[]
    t.match(found, expects, covers.join(', '))
  }
}

function coveredBy({ covers }: Case): readonly string[] {
  return covers.map((path) => `services.*.${path}`)
}

function shows(id: string, release: Release): boolean {
  const engines = differences.find((one) => one.id === id)?.engines
  return engines === undefined || engines.includes(release)
}

/** Places in services that an engine of the older release is not asked for. */
function newerOnly(place: string, release: Release): boolean {
  return release === '20' && place.includes('recursive')
}

/** Hooks run beside the container: nothing of them is in it. */
function isHook(path: string): boolean {
  return /^services\.\*\.(pre_start|post_start|pre_stop|models)\b/.test(path)
}
