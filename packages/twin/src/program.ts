import type { Clock } from './clock.ts'
import type { Files } from './files.ts'
import type { Input } from './input.ts'

/**
 * What a command in a container does: a function over the engine's time that
 * ends with an exit code. Told by the test, as nothing here can run programs.
 */
export type Program = (process: Process) => Promise<number>

/** What a program sees of the world. */
export interface Process {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  /** The container's own. */
  readonly files: Files
  /** What is written to it, bit by bit; undefined: its end. */
  read(): Promise<Buffer | undefined>
  /** Rows and columns of its terminal, as they were told last. */
  readonly size: TerminalSize
  out(text: string | Buffer): void
  err(text: string | Buffer): void
  sleep(milliseconds: number): Promise<void>
  /** As PID 1 a program that does not listen for a signal doesn't get it; only SIGKILL always ends it. */
  onSignal(signal: string, react: () => void): void
  /** Ends at once, wherever the program is. */
  exit(code: number): void
  /** What listens behind a host name or alias on the networks of this container; undefined: nobody. */
  reach(host: string): Process | undefined
  /** What this container answers to those who reach it. */
  serve(answer: string): void
  /** As `serve` left it. */
  readonly served: string | undefined
}

export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

/** The plain way to tell what a command does. Milliseconds count from its start. */
export interface Behavior {
  /** Undefined: it runs until it is stopped. */
  readonly exits?: { readonly after?: number; readonly code: number }
  readonly writes?: readonly {
    readonly after?: number
    readonly text: string
    readonly stream?: 'stdout' | 'stderr'
  }[]
  /** On the stop signal: how it ends, or `ignore`, so that it's killed when its grace is over. @default exit code 0 at once */
  readonly onStop?: 'ignore' | { readonly after?: number; readonly code: number }
}

/** Which commands a script is for; what is left out matches all. First match wins. */
export interface Script {
  /** The reference that the container was created from. */
  readonly image?: string
  /** The whole command line, arguments parted by blanks; of a health probe or an exec: theirs. */
  readonly command?: string | RegExp
  /** Container name. */
  readonly container?: string | RegExp
  readonly does?: Behavior | Program
  /** Exit codes of the container's health probes, one after another; the last one stays. */
  readonly probes?: readonly number[]
}

export interface Subject {
  readonly image: string
  readonly container: string
  readonly argv: readonly string[]
}

/** What a container's own command does. */
export function programOf(scripts: readonly Script[], subject: Subject): Program {
  const does = scripts.find((script) => script.does !== undefined && isFor(script, subject))?.does
  if (does === undefined) return builtIn[subject.argv[0] ?? ''] ?? behaving({})
  return typeof does === 'function' ? does : behaving(does)
}

/** What a command does that is run in a container beside its own: only scripts that name it tell. */
export function guestProgramOf(scripts: readonly Script[], subject: Subject): Program {
  const named = scripts.filter(({ command }) => command !== undefined)
  const does = named.find((script) => script.does !== undefined && isFor(script, subject))?.does
  if (does !== undefined) return typeof does === 'function' ? does : behaving(does)
  return builtIn[subject.argv[0] ?? ''] ?? builtIn['true'] ?? forever
}

/** The exit codes of a container's probes; undefined: its probe is a command like others. */
export function probesOf(scripts: readonly Script[], subject: Subject): readonly number[] | undefined {
  return scripts.find((script) => script.probes !== undefined && isFor(script, subject))?.probes
}

const builtIn: Readonly<Record<string, Program>> = {
  true: () => Promise.resolve(0),
  false: () => Promise.resolve(1),
  echo: (process) => {
    process.out(`${process.argv.slice(1).join(' ')}\n`)
    return Promise.resolve(0)
  },
  cat: async (process) => {
    for (let content = await process.read(); content !== undefined; content = await process.read())
      process.out(content)
    return 0
  },
}

function isFor({ image, command, container }: Script, subject: Subject): boolean {
  return (
    (image === undefined || image === subject.image) &&
    matches(command, subject.argv.join(' ')) &&
    matches(container, subject.container)
  )
}

function matches(pattern: string | RegExp | undefined, text: string): boolean {
  if (pattern === undefined) return true
  return typeof pattern === 'string' ? pattern === text : pattern.test(text)
}

function behaving({ exits, writes = [], onStop }: Behavior): Program {
  return async (process) => {
    if (onStop !== 'ignore') {
      const end = async (): Promise<void> => {
        await process.sleep(onStop?.after ?? 0)
        process.exit(onStop?.code ?? 0)
      }
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT']) process.onSignal(signal, () => void end())
    }
    const write = async ({ after = 0, text, stream = 'stdout' }: (typeof writes)[number]): Promise<void> => {
      if (after > 0) await process.sleep(after)
      if (stream === 'stdout') process.out(text)
      else process.err(text)
    }
    const written = Promise.all(writes.map(write))
    if (exits === undefined) return forever()
    if ((exits.after ?? 0) > 0) await process.sleep(exits.after ?? 0)
    else await written
    return exits.code
  }
}

export function forever(): Promise<never> {
  return new Promise(() => undefined)
}

/** A program under way. */
export interface Running {
  /** Undefined signals are those that it doesn't listen for: nothing happens. */
  signal(name: string): void
  /** What it offers to those who reach it. */
  readonly process: Process
}

export interface RunOptions {
  readonly clock: Clock
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly files: Files
  readonly reach: (host: string) => Process | undefined
  readonly write: (stream: 'stdout' | 'stderr', content: Buffer) => void
  readonly input: Input
  readonly size: () => TerminalSize
  /** Once, with the exit code. */
  readonly onExit: (code: number) => void
}

/** Starts a program. After its end nothing that it still does is seen. */
export function run(program: Program, options: RunOptions): Running {
  const { clock, argv, environment, workingDirectory, files, reach, write, input, size, onExit } = options
  const reactions = new Map<string, () => void>()
  const waits = new Set<() => void>()
  let over = false
  let served: string | undefined

  const exit = (code: number): void => {
    if (over) return
    over = true
    for (const cancel of waits) cancel()
    onExit(code)
  }
  const writeTo =
    (stream: 'stdout' | 'stderr') =>
    (content: string | Buffer): void => {
      if (!over) write(stream, typeof content === 'string' ? Buffer.from(content) : content)
    }
  const process: Process = {
    argv,
    environment,
    workingDirectory,
    files,
    read: () => input.read(),
    get size() {
      return size()
    },
    out: writeTo('stdout'),
    err: writeTo('stderr'),
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        if (over) return
        const cancel = clock.after(milliseconds, () => {
          waits.delete(cancel)
          resolve()
        })
        waits.add(cancel)
      }),
    onSignal: (signal, react) => reactions.set(signal, react),
    exit,
    reach: (host) => reach(host),
    serve(answer) {
      served = answer
    },
    get served() {
      return over ? undefined : served
    },
  }
  // Its first step comes when its start has been told.
  void Promise.resolve()
    .then(() => program(process))
    .then(exit, (error: unknown) => {
      writeTo('stderr')(`${String(error)}\n`)
      exit(1)
    })
  return {
    signal(name) {
      if (name === 'SIGKILL') exit(137)
      else if (!over) reactions.get(name)?.()
    },
    process,
  }
}
