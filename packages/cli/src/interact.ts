import type { Session, Client, SessionStream } from '@bulkhead/client'
import type { Context } from './context.ts'
import { exitCodes } from './exit.ts'

export interface InteractOptions {
  readonly client: Client
  readonly session: Session & { readonly id: string }
  readonly context: Context
  /** Standard input is handed on. */
  readonly input: boolean
  /** Signals go to the container; else they end the session. */
  readonly forwardSignals: boolean
}

/** As many signals end a session whose container doesn't care for them. */
const patience = 3

/**
 * Connects this terminal with a program in a container until it ends.
 *
 * @returns its exit code; 0 when it was detached from, 130 when Ctrl-C left it.
 */
export async function interact(options: InteractOptions): Promise<number> {
  const { client, session, context, input } = options
  const { terminal } = context
  const stream = await client.openSession(session.id)
  const ends: (() => void)[] = []
  let left = false
  try {
    if (session.terminal) {
      ends.push(terminal.raw())
      const tellSize = (): void => {
        if (terminal.columns() > 0) stream.resize(terminal.columns(), terminal.rows())
      }
      tellSize()
      ends.push(terminal.onResize(tellSize))
    }
    ends.push(
      onSignals(options, stream, () => {
        left = true
        stream.close()
      }),
    )
    if (input) ends.push(pump(context, stream))
    for await (const { stream: to, content } of stream.output) await terminal.write(to, content)
  } catch (error) {
    if (!left) throw error
  } finally {
    for (const end of ends) end()
    stream.close()
  }
  return left ? exitCodes.interrupted : (stream.exitCode() ?? exitCodes.ok)
}

function onSignals(
  { context, forwardSignals }: InteractOptions,
  stream: SessionStream,
  leave: () => void,
): () => void {
  let count = 0
  return context.onInterrupt((signal = 'SIGINT') => {
    count += 1
    if (forwardSignals && count < patience) stream.signal(signal)
    else leave()
  })
}

/** Hands on standard input, no faster than it's taken. */
function pump({ stdin }: Context, stream: SessionStream): () => void {
  const onData = (content: Buffer): void => {
    stdin.pause()
    void stream.write(content).then(() => {
      if (!over) stdin.resume()
    })
  }
  const onEnd = (): void => stream.end()
  let over = false
  stdin.on('data', onData).on('end', onEnd)
  stdin.resume()
  return () => {
    over = true
    stdin.off('data', onData).off('end', onEnd)
    stdin.pause()
    // A terminal that is still open would keep the command from ending.
    if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  }
}
