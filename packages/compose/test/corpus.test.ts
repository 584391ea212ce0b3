import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { load, type LoadResult, type Reader } from '@bulkhead/compose'
import { lines } from './memory.ts'

/** Projects with what `docker compose config` made of them; they lie beside the repository, if at all. */
const corpus = fileURLToPath(new URL('../../../../shared/corpus/cases', import.meta.url))
const there = existsSync(corpus)
const skip = there ? false : 'the corpus of recorded projects is not beside this repository'

interface Case {
  readonly name: string
  readonly workdir?: string
  readonly files?: readonly string[]
  readonly envFiles?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly profiles?: readonly string[]
  readonly newer?: readonly string[]
}
interface Golden {
  readonly exit: number
  readonly services?: readonly string[]
  readonly volumes?: readonly string[]
  readonly config?: {
    readonly name: string
    readonly networks?: object
    readonly secrets?: object
    readonly configs?: object
  }
}

/** Where Compose 2.26 is wrong on purpose is not: each with the reason. */
const differs: Readonly<Record<string, string>> = {
  'inline-loader-xservice':
    'Compose 2.26 takes a network named x-network for an extension and then misses it; later releases load this project.',
  'inline-project-marshalloptions': 'The specification gives secrets no `content`.',
}

t.test('every recorded project must load, or fail, as with docker compose', { skip }, async (t) => {
  for (const name of there ? readdirSync(corpus) : []) {
    const given = read(name, 'case.json') as Case
    const golden = read(name, 'golden.json') as Golden
    if ((given.newer?.length ?? 0) > 0 || differs[name] !== undefined) continue
    const { project, problems } = loadCase(name, given)
    const errors = lines(problems.filter(({ severity }) => severity === 'error'))
    if (golden.exit !== 0) {
      t.equal(project, undefined, `${name} must fail`)
      continue
    }
    t.strictSame(errors, [], `${name} must load`)
    t.strictSame(
      Object.keys(project?.services ?? {}).sort(),
      [...(golden.services ?? [])].sort(),
      `${name}: services`,
    )
    t.strictSame(
      Object.keys(project?.volumes ?? {}).sort(),
      [...(golden.volumes ?? [])].sort(),
      `${name}: volumes`,
    )
    t.equal(project?.name, golden.config?.name, `${name}: name`)
    for (const kind of ['networks', 'secrets', 'configs'] as const) {
      t.strictSame(
        Object.keys(project?.[kind] ?? {}).sort(),
        Object.keys(golden.config?.[kind] ?? {}).sort(),
        `${name}: ${kind}`,
      )
    }
  }
})

t.test('projects that need a later Compose must load too', { skip }, async (t) => {
  for (const name of there ? readdirSync(corpus) : []) {
    const given = read(name, 'case.json') as Case
    if (given.newer === undefined || given.newer.length === 0 || differs[name] !== undefined) continue
    const { problems } = loadCase(name, given)
    const errors = problems.filter(({ severity }) => severity === 'error')
    // Some are fragments, without an image or their models; nothing else may be wrong with them.
    const others = errors.filter(
      ({ message }) => !/neither an image nor a build|is not defined/.test(message),
    )
    t.strictSame(lines(others), [], name)
  }
})

function loadCase(name: string, given: Case): LoadResult {
  const folder = join(corpus, name)
  const variables = new Map(
    Object.entries({ HOME: '/nonexistent', ...given.env }).map(([key, value]) => [
      key,
      value.replaceAll('${CASE}', folder),
    ]),
  )
  const reader: Reader = {
    readFile: (path) =>
      statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path) : undefined,
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    variable: (key) => variables.get(key),
  }
  return load({
    // Files beside the case that the runner doesn't copy must not be found by looking upwards.
    reader: {
      ...reader,
      readFile: (path) =>
        dirname(path).startsWith(folder) || !path.startsWith(corpus) ? reader.readFile(path) : undefined,
    },
    workingDir: posix.join(folder, given.workdir ?? '.'),
    configFiles: given.files ?? [],
    profiles: given.profiles ?? [],
    environmentFiles: given.envFiles ?? [],
  })
}

function read(name: string, file: string): unknown {
  return JSON.parse(readFileSync(join(corpus, name, file), 'utf8'))
}
