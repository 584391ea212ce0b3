import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { generateProject } from './generate.ts'

/**
 * Whole processes with a warm disk cache: `bulkhead config -q` against
 * `docker compose config -q` and against node with the yaml package alone.
 * They take turns, so that what else the machine does falls on all of them.
 *
 * COMPOSE_PLUGIN names Compose's binary; without it only ours is measured.
 */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '15' }, lines: { type: 'string', default: '2000' } },
})

const bin = fileURLToPath(new URL('../../cli/bin/bulkhead.mjs', import.meta.url))
const compose = process.env['COMPOSE_PLUGIN']
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-bench-'))
const parseAlone = `import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
createRequire(${JSON.stringify(import.meta.url)})('yaml').parseAllDocuments(readFileSync('compose.yaml', 'utf8'))`

interface Contender {
  readonly name: string
  readonly command: readonly string[]
  readonly wall: number[]
}

const contenders: readonly Contender[] = [
  { name: 'bulkhead', command: [process.execPath, bin, 'config', '-q'], wall: [] },
  { name: 'node alone', command: [process.execPath, '-e', '0'], wall: [] },
  { name: 'node and yaml', command: [process.execPath, '--input-type=module', '-e', parseAlone], wall: [] },
  ...(compose !== undefined && existsSync(compose)
    ? [{ name: 'docker compose', command: [compose, 'config', '-q'], wall: [] }]
    : []),
]

try {
  const text = generateProject(Number(values.lines))
  writeFileSync(join(folder, 'compose.yaml'), text)
  const runs = Number(values.runs)
  for (let run = -2; run < runs; run += 1) for (const contender of contenders) measure(contender, run >= 0)
  const reference = median(contenders.at(-1)?.wall ?? [])
  console.log(`${text.split('\n').length - 1} lines, ${runs} runs each, wall time`)
  for (const { name, wall } of contenders) {
    const middle = median(wall)
    const fastest = Math.min(...wall)
    const ratio = compose === undefined ? '' : `  ${(middle / reference).toFixed(2)} × docker compose`
    console.log(`${name.padEnd(16)} median ${middle.toFixed(0)} ms, fastest ${fastest.toFixed(0)} ms${ratio}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}

function measure({ name, command: [file = '', ...args], wall }: Contender, counts: boolean): void {
  const start = performance.now()
  const { status, stderr } = spawnSync(file, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} ended with ${String(status)}: ${stderr}`)
  if (counts) wall.push(performance.now() - start)
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0
}
