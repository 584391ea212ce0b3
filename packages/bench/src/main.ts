import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { chain, independent } from './work.ts'

/** Each in a module of its own, loaded when it is asked for. */
const benches: Readonly<Record<string, (folder: string) => Promise<string>>> = {
  versus: async (folder) =>
    (await import('./versus.ts')).versus(folder, [independent(1), independent(10), chain(10)]),
  chain: async (folder) => (await import('./versus.ts')).versus(folder, [chain(10)]),
  revive: async (folder) => (await import('./revive.ts')).revive(folder),
  many: async (folder) => (await import('./many.ts')).many(folder),
}

const asked = process.argv.slice(2)
const unknown = asked.find((name) => benches[name] === undefined)
if (unknown !== undefined) {
  process.stderr.write(`There is no bench "${unknown}". There are: ${Object.keys(benches).join(', ')}.\n`)
  process.exit(16)
}
const folder = await mkdtemp(join(tmpdir(), 'bulkhead-bench-'))
try {
  const [first] = cpus()
  process.stdout.write(
    `${cpus().length} processors (${first?.model ?? 'unknown'}), Node ${process.versions.node}\n`,
  )
  for (const name of asked.length > 0 ? asked : ['versus']) {
    const text = await benches[name]?.(folder)
    process.stdout.write(`\n${name}: ${text}\n`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
