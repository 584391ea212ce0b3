// npm run scale: up, change and down of a hundred services, and by Compose beside it.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentOf } from '../../src/index.ts'
import { run } from '../../src/run.ts'
import { openHouse } from '../end-to-end/harness.ts'
import { clear, live, type Command } from './life.ts'

const release = process.env['SCALE_RELEASE'] === '20' ? '20' : '26'
const size = {
  services: Number(process.env['SCALE_SERVICES'] ?? 100),
  replicas: 2,
  networks: Number(process.env['SCALE_NETWORKS'] ?? 20),
}
const house = await openHouse(release)
try {
  await house.startDaemon()
  process.stdout.write(
    `Docker ${release}: ${size.services} services, ${size.replicas} containers of each, ${size.networks} networks\n`,
  )
  const env = environmentOf(house.engine, house.socket)
  const command =
    (program: string): Command =>
    (...args) =>
      run(program, args, { env, timeoutMs: 1_800_000 })
  const contenders: readonly (readonly [string, Command])[] = [
    ['bulkhead', command(fileURLToPath(new URL('../../../../node_modules/.bin/bulkhead', import.meta.url)))],
    ['docker compose', command(join(house.engine.dockerConfig, 'cli-plugins', 'docker-compose'))],
  ]
  for (const [name, called] of contenders) {
    const project = `scale-${name.replace(' ', '-')}`
    const { seconds, faults } = await live(house, project, size, called)
    const times = Object.entries(seconds).map(([step, value]) => `${step} ${value.toFixed(1)} s`)
    process.stdout.write(
      `${name}: ${times.join(', ')}: ${faults.length === 0 ? 'well' : faults.join('; ')}\n`,
    )
    if (faults.length > 0 && name === 'bulkhead') process.exitCode = 1
    await clear(house, project)
  }
} finally {
  await house.close()
}
