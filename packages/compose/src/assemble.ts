import { lengthen } from './canonical.ts'
import { fillDefaults } from './defaults.ts'
import { readDocuments, type Assembly, type Scope } from './documents.ts'
import { applyExtends } from './extend.ts'
import { applyIncludes } from './include.ts'
import { applyResets, merge } from './merge.ts'
import { resolvePaths } from './paths.ts'
import type { Problems } from './problems.ts'
import { makeMapping, markOf, markPosition, type Mapping } from './tree.ts'
import { enforceUnique } from './unique.ts'
import { validate, validateReferences } from './validate.ts'

/** Of one project or included project; what is merged already is looked at again for each. */
const maximumDocuments = 100

/**
 * Reads the files and merges them into one document: in long form, with paths
 * made absolute. Included files are read by calling this again.
 */
export function assemble(files: readonly string[], scope: Scope, assembly: Assembly): Mapping {
  const { problems } = assembly
  let document = makeMapping()
  let merged = 0
  for (const file of files) {
    for (const { tree, resets } of readDocuments(file, scope, assembly)) {
      merged += 1
      if (merged > maximumDocuments) return refuseDocuments(document, file, assembly)
      validateReferences(tree, problems)
      applyExtends(tree, resets, file, scope, assembly)
      noteVersion(tree, problems)
      applyIncludes(tree, file, { scope, assembly, assemble })
      document = enforceUnique(merge(applyResets(document, resets), tree, problems))
      validate(document, problems)
      document = enforceUnique(lengthen(document, { problems, lenient: !assembly.interpolate }))
    }
  }
  fillDefaults(document)
  if (assembly.resolvePaths || scope.included.length > 0) {
    resolvePaths(document, { folder: scope.folder, home: assembly.home }, problems)
  }
  return document
}

function refuseDocuments(document: Mapping, file: string, { problems }: Assembly): Mapping {
  problems.error('BH_COMPOSE_TOO_COMPLEX', `More than ${maximumDocuments} documents are merged.`, {
    at: { file, line: 1, column: 1 },
    hint: 'Write them as one document.',
  })
  return document
}

function noteVersion(document: Mapping, problems: Problems): void {
  if (!('version' in document)) return
  const mark = markOf(document, 'version')
  problems.warning('BH_COMPOSE_INVALID', '`version` is obsolete and means nothing.', {
    at: mark === undefined ? undefined : markPosition(mark, 'key'),
    path: ['version'],
    hint: 'Remove the line.',
  })
  delete document['version']
}
