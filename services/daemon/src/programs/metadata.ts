import { BulkheadError, isBulkheadError } from '@bulkhead/model'
import type { OperationOf, ProvisionOptions } from '@bulkhead/model'
import { outputOf } from './run.ts'
import type { ProgramRun } from './run.ts'

interface Parameter {
  readonly name?: unknown
  readonly required?: unknown
}

const timeLimitMs = 10_000

/**
 * The options that a provider knows, where it tells which ones it does.
 *
 * @throws BulkheadError BH_PROVIDER_FAILED when one that it requires is missing.
 */
export async function knownOptions(
  { action, options, service, at }: OperationOf<'runProvider'>,
  run: Pick<ProgramRun, 'program' | 'folders' | 'signal' | 'subject' | 'at'>,
): Promise<ProvisionOptions> {
  const parameters = await parametersOf(action, run)
  if (parameters === undefined) return options
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
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.has(name)))
}

/** Undefined: it doesn't tell. */
async function parametersOf(
  action: 'up' | 'down',
  run: Pick<ProgramRun, 'program' | 'folders' | 'signal' | 'subject' | 'at'>,
): Promise<readonly Parameter[] | undefined> {
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(timeLimitMs)])
  try {
    const text = await outputOf({ ...run, signal, arguments: ['compose', 'metadata'] })
    const metadata = JSON.parse(text) as Readonly<Record<string, unknown>> | null
    const ofUp = listIn(metadata?.['up'])
    const ofDown = listIn(metadata?.['down'])
    if ((metadata?.['description'] ?? '') === '' && ofUp === undefined && ofDown === undefined)
      return undefined
    return (action === 'up' ? ofUp : ofDown) ?? []
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
