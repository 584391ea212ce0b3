// npm run rolling: a web service is changed under traffic, by Bulkhead and by Compose beside it.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../src/run.ts'
import { openHouse } from '../end-to-end/harness.ts'
import { change, type Change } from './change.ts'
import type { Version } from './project.ts'
import { losses } from './traffic.ts'

const release = process.env['ROLLING_RELEASE'] === '20' ? '20' : '26'
const only = process.env['ROLLING_ONLY']
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const house = await openHouse(release)
try {
  await house.startDaemon()
  const plugin = join(house.engine.dockerConfig, 'cli-plugins', 'docker-compose')
  const env = {
    ...process.env,
    DOCKER_HOST: house.engine.dockerHost,
    DOCKER_CONFIG: house.engine.dockerConfig,
  }
  const bulkhead = join(fileURLToPath(new URL('../../../../', import.meta.url)), 'node_modules/.bin/bulkhead')
  const ours: Change['command'] = (...args) =>
    run(bulkhead, args, {
      env: { ...env, BULKHEAD_HOST: `unix://${house.socket}`, NO_COLOR: '1' },
      timeoutMs: 180_000,
    })
  const theirs: Change['command'] = (...args) => run(plugin, args, { env, timeoutMs: 180_000 })
  const version = (name: string, more: Partial<Version> = {}): Version => ({
    name,
    drains: true,
    healthy: true,
    ...more,
  })
  const [v1, v2, bad] = [version('v1'), version('v2'), version('bad', { healthy: false })]
  const rude = [version('v1', { drains: false }), version('v2', { drains: false })] as const
  const startFirst = { order: 'start-first', drain: 2 } as const
  const cases: readonly (Omit<Change, 'name' | 'port'> & {
    readonly says: string
    /** It may lose nothing. */
    readonly lossless: boolean
    readonly code: number
  })[] = [
    {
      says: 'bulkhead, start-first',
      from: v1,
      to: v2,
      until: v2,
      update: startFirst,
      command: ours,
      lossless: true,
      code: 0,
    },
    {
      says: 'bulkhead, start-first, a bad version that rolls back',
      from: v1,
      to: bad,
      until: v1,
      update: startFirst,
      command: ours,
      lossless: true,
      code: 1,
    },
    {
      says: 'bulkhead, start-first, a server that does not drain',
      from: rude[0],
      to: rude[1],
      until: rude[1],
      update: startFirst,
      command: ours,
      lossless: false,
      code: 0,
    },
    {
      says: 'bulkhead, start-first, one that does not drain, no time between',
      from: rude[0],
      to: rude[1],
      until: rude[1],
      update: { order: 'start-first', drain: 0 },
      command: ours,
      lossless: false,
      code: 0,
    },
    {
      says: 'bulkhead, stop-first',
      from: v1,
      to: v2,
      until: v2,
      update: { order: 'stop-first', drain: 2 },
      command: ours,
      lossless: false,
      code: 0,
    },
    {
      says: 'docker compose up',
      from: v1,
      to: v2,
      until: v2,
      update: startFirst,
      command: theirs,
      lossless: false,
      code: 0,
    },
  ]
  say(`Docker ${release}: 4 replicas, 200 ms a request, 50 requests a second through the change`)
  for (const [index, { says, lossless, code: wanted, ...given }] of cases.entries()) {
    if (only !== undefined && !only.split(',').includes(String(index))) continue
    const { code, seconds, tally } = await change(house, {
      ...given,
      name: `rolling-${index}`,
      port: 18_090 + index,
    })
    const lost = losses(tally)
    const how =
      lost === 0
        ? ''
        : ` (${Object.entries(tally.lost)
            .map(([why, count]) => `${why} ${count}`)
            .join(', ')})`
    const answered = Object.entries(tally.answered)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
    say(
      `${says}: exit code ${code}, ${seconds.toFixed(1)} s; ${tally.sent} requests, ${lost} lost${how}; answered by ${answered}; the slowest took ${Math.round(tally.slowest)} ms`,
    )
    if (code !== wanted || (lossless && lost > 0)) process.exitCode = 1
  }
} finally {
  await house.close()
}
