// npm run soak: half an hour of seeded faults on thirty projects, on a real engine.
import { startEngine } from '../../src/index.ts'
import type { Weight } from './daemon.ts'
import { soak } from './soak.ts'

const number = (name: string, fallback: number): number => Number(process.env[name] ?? fallback)
const minutes = number('SOAK_MINUTES', 30)
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const engine = await startEngine({
  release: process.env['SOAK_RELEASE'] === '20' ? '20' : '26',
  name: `soak-${process.pid}`,
  images: ['bb:1'],
})
try {
  const { inflicted, convergedAfter, faults, weights } = await soak(engine, {
    minutes,
    projects: number('SOAK_PROJECTS', 30),
    seed: number('SOAK_SEED', 1),
    lulls: Math.max(1, Math.round(minutes / 5)),
    say,
  })
  say(`faults: ${JSON.stringify(inflicted)}`)
  const worst = Math.max(...convergedAfter)
  say(`converged after the last fault: ${convergedAfter.join(', ')} ms; worst ${worst} ms (limit 10000)`)
  if (faults.length > 0 || worst > 10_000) process.exitCode = 1
  for (const key of ['resident', 'heap', 'descriptors', 'handles'] as const) {
    const [early, late] = [median(weights.early, key), median(weights.late, key)]
    if (early === undefined || late === undefined) continue
    const growth = (late / early - 1) * 100
    say(`${key}: median ${early} in minutes 5 to 10, ${late} in the last ten: ${growth.toFixed(1)} %`)
    if (key !== 'heap' && growth > 5) process.exitCode = 1
  }
} finally {
  await engine.stop()
}

function median(all: readonly Weight[], key: keyof Weight): number | undefined {
  const values = all.map((one) => one[key]).sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)]
}
