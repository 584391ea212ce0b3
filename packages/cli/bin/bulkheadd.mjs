#!/usr/bin/env node
import { existsSync } from 'node:fs'

// The daemon is a program of its own, found by its path.
const entry = new URL('dist/bulkheadd.js', new URL('..', import.meta.resolve('@bulkhead/daemon')))
if (!existsSync(entry)) {
  console.error(
    `error: the daemon is not built: ${entry.pathname} is missing\n  hint: Run \`npm run build\`.`,
  )
  process.exit(1)
}
await import(entry.href)
