import type { OperationOf } from '@bulkhead/model'
import type { Given, ProgramSurroundings } from '@bulkhead/reconciler'
import { maskOf } from '../mask.ts'
import type { Program, ProgramFolders } from './find.ts'
import { askProvider } from './metadata.ts'
import { failed, runProgram } from './run.ts'

/** Shorter values are in every text by chance. */
const shortestMasked = 6

/**
 * Runs the program of a provider as Compose does, and gathers what it gives.
 *
 * @see https://github.com/docker/compose/blob/main/docs/extension.md
 * @throws BulkheadError BH_PROVIDER_FAILED
 */
export async function runProvider(
  operation: OperationOf<'runProvider'>,
  { project, signal, output }: ProgramSurroundings,
  { program, folders }: { readonly program: Program; readonly folders: ProgramFolders },
): Promise<Given> {
  const { action, service, definition, at } = operation
  const subject = `The provider of service "${service}"`
  const run = { program, folders, signal, subject, at }
  const { options, stops } = await askProvider(operation, run)
  const variables: Record<string, string> = {}
  const rawVariables: Record<string, string> = {}
  const mask = (text: string): string => {
    const values = [...Object.values(variables), ...Object.values(rawVariables)]
    return maskOf(values.filter(({ length }) => length >= shortestMasked))(text)
  }
  const variable = (message: string, into: Record<string, string>): void => {
    const cut = message.indexOf('=')
    if (cut < 1) throw failed(subject, 'it gave a variable without a name and "=".', at)
    into[message.slice(0, cut)] = message.slice(cut + 1)
  }
  await runProgram({
    ...run,
    mask,
    arguments: [
      'compose',
      `--project-name=${project}`,
      action,
      ...Object.entries(options).flatMap(([name, values]) => values.map((value) => `--${name}=${value}`)),
      service,
    ],
    onErrorLine: (line) => output(mask(line)),
    onLine(line) {
      if (line.trim() === '') return undefined
      const { type, message } = messageOf(line)
      switch (type) {
        case 'info':
          output(mask(message))
          return undefined
        case 'debug':
          return undefined
        case 'setenv':
          variable(message, variables)
          return undefined
        case 'rawsetenv':
          variable(message, rawVariables)
          return undefined
        case 'get-service-config':
          return `${JSON.stringify(definition ?? {})}\n`
        case 'error':
          throw failed(subject, mask(message), at)
        default:
          throw failed(subject, 'it wrote to standard output what is no message.', at)
      }
    },
  })
  return { variables, rawVariables, ...(stops ? { stops } : {}) }
}

function messageOf(line: string): { readonly type: unknown; readonly message: string } {
  try {
    const { type, message } = JSON.parse(line) as { readonly type?: unknown; readonly message?: unknown }
    return { type, message: typeof message === 'string' ? message : '' }
  } catch {
    return { type: undefined, message: '' }
  }
}
