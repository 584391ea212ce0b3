// npm test: everything from a fresh clone. Installs, builds, starts the two private engines, runs tap, and
// takes the engines away again. Arguments go to tap: `npm test -- packages/planner/test/plan.test.ts`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, engine, install, must, run, say } from './steps.mjs'

const engines = [
  { release: '26', name: `test26-${process.pid}` },
  { release: '20', name: `test20-${process.pid}` },
]

await install()
await build()
await must('npx', ['tap', 'build'], { quiet: true })

const runnable = (await engine(['check'])).code === 0
if (!runnable) say('The tests that need a container engine are skipped; they are reported as skipped below.')
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-test-'))
// An interrupt reaches the whole process group; what is under way ends, and the engines are taken away below.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

let code = 1
let summary = ''
try {
  for (const { release, name } of runnable ? engines : []) {
    say(`Starting Docker ${release === '26' ? '26.1' : '20.10'} for the tests`)
    await need(['up', '--release', release, '--name', name])
    await need(['images', '--name', name])
  }
  const report = join(folder, 'report.tap')
  const args = ['tap', 'run', `--output-file=${report}`, ...process.argv.slice(2)]
  const env = Object.fromEntries(
    engines.map(({ release, name }) => [`BULKHEAD_TESTBED_ENGINE_${release}`, name]),
  )
  code = (await run('npx', args, { env })).code
  const { pass, fail, skip } = count(readFileSync(report, 'utf8'))
  if (pass === 0) code ||= 1
  summary = `${pass} passed, ${fail} failed, ${skip} skipped\n`
} finally {
  for (const { name } of runnable ? engines : []) await engine(['down', '--name', name])
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(summary)
process.exitCode = code

async function need(args) {
  if ((await engine(args)).code !== 0) throw new Error(`engine.sh ${args.join(' ')} failed`)
}

/** The last sum of a TAP report is the one over all files. */
function count(tap) {
  const [, sum = ''] = [...tap.matchAll(/^# \{ (.*) \}$/gm)].at(-1) ?? []
  const of = (word) => Number(new RegExp(`${word}: (\\d+)`).exec(sum)?.[1] ?? 0)
  return { pass: of('pass'), fail: of('fail'), skip: of('skip') }
}
