import { StringDecoder } from 'node:string_decoder'
import { BulkheadError, type OperationOf } from '@bulkhead/model'
import type { Engine } from '@bulkhead/engine'
import type { HooksRun } from '@bulkhead/planner'

/** What running a hook may use. */
export interface HookContext {
  readonly engine: Engine
  readonly signal: AbortSignal
  /** A line that a hook wrote. */
  readonly output: (line: string) => void
  /** `post_start` hooks of a container have run: on disk before the next step. */
  readonly hookRan: (container: string, run: HooksRun) => void
}

/** Lines of a hook's output that go with its failure. */
const tailLines = 10

/**
 * Runs a hook inside its service's container, to its end. A `pre_stop` hook of
 * a container that has stopped by itself has nothing left to do.
 *
 * @throws BulkheadError BH_HOOK_FAILED
 */
export async function runHook(
  { phase, index, service, container, name, hook }: OperationOf<'runHook'>,
  { engine, signal, output, hookRan }: HookContext,
): Promise<void> {
  const subject = `${phase}[${index}] of service "${service}"`
  const before = await engine.inspect(container)
  if (before?.state !== 'running') {
    if (phase === 'pre_stop') return
    throw new BulkheadError('BH_HOOK_FAILED', `The hook ${subject} was not run: container "${name}" ended.`, {
      hint: `See why with \`bulkhead logs ${service}\`.`,
    })
  }
  const lines = lineGatherer(output)
  const command = {
    command: hook.command ?? [],
    environment: variables(hook.environment),
    user: hook.user,
    workingDir: hook.working_dir,
    privileged: hook.privileged,
  }
  const code = await engine.exec(
    before.id,
    command,
    ({ stream, content }) => lines.add(stream, content),
    signal,
  )
  lines.end()
  if (code !== 0) {
    throw new BulkheadError(
      'BH_HOOK_FAILED',
      `The hook ${subject} ended with exit code ${code}${lines.tail()}`,
      {
        hint:
          phase === 'pre_stop'
            ? `Container "${name}" still runs. Mend what the hook needs and try again, or stop it without its hooks: \`docker stop ${name}\`.`
            : `Container "${name}" runs, and what depends on it waits. Correct the hook, or what it needs; it is tried again.`,
      },
    )
  }
  if (phase === 'post_start' && before.startedAt !== undefined)
    hookRan(before.id, { startedAt: before.startedAt, count: index + 1 })
}

/**
 * Runs a `pre_start` hook in a container of its own, to its end. Whatever comes
 * of it the container is taken away; when this process dies before it can, a
 * later round does.
 *
 * @throws BulkheadError BH_HOOK_FAILED
 */
export async function runInit(
  { service, index, container, files }: OperationOf<'runInit'>,
  { engine, signal, output }: Omit<HookContext, 'hookRan'>,
): Promise<void> {
  const id = await engine.createContainer(container)
  const lines = lineGatherer(output)
  let code: number
  try {
    if (files.length > 0) await engine.putFiles(id, files)
    const exit = await engine.awaitExit(id, 'next', signal)
    await engine.startContainer(id)
    for await (const { stream, text } of engine.logs(id, {
      follow: true,
      tail: undefined,
      timestamps: false,
      signal,
    }))
      lines.add(stream, `${text}\n`)
    code = await exit.code
  } finally {
    await engine.removeContainer(id, { volumes: true })
  }
  lines.end()
  if (code === 0) return
  throw new BulkheadError(
    'BH_HOOK_FAILED',
    `The hook pre_start[${index}] of service "${service}" ended with exit code ${code}${lines.tail()}`,
    { hint: 'The service was not started. Correct the hook, or what it needs, and try again.' },
  )
}

/** What is not set is left as the container has it. */
function variables(environment: Readonly<Record<string, string | null>> = {}): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : `${name}=${value}`))
}

interface Lines {
  add(stream: 'stdout' | 'stderr', content: Buffer | string): void
  end(): void
  /** The last lines as the end of a sentence. */
  tail(): string
}

/** Hands on whole lines, and keeps the last ones. */
function lineGatherer(tell: (line: string) => void): Lines {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  const rests = { stdout: '', stderr: '' }
  const last: string[] = []
  const line = (text: string): void => {
    last.push(text)
    if (last.length > tailLines) last.shift()
    tell(text)
  }
  return {
    add(stream, content) {
      const text = typeof content === 'string' ? content : decoders[stream].write(content)
      const lines = `${rests[stream]}${text}`.split('\n')
      rests[stream] = lines.pop() ?? ''
      for (const one of lines) line(one.replace(/\r$/u, ''))
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const rest = `${rests[stream]}${decoders[stream].end()}`
        rests[stream] = ''
        if (rest !== '') line(rest)
      }
    },
    tail: () => (last.length === 0 ? '.' : `:\n${last.join('\n')}`),
  }
}
