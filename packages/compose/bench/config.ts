import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { configHash } from '../src/hash/config.ts'
import { load, type LoadOptions } from '../src/load.ts'
import type { Reader } from '../src/reader.ts'
import { listImages, listProfiles, listServices, listVolumes } from '../src/print/lists.ts'
import { printDocument, printProject } from '../src/print/project.ts'

/**
 * The loader and the printer alone, as a process: `config` without the CLI
 * around it, for measuring and for comparing with Compose.
 */
const { values } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== 'config'),
  options: {
    file: { type: 'string', short: 'f', multiple: true },
    'env-file': { type: 'string', multiple: true },
    profile: { type: 'string', multiple: true },
    'project-name': { type: 'string', short: 'p' },
    format: { type: 'string', default: 'yaml' },
    'no-interpolate': { type: 'boolean', default: false },
    quiet: { type: 'boolean', short: 'q', default: false },
    hash: { type: 'string' },
    services: { type: 'boolean', default: false },
    volumes: { type: 'boolean', default: false },
    images: { type: 'boolean', default: false },
    profiles: { type: 'boolean', default: false },
  },
})

const reader: Reader = {
  readFile: (path) => {
    try {
      return readFileSync(path)
    } catch {
      return undefined
    }
  },
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  variable: (name) => process.env[name],
}

const options: LoadOptions = {
  interpolate: !values['no-interpolate'],
  ...(values.hash === undefined ? {} : { resolveEnvironment: false }),
}
const { project, document, problems } = load({
  reader,
  workingDir: resolve('.'),
  configFiles: values.file ?? [],
  environmentFiles: values['env-file'] ?? [],
  profiles: values.profile ?? [],
  projectName: values['project-name'],
  options,
})
for (const { severity, code, message, hint, at } of problems) {
  const place = at === undefined ? '' : `${at.file}:${at.line}:${at.column}: `
  console.error(`${place}${severity} ${code}: ${message}${hint === undefined ? '' : ` ${hint}`}`)
}

function output(): string {
  if (project === undefined || document === undefined) return ''
  if (values.services) return listServices(project).join('\n')
  if (values.volumes) return listVolumes(project).join('\n')
  if (values.images) return listImages(project).join('\n')
  if (values.profiles) return listProfiles(project).join('\n')
  if (values.hash !== undefined) {
    const services = Object.values(project.services)
    return services.map((service) => `${service.name} ${configHash(service)}`).join('\n')
  }
  if (values.quiet) return ''
  const format = values.format === 'json' ? 'json' : 'yaml'
  return values['no-interpolate'] ? printDocument(document, format) : printProject(project, { format })
}
process.stdout.write(output())
if (project === undefined) process.exitCode = 1
