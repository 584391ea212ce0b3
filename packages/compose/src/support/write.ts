import { writeFileSync } from 'node:fs'
import { toJsonSchema } from '../schema/jsonSchema.ts'
import { renderSupport } from './render.ts'

/**
 * Writes docs/reference/compose-support.md and compose.schema.json:
 * `npm run reference --workspace @bulkhead/compose`.
 */
const reference = new URL('../../../../docs/reference/', import.meta.url)
writeFileSync(new URL('compose-support.md', reference), renderSupport())
writeFileSync(new URL('compose.schema.json', reference), `${JSON.stringify(toJsonSchema(), undefined, 2)}\n`)
