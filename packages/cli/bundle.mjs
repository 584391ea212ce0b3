// Bundles the command: a file for the start and one for each command, loaded when it is called.
import { readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

const folder = new URL('dist/bundle/', import.meta.url)
rmSync(folder, { recursive: true, force: true })

const result = await build({
  entryPoints: [new URL('src/main.ts', import.meta.url).pathname],
  outdir: folder.pathname,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  conditions: ['@bulkhead/source'],
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
  // CommonJS packages inside of the bundle ask for `require`.
  banner: {
    js: "import { createRequire as bulkheadRequire } from 'node:module'; const require = bulkheadRequire(import.meta.url);",
  },
})

// What the command must never load: their start alone takes longer than the whole of `--help`.
const forbidden = /node_modules\/(typebox|dockerode|fastify|libsql)\//
const heavy = Object.keys(result.metafile.inputs).filter((path) => forbidden.test(path))
if (heavy.length > 0) throw new Error(`the bundle must not hold ${heavy[0]}`)

const { bin } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
console.log(`bundled ${Object.keys(bin)[0]}: ${Object.keys(result.metafile.outputs).length} files`)
