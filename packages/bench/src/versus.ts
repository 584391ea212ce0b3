import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '@bulkhead/engine'
import { startEngine } from '@bulkhead/testbed'
import { commandContender, floorContender, type Contender } from './contender.ts'
import { bin, startDaemon } from './daemon.ts'
import { table, type Sample } from './table.ts'
import type { Work } from './work.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)

/** Bulkhead, Docker Compose and the engine's own calls side by side. */
export async function versus(folder: string, works: readonly Work[]): Promise<string> {
  const testEngine = await startEngine({ release: '26', images: ['bb:1'] })
  const engine = connect({ url: testEngine.dockerHost, source: 'bench', tls: undefined })
  const daemon = await startDaemon(join(folder, 'versus'), testEngine.dockerHost)
  try {
    const docker = { DOCKER_HOST: testEngine.dockerHost, DOCKER_CONFIG: testEngine.dockerConfig }
    const contenders: readonly Contender[] = [
      commandContender('bulkhead', [bin, '-H', `unix://${daemon.socket}`], docker),
      commandContender('docker compose', composeCommand(), docker),
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
    const names = contenders.map(({ name }) => name)
    return `Docker ${version}, medians of ${rounds} interleaved rounds\n\n${table(samples, names)}`
  } finally {
    await daemon.stop()
    await engine.close()
    await testEngine.stop()
  }
}

/** The plugin can be called without Docker's command line. @default the one that `docker` finds */
function composeCommand(): readonly string[] {
  const plugin = process.env['BENCH_COMPOSE']
  return plugin === undefined ? ['docker', 'compose'] : [plugin]
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
