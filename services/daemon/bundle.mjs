// Bundles the daemon into one file: read as some thousand, it starts three times as slowly.
import { build } from 'esbuild'

const traces = ['sdk-trace', 'exporter-trace-otlp-http', 'resources'].map((name) => `@opentelemetry/${name}`)

await build({
  entryPoints: [new URL('src/main.ts', import.meta.url).pathname],
  // Beside the modules that it is made of, so that it finds the package's own files where they do.
  outfile: new URL('dist/bulkheadd.js', import.meta.url).pathname,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  conditions: ['@bulkhead/source'],
  // One is native, the others are loaded only where traces are asked for.
  external: ['libsql', ...traces],
  plugins: [{ name: 'unused', setup: leaveOutUnused }],
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

/**
 * dockerode loads a transport (docker-modem, with ssh2) and a build session (gRPC) of its own at its start; the
 * engine package brings both, and a third of the daemon's start was theirs. Called all the same, they throw.
 */
function leaveOutUnused(bundler) {
  const namespace = 'unused'
  bundler.onResolve({ filter: /^(?:docker-modem|\.\/session)$/ }, ({ path, importer }) =>
    /[\\/]dockerode[\\/]lib[\\/]/.test(importer) ? { path, namespace } : undefined,
  )
  bundler.onLoad({ filter: /./, namespace }, ({ path }) => ({
    contents: `module.exports = () => { throw new Error('${path} is not part of the daemon') }`,
  }))
}
