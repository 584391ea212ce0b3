import { writeFileSync } from 'node:fs'
import { renderReference } from './render.ts'

/** Writes docs/reference/cli.md: `npm run reference --workspace @bulkhead/cli`. */
writeFileSync(new URL('../../../../docs/reference/cli.md', import.meta.url), await renderReference())
