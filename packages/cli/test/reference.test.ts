import { readFileSync } from 'node:fs'
import t from 'tap'
import { renderReference } from '../src/reference/render.ts'

t.test('docs/reference/cli.md must say what --help says', async (t) => {
  const written = readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8')
  t.equal(written, await renderReference(), 'else: npm run reference --workspace @bulkhead/cli')
})
