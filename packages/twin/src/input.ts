import type { Json } from './json.ts'

/** What a program reads: written from outside, read bit by bit. */
export interface Input {
  write(content: Buffer): void
  end(): void
  /** What there is, waiting for some; undefined: it's at its end. */
  read(): Promise<Buffer | undefined>
}

export function newInput(): Input {
  const pending: Buffer[] = []
  let over = false
  let wake: (() => void) | undefined
  const ring = (): void => {
    wake?.()
    wake = undefined
  }
  return {
    write(content) {
      if (!over) pending.push(content)
      ring()
    },
    end() {
      over = true
      ring()
    },
    async read() {
      for (;;) {
        if (pending.length > 0) return Buffer.concat(pending.splice(0))
        if (over) return undefined
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

/** What the next program of a container reads. */
export function inputFor({ config }: { readonly config: Json }): Input {
  return config['OpenStdin'] === true ? newInput() : emptyInput()
}

/** Nothing, and at its end: what a program reads when nobody may write to it. */
function emptyInput(): Input {
  const input = newInput()
  input.end()
  return input
}
