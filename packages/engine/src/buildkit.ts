import { fieldsOf } from './protobuf.ts'

/** What BuildKit tells of one step when something about it changed. */
export interface BuildStatus {
  readonly steps: readonly BuildStep[]
  readonly output: readonly string[]
}

export interface BuildStep {
  readonly digest: string
  /** `[web 2/3] RUN npm ci`. */
  readonly name: string
  readonly cached: boolean
  readonly started: boolean
  readonly completed: boolean
  readonly error: string
}

/**
 * Reads BuildKit's StatusResponse. Only the fields that are shown are read; all
 * others are stepped over.
 *
 * @see https://github.com/moby/buildkit/blob/master/api/services/control/control.proto
 */
export function readTrace(message: Buffer): BuildStatus {
  const steps: BuildStep[] = []
  const output: string[] = []
  for (const { number, bytes } of fieldsOf(message)) {
    if (bytes === undefined) continue
    if (number === 1) steps.push(stepOf(bytes))
    if (number === 3) output.push(...textsOf(bytes, 4))
  }
  return { steps, output }
}

function stepOf(bytes: Buffer): BuildStep {
  const fields = [...fieldsOf(bytes)]
  const text = (number: number): string =>
    fields.find((field) => field.number === number)?.bytes?.toString('utf8') ?? ''
  const has = (number: number): boolean => fields.some((field) => field.number === number)
  return {
    digest: text(1),
    name: text(3),
    cached: fields.some((field) => field.number === 4 && field.value !== 0),
    started: has(5),
    completed: has(6),
    error: text(7),
  }
}

function textsOf(bytes: Buffer, wanted: number): readonly string[] {
  return [...fieldsOf(bytes)].flatMap(({ number, bytes: content }) =>
    number === wanted && content !== undefined ? [content.toString('utf8')] : [],
  )
}
