import { parseAllDocuments } from 'yaml'
import { configHash } from '../src/hash/config.ts'
import { load } from '../src/load.ts'
import { printProject } from '../src/print/project.ts'
import { generateProject } from './generate.ts'

/**
 * How long a warm process takes for a project, against the yaml package alone,
 * and how that grows: `npm run bench --workspace @bulkhead/compose`.
 */
function loadText(text: string): ReturnType<typeof load> {
  const bytes = Buffer.from(text)
  return load({
    reader: {
      readFile: (path) => (path === '/bench/compose.yaml' ? bytes : undefined),
      isFolder: (path) => path === '/bench',
      variable: () => undefined,
    },
    workingDir: '/bench',
    configFiles: ['compose.yaml'],
    environmentFiles: [],
    profiles: [],
  })
}

/** Milliseconds: the median of a few runs, after some to warm up. */
function measure(run: () => unknown, runs: number): number {
  for (let index = 0; index < Math.ceil(runs / 2); index += 1) run()
  const times: number[] = []
  for (let index = 0; index < runs; index += 1) {
    const start = performance.now()
    run()
    times.push(performance.now() - start)
  }
  return times.sort((left, right) => left - right)[Math.floor(runs / 2)] ?? 0
}

const small = generateProject(2000)
const large = generateProject(20_000)
const { project, problems } = loadText(small)
if (project === undefined) throw new Error(JSON.stringify(problems[0]))

const parseSmall = measure(() => parseAllDocuments(small), 20)
const loadSmall = measure(() => loadText(small), 20)
const parseLarge = measure(() => parseAllDocuments(large), 5)
const loadLarge = measure(() => loadText(large), 5)
const printed = measure(() => printProject(project, { format: 'yaml' }), 10)
const hashed = measure(() => Object.values(project.services).map(configHash), 10)

const count = (text: string): number => text.split('\n').length - 1
const line = (what: string, milliseconds: number, note = ''): void => {
  console.log(`${what.padEnd(34)} ${milliseconds.toFixed(1).padStart(9)} ms  ${note}`)
}
line(`yaml package, ${count(small)} lines`, parseSmall)
line(`load, ${count(small)} lines`, loadSmall, `${(loadSmall / parseSmall).toFixed(2)} × yaml`)
line(`yaml package, ${count(large)} lines`, parseLarge)
line(`load, ${count(large)} lines`, loadLarge, `${(loadLarge / parseLarge).toFixed(2)} × yaml`)
const growth = loadLarge / loadSmall / (count(large) / count(small))
console.log(`ten times the lines: ${(growth * 10).toFixed(2)} × the time`)
line('print as YAML', printed)
line('hash all services', hashed)
