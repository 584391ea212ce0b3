import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { projects, readCorpus } from './inputs.ts'
import { examine, type Files } from './project.ts'

/**
 * Loads projects that nobody would write:
 * `npm run fuzz --workspace @bulkhead/compose -- --runs 100000 --seed 1`.
 *
 * Fails on a crash, on more than a second of CPU time for one project, and on
 * an error without code or position. The runs are done in a process of their
 * own, so that a hang is seen.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    child: { type: 'boolean', default: false },
  },
})
const task = { runs: Number(values.runs), seed: Number(values.seed) }

/** Runs that one message stands for, and how long it may be in coming. */
const batch = 50
const hangMilliseconds = 120_000

if (values.child) fuzz()
else watch()

function watch(): void {
  const started = performance.now()
  let done = 0
  const child = fork(
    fileURLToPath(import.meta.url),
    [...process.argv.slice(2), '--seed', values.seed, '--child'],
    {
      execArgv: process.execArgv,
    },
  )
  const onHang = (): void => {
    console.error(`a run after ${done} of seed ${task.seed} hangs`)
    child.kill('SIGKILL')
  }
  let timer = setTimeout(onHang, hangMilliseconds)
  child.on('message', (runs) => {
    done = Number(runs)
    clearTimeout(timer)
    timer = setTimeout(onHang, hangMilliseconds)
  })
  child.on('exit', (code) => {
    clearTimeout(timer)
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    console.log(`seed ${task.seed}: ${done} projects in ${seconds} s, exit ${code ?? 'by signal'}`)
    process.exitCode = code === 0 ? 0 : 1
  })
}

/** A kind of fault, how often it was seen, and the smallest project that shows it. */
interface Fault {
  count: number
  text: string
  files: Files
}

interface Timed {
  readonly fault: ReturnType<typeof faultOf>
  readonly milliseconds: number
}

function fuzz(): void {
  let done = 0
  let slowest = 0
  const faults = new Map<string, Fault>()
  const property = fc.property(projects(readCorpus()), fc.boolean(), (files, interpolate) => {
    const { fault, milliseconds } = timed(files, interpolate)
    done += 1
    if (done % batch === 0) process.send?.(done)
    // A second time, for the first one may have paid for the fuzzer's own garbage.
    const again = milliseconds > 1000 ? timed(files, interpolate).milliseconds : milliseconds
    slowest = Math.max(slowest, Math.min(milliseconds, again))
    if (again > 1000) note(faults, 'slow', `${again.toFixed(0)} ms`, files)
    if (fault !== undefined) note(faults, fault.kind, fault.text, files)
  })
  fc.assert(property, { numRuns: task.runs, seed: task.seed })
  const memory = (process.resourceUsage().maxRSS / 1024).toFixed(0)
  console.log(`the slowest took ${slowest.toFixed(0)} ms, at most ${memory} MiB`)
  for (const [kind, { count, text, files }] of faults) {
    console.log(`${count} × ${kind}\n${text}\n${JSON.stringify(files)}\n`)
  }
  if (faults.size > 0) process.exitCode = 1
  process.disconnect?.()
}

function timed(files: Files, interpolate: boolean): Timed {
  const before = process.cpuUsage()
  const wall = performance.now()
  const fault = faultOf(files, interpolate)
  const { user, system } = process.cpuUsage(before)
  // CPU time counts other threads of the process, wall time the wait for a CPU: the lesser is nearer.
  return { fault, milliseconds: Math.min((user + system) / 1000, performance.now() - wall) }
}

function faultOf(
  files: Files,
  interpolate: boolean,
): { readonly kind: string; readonly text: string } | undefined {
  try {
    const fault = examine(files, interpolate)
    return fault === undefined ? undefined : { kind: fault.slice(0, fault.indexOf(':')), text: fault }
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { kind: `crash ${text.split('\n')[1]?.trim() ?? ''}`, text }
  }
}

function note(faults: Map<string, Fault>, kind: string, text: string, files: Files): void {
  const known = faults.get(kind)
  if (known === undefined) {
    faults.set(kind, { count: 1, text, files })
    return
  }
  known.count += 1
  if (JSON.stringify(files).length >= JSON.stringify(known.files).length) return
  known.text = text
  known.files = files
}
