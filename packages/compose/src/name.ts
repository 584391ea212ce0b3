import { posix } from 'node:path'
import { parseFile, type Assembly } from './documents.ts'
import type { Discovery } from './discover.ts'
import type { LoadInput } from './input.ts'
import { interpolate } from './template/interpolate.ts'
import { isMapping, positionIn, type Mapping, scalarText } from './tree.ts'

/**
 * The project's name: `-p`, else COMPOSE_PROJECT_NAME, else `name` of the last
 * file that has one, else that of the folder. The first two must be valid as
 * they are; the others are brought into form.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/04-version-and-name.md
 */
export function nameProject(input: LoadInput, discovery: Discovery, assembly: Assembly): string {
  const { problems } = assembly
  const asked = input.projectName ?? discovery.variable('COMPOSE_PROJECT_NAME')
  if (asked !== undefined && asked !== '') {
    if (isValidName(asked)) return asked
    problems.error('BH_PROJECT_NAME_INVALID', `"${asked}" is no name for a project.`, {
      hint: 'Use lowercase letters, digits, dashes and underscores; start with a letter or digit.',
    })
    return normalizeName(asked)
  }
  const fromFiles = nameFromFiles(discovery, assembly)
  const name = fromFiles === '' ? normalizeName(posix.basename(discovery.folder)) : fromFiles
  if (name === '') {
    problems.error(
      'BH_PROJECT_NAME_INVALID',
      'The project has no name: that of its folder has no usable character.',
      {
        hint: 'Add `name` to the file or use -p.',
      },
    )
  }
  return name
}

/** Lowercase; only letters, digits, dashes and underscores; no dash or underscore first. */
export function normalizeName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^-_a-z0-9]/g, '')
    .replace(/^[_-]+/, '')
}

export function isValidName(name: string): boolean {
  return name !== '' && normalizeName(name) === name
}

function nameFromFiles(discovery: Discovery, assembly: Assembly): string {
  let found: string | undefined
  for (const file of discovery.configFiles) {
    for (const { tree } of parseFile(file, assembly)?.documents ?? []) {
      if (isMapping(tree) && typeof tree['name'] === 'string')
        found = nameOf(tree, discovery, assembly) ?? found
    }
  }
  return found ?? ''
}

function nameOf(
  tree: Mapping,
  { variable }: Discovery,
  { interpolate: replace, problems }: Assembly,
): string | undefined {
  const text = scalarText(tree['name'])
  // Problems with variables show when the file itself is read.
  const name = replace ? interpolate(text, variable).value : text
  const normalized = normalizeName(name)
  if (normalized === '' && name !== '') {
    problems.warning(
      'BH_PROJECT_NAME_INVALID',
      `"${name}" is no name for a project: that of the folder is taken.`,
      {
        at: positionIn(tree, ['name']),
        path: ['name'],
        hint: 'Use lowercase letters, digits, dashes and underscores.',
      },
    )
  }
  return normalized === '' ? undefined : normalized
}
