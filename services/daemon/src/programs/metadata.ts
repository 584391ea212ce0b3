import { BulkheadError, isBulkheadError } from '@bulkhead/model'
import type { OperationOf, ProvisionOptions } from '@bulkhead/model'
import { outputOf } from './run.ts'
import type { ProgramRun } from './run.ts'

interface Parameter {
  readonly name?: unknown
  readonly required?: unknown
}

const timeLimitMs = 10_000

/** What a provider tells of itself. */
export interface Known {
  /** Of the options, those that it knows; all where it does not tell. */
  readonly options: ProvisionOptions
  /** It can stop what it provides without taking it away. */
  readonly stops: boolean
}

/**
 * Asks a provider what it knows of its options, and whether it can stop.
 *
 * @throws BulkheadError BH_PROVIDER_FAILED when one that it requires is missing.
 */
export async function askProvider(
  { action, options, service, at }: OperationOf<'runProvider'>,
  run: Pick<ProgramRun, 'program' | 'folders' | 'signal' | 'subject' | 'at'>,
): Promise<Known> {
  const metadata = await metadataOf(run)
  const stops = typeof metadata?.['stop'] === 'object' && metadata['stop'] !== null
  const parameters = metadata && (listIn(metadata[action]) ?? [])
  if (parameters === undefined) return { options, stops }
  const missing = parameters.find(
    ({ name, required }) => required === true && options[String(name)] === undefined,
  )
  // What is to be taken away may have been asked for by an earlier version of the program.
  if (missing !== undefined && action === 'up') {
    throw new BulkheadError(
      'BH_PROVIDER_FAILED',
      `The provider of service "${service}" needs the option "${String(missing.name)}".`,
      { hint: 'Add it to `provider.options`.', at },
    )
  }
  const names = new Set(parameters.map(({ name }) => String(name)))
  const known = Object.entries(options).filter(([name]) => names.has(name))
  return { options: Object.fromEntries(known), stops }
}

/** Undefined: it tells nothing. */
async function metadataOf(
  run: Pick<ProgramRun, 'program' | 'folders' | 'signal' | 'subject' | 'at'>,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(timeLimitMs)])
  try {
    const text = await outputOf({ ...run, signal, arguments: ['compose', 'metadata'] })
    const metadata = JSON.parse(text) as Readonly<Record<string, unknown>> | null
    if (metadata === null || typeof metadata !== 'object') return undefined
    const tellsOf = ['up', 'stop', 'down'].some((action) => listIn(metadata[action]) !== undefined)
    return (metadata['description'] ?? '') === '' && !tellsOf && metadata['stop'] === undefined
      ? undefined
      : metadata
  } catch (error) {
    run.signal.throwIfAborted()
    if (isBulkheadError(error) || error instanceof SyntaxError || signal.aborted) return undefined
    throw error
  }
}

function listIn(command: unknown): readonly Parameter[] | undefined {
  const { parameters } = (command ?? {}) as { readonly parameters?: unknown }
  return Array.isArray(parameters) ? (parameters as readonly Parameter[]) : undefined
}
