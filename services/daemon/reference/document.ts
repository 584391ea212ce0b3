import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBundle } from '@bulkhead/compose'
import { connect } from '@bulkhead/engine'
import { pino } from 'pino'
import { buildApp } from '../src/app.ts'
import { defaultLimits } from '../src/bundle/limits.ts'
import { createDeployments } from '../src/deployments.ts'
import { createFeed } from '../src/feed.ts'
import { createMetrics } from '../src/metrics.ts'
import { createLoader } from '../src/loaded.ts'
import { createPlans } from '../src/plans.ts'
import { createLogins } from '../src/logins.ts'
import { openStore } from '../src/store/store.ts'
import { ownVersion } from '../src/version.ts'

/** The OpenAPI document that the daemon serves, of a daemon that has neither projects nor an engine. */
export async function openApiDocument(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-reference-'))
  const engineAddress = 'unix:///nowhere.sock'
  const engine = connect({ url: engineAddress, source: 'the reference' })
  const now = () => new Date()
  const store = openStore({ folder, now, contextLimit: 1 })
  try {
    const loader = createLoader(loadBundle, store.projects)
    const feed = createFeed()
    const never = () => {
      throw new Error('the reference deploys nothing')
    }
    const parts = { store, loader, feed, engine, engineAddress, limits: defaultLimits }
    const ownership = { claim: never, cede: never, others: never }
    const deployments = createDeployments({
      ...parts,
      ownership,
      composeHashes: { service: never, network: never, volume: never },
      logins: createLogins(),
      platformsOf: never,
      newId: never,
      deploy: never,
    })
    const app = await buildApp({
      ...parts,
      metrics: createMetrics({ projects: () => 0, waiting: () => 0 }),
      version: ownVersion(),
      log: pino({ level: 'silent' }),
      now,
      closing: new AbortController().signal,
      statusOf: never,
      oneOffs: { attended: never, areDependenciesUp: never, prepare: never },
      ownership,
      subscribe: never,
      deployments,
      plans: createPlans({ store, loader, deployments, engine, ownership, foresee: never, now }),
      custody: { suspend: never, resume: never, release: never },
      explainer: never,
      previousLogs: { keep: never, services: never, lines: never, forget: never },
    })
    const { body } = await app.inject('/openapi.json')
    await app.close()
    return `${JSON.stringify(JSON.parse(body), undefined, 2)}\n`
  } finally {
    await engine.close()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
