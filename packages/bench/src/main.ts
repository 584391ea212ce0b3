import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { connect } from '@bulkhead/engine'
import { startEngine } from '@bulkhead/testbed'
import { commandContender, floorContender, type Contender } from './contender.ts'
import { table, type Sample } from './table.ts'
import { chain, independent, type Work } from './work.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const works = [independent(1), independent(10), chain(10)]
const bin = fileURLToPath(new URL('../../../node_modules/.bin/bulkhead', import.meta.url))

const folder = await mkdtemp(join(tmpdir(), 'bulkhead-bench-'))
const testEngine = await startEngine({ release: '26', images: ['bb:1'] })
const engine = connect({ url: testEngine.dockerHost, source: 'bench', tls: undefined })
const socket = join(folder, 'bulkhead.sock')
const daemon = await startDaemon(socket)
try {
  const docker = { DOCKER_HOST: testEngine.dockerHost, DOCKER_CONFIG: testEngine.dockerConfig }
  const contenders: readonly Contender[] = [
    commandContender('bulkhead', [bin, '-H', `unix://${socket}`], docker),
    commandContender('docker compose', ['docker', 'compose'], docker),
    floorContender(engine),
  ]
  const samples: Sample[] = []
  for (const work of works) {
    const file = join(folder, `${work.name.replaceAll(' ', '-')}.yaml`)
    await writeFile(file, work.yaml)
    for (let round = 0; round < rounds; round += 1) {
      for (const contender of contenders) samples.push(...(await measure(contender, work, file)))
    }
  }
  const { version } = await engine.capabilities()
  process.stdout.write(`Docker ${version}, medians of ${rounds} interleaved rounds\n\n`)
  process.stdout.write(
    `${table(
      samples,
      contenders.map(({ name }) => name),
    )}\n`,
  )
} finally {
  daemon.kill('SIGTERM')
  await new Promise((resolve) => daemon.once('close', resolve))
  await engine.close()
  await testEngine.stop()
  await rm(folder, { recursive: true, force: true })
}

async function measure(contender: Contender, work: Work, file: string): Promise<readonly Sample[]> {
  const project = `bench-${contender.name.replaceAll(' ', '-')}`
  const time = async (step: string, act: () => Promise<void>): Promise<Sample> => {
    const began = performance.now()
    await act()
    return {
      row: `${step}, ${work.name}`,
      contender: contender.name,
      milliseconds: performance.now() - began,
    }
  }
  const up = await time('up', () => contender.up(project, work, file))
  const { again } = contender
  const repeated = again === undefined ? [] : [await time('up, no change', () => again(project, work, file))]
  const down = await time('down', () => contender.down(project, work, file))
  return [up, ...repeated, down]
}

/** A daemon of the bench's own, answering before anything is measured. */
async function startDaemon(path: string): Promise<ChildProcess> {
  const child = spawn(bin, ['daemon', 'run', '--socket', path, '--data', join(dirname(path), 'data')], {
    env: { ...process.env, DOCKER_HOST: testEngine.dockerHost },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const deadline = performance.now() + 20_000
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  while (performance.now() < deadline) {
    if (child.exitCode !== null) break
    const version = spawn(bin, ['-H', `unix://${path}`, 'ls'], { stdio: 'ignore' })
    const code = await new Promise((resolve) => version.once('close', resolve))
    if (code === 0) return child
  }
  child.kill('SIGKILL')
  throw new Error(`the daemon does not answer:\n${lines.join('\n')}`)
}
