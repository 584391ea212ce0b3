import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Option } from 'commander'
import type { Command } from 'commander'
import {
  configHash,
  documentVariables,
  listImages,
  listModels,
  listNetworks,
  listProfiles,
  listServices,
  listVolumes,
  load,
  printDocument,
  printProject,
  readFileVariables,
} from '@bulkhead/compose'
import type { LoadOptions } from '@bulkhead/compose'
import { BulkheadError, toError } from '@bulkhead/model'
import type { Problem, Project } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { lockOf, pinImages } from '../project/digests.ts'
import type { ImageUsers } from '../project/digests.ts'
import { loadProject } from '../project/load.ts'
import type { LoadedProject } from '../project/load.ts'
import { selectServices } from '../project/select.ts'
import { colorsFor } from '../render/color.ts'
import { renderProblems, renderProblemsAsJson } from '../render/problems.ts'
import { renderTable } from '../render/table.ts'
import { checkServices } from './services.ts'

interface ConfigOptions {
  readonly quiet?: boolean
  readonly format: 'yaml' | 'json'
  readonly output?: string
  readonly services?: boolean
  readonly volumes?: boolean
  readonly networks?: boolean
  readonly images?: boolean
  readonly models?: boolean
  readonly profiles?: boolean
  readonly hash?: string
  readonly variables?: boolean
  readonly environment?: boolean
  readonly interpolate: boolean
  readonly normalize: boolean
  readonly pathResolution: boolean
  readonly consistency: boolean
  readonly envResolution: boolean
  readonly resolveImageDigests?: boolean
  readonly lockImageDigests?: boolean
}

export const config: CommandModule = {
  onlyReads: true,
  description: `Checks the Compose files, merges them and prints the project that they come to, in the canonical form.
Needs neither a daemon nor an engine, except for the digests of images: those are asked from their registries, through the engine.`,
  examples: [
    ['bulkhead config -q', 'check only'],
    ['bulkhead -f compose.yaml -f prod.yaml config', 'what the two come to'],
    ['bulkhead config --lock-image-digests -o lock.yaml', 'pin images: use it with -f, after the others'],
    ['bulkhead config --variables', 'the variables that the files read'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these, and what they depend on')
      .optionsGroup('Print:')
      .addOption(new Option('--format <format>', 'how to print').choices(['yaml', 'json']).default('yaml'))
      .option('-q, --quiet', 'print nothing but problems')
      .option('-o, --output <file>', 'write into a file')
      .option('--resolve-image-digests', 'pin images to the digests that their registries have now')
      .option('--lock-image-digests', 'print only the pinned images, as a file to merge with the others')
      .optionsGroup('Print in place of it:')
      .option('--services', 'names of services')
      .option('--volumes', 'names of volumes')
      .option('--networks', 'names of networks')
      .option('--images', 'names of images')
      .option('--models', 'names of models')
      .option('--profiles', 'names of profiles')
      .option('--hash <services>', 'hash of services in the form of Compose 2.26, "*" for all')
      .option('--variables', 'variables that the files read, with their defaults')
      .option('--environment', 'variables that the files may read, with their values')
      .optionsGroup('Leave out:')
      .option('--no-interpolate', 'leave variables as they are written')
      .option('--no-normalize', 'add no defaults')
      .option('--no-path-resolution', 'leave relative paths as they are written')
      .option('--no-consistency', 'do not check whether what is referred to exists')
      .option('--no-env-resolution', 'leave env_file as it is written')
      .optionsGroup('Other:'),
  run: runConfig,
}

async function runConfig({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const options = raw as unknown as ConfigOptions
  const loaded = await loadProject(globals, context, args, loadOptions(options))
  if (options.hash !== undefined && options.envResolution) checkEnvironment(loaded)
  const known = Object.keys({ ...loaded.project.services, ...loaded.project.disabledServices })
  checkServices(args, known, loaded.project.name)
  warn(loaded.warnings, globals.progress === 'json')
  const project = args.length === 0 ? loaded.project : selectServices(loaded.project, args)
  const shown = await withDigests({ ...loaded, project }, options, globals, context)
  const text = options.quiet === true ? '' : render(shown, options, context)
  if (options.output === undefined) context.terminal.out(text)
  else write(resolve(context.cwd, options.output), text)
  return exitCodes.ok

  function warn(problems: readonly Problem[], asJson: boolean): void {
    const { terminal, env, cwd } = context
    const colors = colorsFor(globals.ansi, env, terminal.errIsTty)
    terminal.err(asJson ? renderProblemsAsJson(problems) : renderProblems(problems, { colors, cwd }))
  }
}

function loadOptions(options: ConfigOptions): LoadOptions {
  return {
    interpolate: options.interpolate && options.variables !== true,
    normalize: options.normalize,
    resolvePaths: options.pathResolution,
    consistency: options.consistency,
    // The hash covers `env_file` by its path.
    resolveEnvironment: options.envResolution && options.hash === undefined,
  }
}

/** The hash is taken before env files are read; one that is missing is a mistake all the same. */
function checkEnvironment({ input }: LoadedProject): void {
  const { project, problems } = load({ ...input, options: { ...input.options, resolveEnvironment: true } })
  if (project === undefined) throw toError(problems)
}

/** Asks only for what is printed: the lists and hashes show images as they are written. */
async function withDigests(
  loaded: LoadedProject,
  options: ConfigOptions,
  globals: Invocation['globals'],
  context: Context,
): Promise<LoadedProject> {
  const wanted = options.resolveImageDigests === true || options.lockImageDigests === true
  if (!wanted || isList(options)) return loaded
  const { findOrStartDaemon } = await import('../daemon/find.ts')
  const { project, document } = loaded
  const connect = () => findOrStartDaemon(globals, context)
  if (options.interpolate) {
    return {
      ...loaded,
      project: { ...project, services: await pinImages(project.services, project, connect) },
    }
  }
  return {
    ...loaded,
    document: { ...document, services: await pinImages(servicesOf(document), project, connect) },
  }
}

function isList(options: ConfigOptions): boolean {
  const { services, volumes, networks, images, models, profiles, hash, variables, environment } = options
  const lists = [services, volumes, networks, images, models, profiles, variables, environment]
  return hash !== undefined || lists.includes(true)
}

/** The form of a document was checked when it was loaded. */
function servicesOf(document: LoadedProject['document']): ImageUsers {
  return (document['services'] ?? {}) as ImageUsers
}

function render(loaded: LoadedProject, options: ConfigOptions, context: Context): string {
  const { project, document } = loaded
  if (options.services === true) return lines(listServices(project))
  if (options.volumes === true) return lines(listVolumes(project))
  if (options.networks === true) return lines(listNetworks(project))
  if (options.images === true) return lines(listImages(project))
  if (options.models === true) return lines(listModels(project))
  if (options.profiles === true) return lines(listProfiles(project))
  if (options.hash !== undefined) return lines(hashes(project, options.hash))
  if (options.variables === true) return variables(document, options.format)
  if (options.environment === true) return lines(environment(loaded, context))
  if (options.lockImageDigests === true) {
    const services = options.interpolate ? project.services : servicesOf(document)
    return printDocument(lockOf(services), options.format)
  }
  if (!options.interpolate) return printDocument(document, options.format)
  return printProject(project, { format: options.format })
}

function hashes(project: Project, wanted: string): readonly string[] {
  const names = wanted === '*' ? Object.keys(project.services) : wanted.split(',')
  checkServices(names, Object.keys(project.services), project.name)
  return names.toSorted().flatMap((name) => {
    const service = project.services[name]
    return service === undefined ? [] : [`${name} ${configHash(service)}`]
  })
}

function variables(document: LoadedProject['document'], format: ConfigOptions['format']): string {
  const found = documentVariables(document)
  if (format === 'json') return `${JSON.stringify(found, undefined, 2)}\n`
  return renderTable(
    ['NAME', 'REQUIRED', 'DEFAULT VALUE', 'ALTERNATE VALUE'],
    found.map(({ name, required, defaultValue, alternateValue }) => [
      name,
      String(required),
      defaultValue,
      alternateValue,
    ]),
  )
}

function environment({ input }: LoadedProject, { env }: Context): readonly string[] {
  const fromFiles = readFileVariables(input)
  if (fromFiles.problems.some(({ severity }) => severity === 'error')) throw toError(fromFiles.problems)
  const all = { ...Object.fromEntries(fromFiles.variables), ...env }
  return Object.entries(all)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .toSorted()
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new BulkheadError('BH_FILE_NOT_FOUND', `${path} cannot be written: ${String(error)}.`, {
      cause: error,
    })
  }
}
