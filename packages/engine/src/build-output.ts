import type { BuildStatus, BuildStep } from './buildkit.ts'
import type { Progress } from './port.ts'

/** One line of what the classic builder streams while it builds. */
export interface BuildMessage {
  readonly id?: string
  readonly stream?: string
  readonly status?: string
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
}

export interface BuildOutput {
  /** Of the classic builder. */
  read(message: BuildMessage): void
  /** Of BuildKit. */
  show(status: BuildStatus): void
  /** The last lines that the steps themselves printed, for an error. */
  end(): readonly string[]
}

/** As many lines of output go into an error. */
const linesKept = 10

/** What either builder tells as lines to show: each step as it begins, and what it prints. */
export function buildOutput(onProgress: (progress: Progress) => void): BuildOutput {
  const kept: string[] = []
  const begun = new Set<string>()
  let partial = ''
  const print = (text: string): void => {
    const lines = (partial + text).split(/\r?\n/u)
    partial = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      kept.push(line)
      if (kept.length > linesKept) kept.shift()
      onProgress({ message: line })
    }
  }
  const begin = ({ digest, name, cached, started }: BuildStep): void => {
    // What BuildKit does on its own account is of no interest.
    if (
      !(started || cached) ||
      begun.has(digest) ||
      name.startsWith('[internal]') ||
      name === 'copy /context /'
    )
      return
    begun.add(digest)
    onProgress({ message: cached ? `CACHED ${name}` : name })
  }
  return {
    show({ steps, output }) {
      for (const step of steps) begin(step)
      for (const text of output) print(text)
    },
    read({ id, stream, status }) {
      if (stream !== undefined) {
        print(stream)
      } else if (status !== undefined) {
        onProgress({ message: id === undefined ? status : `${id}: ${status}` })
      }
    },
    end: () => (partial.trim() === '' ? kept : [...kept, partial]),
  }
}
