import type { Problems } from './problems.ts'
import { validateDocument } from './schema/validate.ts'
import { positionIn, type Mapping } from './tree.ts'

/**
 * Checks a document of one file against the specification's schema.
 *
 * @param templates Variables are still in the texts.
 */
export function validate(document: Mapping, problems: Problems, templates: boolean): void {
  for (const { path, token, message, hint } of validateDocument(document, { templates })) {
    problems.error('BH_COMPOSE_INVALID', message, { at: positionIn(document, path, token), path, hint })
  }
}
