import type { OperationOf } from '@bulkhead/model'
import type { Given, ProgramSurroundings } from '@bulkhead/reconciler'
import type { Program, ProgramFolders } from './find.ts'
import { failed, outputOf, runProgram } from './run.ts'

/**
 * Gets and configures a model through Docker's plugin, as Compose does.
 *
 * @throws BulkheadError BH_PROVIDER_FAILED
 */
export async function prepareModel(
  { model, reference, options, at }: OperationOf<'prepareModel'>,
  { signal, output }: ProgramSurroundings,
  { program, folders }: { readonly program: Program; readonly folders: ProgramFolders },
): Promise<Given> {
  const subject = `Model "${model}"`
  const run = { program, folders, signal, subject, at }
  const tell = (line: string): undefined => {
    if (line.trim() !== '') output(line)
  }
  const parsed = async (...words: readonly string[]): Promise<unknown> => {
    const text = await outputOf({ ...run, arguments: words })
    try {
      return JSON.parse(text)
    } catch {
      throw failed(subject, `\`docker model ${words.join(' ')}\` did not answer in JSON.`, at)
    }
  }
  if (!tagsIn(await parsed('ls', '--json')).includes(reference)) {
    await runProgram({ ...run, arguments: ['pull', reference], onLine: tell, onErrorLine: tell })
  }
  const { 'context-size': size = [], 'runtime-flags': flags = [] } = options
  await runProgram({
    ...run,
    arguments: [
      'configure',
      ...size.flatMap((value) => ['--context-size', value]),
      reference,
      ...(flags.length === 0 ? [] : ['--', ...flags]),
    ],
    onLine: tell,
  })
  const status = await parsed('status', '--json')
  const { endpoint } = (status ?? {}) as { readonly endpoint?: unknown }
  if (typeof endpoint !== 'string') throw failed(subject, 'the model runner does not tell its address.', at)
  return { variables: { URL: endpoint, MODEL: reference }, rawVariables: {} }
}

/** Of all models that are there. */
function tagsIn(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((one: { readonly tags?: unknown } | null) =>
    Array.isArray(one?.tags) ? one.tags.map(String) : [],
  )
}
