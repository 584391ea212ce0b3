import { BulkheadError, type OperationOf, type Provision } from '@bulkhead/model'
import type { Given, ProgramSurroundings, Programs } from './port.ts'

export interface ProvideContext extends ProgramSurroundings {
  readonly programs: Programs
  /** What is kept of a provider or model, undefined: nothing. */
  readonly provisionOf: (kind: Provision['kind'], name: string) => Provision | undefined
  /** On disk before the next step. */
  readonly provisioned: (provision: Provision) => void
  readonly released: (service: string) => void
}

/**
 * Has a provider make what a service is, stop it, or take it away. That it was begun is
 * kept before it is: when this process dies in between it is run again, and
 * `down` knows of it.
 */
export async function runProvider(
  operation: OperationOf<'runProvider'>,
  context: ProvideContext,
): Promise<void> {
  const { action, service, program, options } = operation
  if (action === 'down') {
    await context.programs.provide(operation, context)
    context.released(service)
    return
  }
  if (action === 'stop') {
    await context.programs.provide(operation, context)
    const made = context.provisionOf('provider', service)
    if (made !== undefined) context.provisioned({ ...made, stopped: true })
    return
  }
  const asked = { kind: 'provider', name: service, source: program, options } as const
  await keep(asked, context, () => context.programs.provide(operation, context))
}

/** Has a model runner get a model and tell where it is. */
export async function prepareModel(
  operation: OperationOf<'prepareModel'>,
  context: ProvideContext,
): Promise<void> {
  const { model, reference, options } = operation
  const asked = { kind: 'model', name: model, source: reference, options } as const
  await keep(asked, context, () => context.programs.prepareModel(operation, context))
}

async function keep(
  asked: Pick<Provision, 'kind' | 'name' | 'source' | 'options'>,
  { provisionOf, provisioned }: ProvideContext,
  provide: () => Promise<Given>,
): Promise<void> {
  const { variables = {}, rawVariables = {} } = provisionOf(asked.kind, asked.name) ?? {}
  provisioned({ ...asked, settled: false, variables, rawVariables })
  const given = await provide()
  provisioned({ ...asked, settled: true, ...given })
}

/** Where nobody can run programs. */
export const noPrograms: Programs = {
  provide: ({ program, at }) => Promise.reject(notRun(program, at)),
  prepareModel: ({ at }) => Promise.reject(notRun('model', at)),
}

function notRun(program: string, at: OperationOf<'prepareModel'>['at']): BulkheadError {
  return new BulkheadError('BH_PROVIDER_NOT_FOUND', `No program "${program}" can be run here.`, { at })
}
