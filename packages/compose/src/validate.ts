import type { Problems } from './problems.ts'
import { document as file } from './schema/document.ts'
import { service } from './schema/service.ts'
import type { Fields } from './schema/shape.ts'
import { validateAttribute, validateDocument, type Violation } from './schema/validate.ts'
import { mappingAt, positionIn, type Mapping, type Path } from './tree.ts'

/**
 * Checks what is merged so far against the specification's schema.
 * Where variables are left as they are they must fit as texts.
 */
export function validate(document: Mapping, problems: Problems): void {
  report(document, [], validateDocument(document), problems)
}

/**
 * Checks what is taken out of a document before the whole is checked: its
 * version, what it includes and what its services extend.
 */
export function validateReferences(document: Mapping, problems: Problems): void {
  for (const key of ['version', 'include']) reportAttribute(document, [], file, key, problems)
  const services = mappingAt(document, 'services') ?? {}
  for (const name of Object.keys(services)) {
    reportAttribute(document, ['services', name], service, 'extends', problems)
  }
}

function reportAttribute(
  document: Mapping,
  path: Path,
  fields: Fields,
  key: string,
  problems: Problems,
): void {
  const holder = path.length === 0 ? document : mappingAt(mappingAt(document, 'services'), String(path[1]))
  if (holder === undefined || !(key in holder)) return
  report(document, path, validateAttribute(fields, key, holder[key]), problems)
}

function report(document: Mapping, above: Path, violations: readonly Violation[], problems: Problems): void {
  for (const { path, token, message, hint } of violations) {
    const place = [...above, ...path]
    problems.error('BH_COMPOSE_INVALID', message, {
      at: positionIn(document, place, token),
      path: place,
      hint: hint ?? 'Write it in that form.',
    })
  }
}
