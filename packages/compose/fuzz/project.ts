import { errorCodes, type Problem } from '@bulkhead/model'
import { configHash, containerConfigHash } from '../src/hash/config.ts'
import { load } from '../src/load.ts'
import { describeProject, printDocument, printProject } from '../src/print/project.ts'

/** The files of a project that only lives in memory, by name. */
export type Files = Readonly<Record<string, string>>

const folder = '/project'

/**
 * Loads, prints and hashes a project.
 *
 * @returns what is wrong with the loader, if anything is: not with the project.
 */
export function examine(files: Files, interpolate: boolean): string | undefined {
  const { project, document, problems } = load({
    reader: {
      readFile: (path) => {
        const text = textOf(files, path)
        return text === undefined ? undefined : Buffer.from(text)
      },
      isFolder: (path) => path === folder || path === `${folder}/sub`,
      variable: (name) => (name === 'HOME' ? '/home/me' : name === 'TAG' ? '1' : undefined),
    },
    workingDir: folder,
    configFiles: [],
    environmentFiles: [],
    profiles: ['*'],
    options: { interpolate },
  })
  for (const problem of problems) {
    const fault = faultOf(problem, files)
    if (fault !== undefined)
      return `${fault} (${problem.message.replace(/"[^"]*"|\d+/g, '…').slice(0, 60)}): ${JSON.stringify(problem)}`
  }
  if (project === undefined) {
    return problems.some(({ severity }) => severity === 'error') ? undefined : 'no project and no error'
  }
  if (problems.some(({ severity }) => severity === 'error')) return 'a project in spite of an error'
  if (document !== undefined) printDocument(document, 'yaml')
  // Without interpolation values have no types yet; only the document is of use.
  if (!interpolate) return undefined
  JSON.parse(printProject(project, { format: 'json' }))
  printProject(project, { format: 'yaml' })
  describeProject(project)
  for (const service of Object.values(project.services)) {
    configHash(service)
    containerConfigHash(service)
  }
  return undefined
}

function faultOf({ code, message, severity, at }: Problem, files: Files): string | undefined {
  if (!(errorCodes as readonly string[]).includes(code)) return 'unknown code'
  if (message === '' || /undefined|\[object|NaN/.test(message.replace(/"[^"]*"/g, ''))) return 'odd message'
  if (at === undefined) return severity === 'error' ? 'no position' : undefined
  const text = textOf(files, at.file)
  if (text === undefined) return 'position in a file that is not there'
  const lines = text.split('\n')
  const line = lines[at.line - 1]
  if (line === undefined || at.column < 1 || at.column > line.length + 2)
    return 'position outside of the file'
  return undefined
}

function textOf(files: Files, path: string): string | undefined {
  const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : ''
  return Object.hasOwn(files, name) ? files[name] : undefined
}
