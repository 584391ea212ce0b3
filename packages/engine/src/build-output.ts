import { readTrace } from './buildkit.ts'
import type { BuildStep } from './buildkit.ts'
import type { Progress } from './port.ts'

/** One line of what the engine streams while it builds: of BuildKit `id` and `aux`, of the classic builder `stream`. */
export interface BuildMessage {
  readonly id?: string
  readonly aux?: unknown
  readonly stream?: string
  readonly status?: string
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
}

export interface BuildOutput {
  read(message: BuildMessage): void
  /** The last lines that the steps themselves printed, for an error. */
  end(): readonly string[]
}

/** As many lines of output go into an error. */
const linesKept = 10

/** Either builder's stream as lines to show: each step as it begins, and what it prints. */
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
    read({ id, aux, stream, status }) {
      if (id === 'moby.buildkit.trace' && typeof aux === 'string') {
        const { steps, output } = readTrace(aux)
        for (const step of steps) begin(step)
        for (const text of output) print(text)
      } else if (stream !== undefined) {
        print(stream)
      } else if (status !== undefined) {
        onProgress({ message: id === undefined ? status : `${id}: ${status}` })
      }
    },
    end: () => (partial.trim() === '' ? kept : [...kept, partial]),
  }
}
