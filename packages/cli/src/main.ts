import { spawn } from 'node:child_process'
import { homedir, tmpdir } from 'node:os'
import type { Context } from './context.ts'
import { daemonEntry } from './daemon/entry.ts'
import { run } from './program.ts'
import { createTerminal } from './terminal.ts'

const context: Context = {
  terminal: createTerminal(process),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  user: { uid: process.getuid?.(), home: homedir(), temporary: tmpdir() },
  spawn: (command, args, options) => spawn(command, [...args], options),
  daemonEntry,
  now: Date.now,
  onInterrupt(listener) {
    process.on('SIGINT', listener).on('SIGTERM', listener)
    return () => process.off('SIGINT', listener).off('SIGTERM', listener)
  },
  systemSocket: '/run/bulkhead/bulkhead.sock',
}

// A reader that has had enough (`bulkhead logs | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

process.exitCode = await run(process.argv.slice(2), context)
