// Bundles the daemon into one file: read as some thousand, it starts three times as slowly.
import { build } from 'esbuild'

await build({
  entryPoints: [new URL('src/main.ts', import.meta.url).pathname],
  // Beside the modules that it is made of, so that it finds the package's own files where they do.
  outfile: new URL('dist/bulkheadd.js', import.meta.url).pathname,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  conditions: ['@bulkhead/source'],
  // One reads files beside its code, the other is native.
  external: ['dockerode', 'libsql'],
  legalComments: 'linked',
  logLevel: 'warning',
  // CommonJS packages inside of the bundle ask for these.
  banner: {
    js: [
      "import { createRequire as bulkheadRequire } from 'node:module';",
      "import { dirname as bulkheadDirname } from 'node:path';",
      "import { fileURLToPath as bulkheadPath } from 'node:url';",
      'const require = bulkheadRequire(import.meta.url);',
      'const __filename = bulkheadPath(import.meta.url);',
      'const __dirname = bulkheadDirname(__filename);',
    ].join('\n'),
  },
})
