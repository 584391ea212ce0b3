import type { Problems } from './problems.ts'
import { validateDocument } from './schema/validate.ts'
import { positionIn, type Mapping } from './tree.ts'

/**
 * Checks what is merged so far against the specification's schema.
 * Where variables are left as they are they must fit as texts.
 */
export function validate(document: Mapping, problems: Problems): void {
  for (const { path, token, message, hint } of validateDocument(document)) {
    problems.error('BH_COMPOSE_INVALID', message, {
      at: positionIn(document, path, token),
      path,
      hint: hint ?? 'Write it in that form.',
    })
  }
}
