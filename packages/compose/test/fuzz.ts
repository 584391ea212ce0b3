/**
 * Throws damaged Compose files at the loader: no crash, no hang, and every error
 * with a code and a place.
 *
 *     node --conditions=@bulkhead/source --import=tsx packages/compose/test/fuzz.ts [COUNT] [SEED] [CORPUS]
 *
 * CORPUS is a folder with Compose files to damage besides the built-in ones.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { printDocument, printProject } from '@bulkhead/compose'
import { loadFrom } from './memory.ts'

const [count = '10000', seed = '1', corpus] = process.argv.slice(2)

const builtIn = [
  'services:\n  web:\n    image: "nginx:${TAG:-1}"\n    ports: ["80:80", {target: 81}]\n    volumes: [data:/d, ./x:/y:ro]\n    depends_on: {db: {condition: service_healthy}}\n    networks: {front: {aliases: [a]}}\n  db: &db\n    image: pg\n    healthcheck: {test: [CMD, x], interval: 1m}\n    environment: {A: b, C: }\n    deploy: {resources: {limits: {cpus: "0.5", memory: 1g}}}\n  copy:\n    <<: *db\n    extends: {service: web}\n    ulimits: {nofile: {soft: 1, hard: 2}}\n    extra_hosts: {a: 1.2.3.4}\n    env_file: [{path: e.env, required: false}]\n    command: echo "a b" c\nnetworks: {front: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}\nvolumes: {data: {external: true}}\nsecrets: {s: {file: ./s}}\nconfigs: {c: {content: x}}\nx-a: &x [1, 2]\n',
  'name: p\ninclude:\n  - path: [b.yaml]\n    env_file: e.env\nservices:\n  a: {build: {context: ., args: [A=1], additional_contexts: {x: "service:b"}}, scale: 2, profiles: [p]}\n',
]
const texts = [...builtIn, ...(corpus === undefined ? [] : yamlFilesOf(corpus))]

/** Pieces that break things. */
const pieces = [
  ...[
    '',
    ':',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '<<: *a',
    '!reset ',
    '!override ',
    '!!int ',
    '"',
    "'",
    '|\n',
    '>-\n',
  ],
  ...[
    '$',
    '${',
    '${A',
    '${A:-',
    '${A:?x}',
    '$$',
    '__proto__',
    'constructor',
    'null',
    '~',
    'true',
    '0',
    '-1',
    '1e999',
    '0x',
    '.inf',
  ],
  ...[
    '\n',
    '\n  ',
    '\n    ',
    '\t',
    '\0',
    '\u2028',
    '\ufeff',
    '😀',
    'services:',
    'a: a',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '? ',
    '#',
  ],
  ...['99999999999999999999', '1-65535', '65535-1', '::1', '/', '~/', '..', 'service:a', 'x-a'],
]

const share = fc.double({ min: 0, max: 1, noNaN: true })

const damage = fc.record({
  text: fc.constantFrom(...texts),
  other: fc.constantFrom(...texts),
  edits: fc.array(
    fc.oneof(
      fc.record({ at: share, insert: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 8 })) }),
      fc.record({ at: share, remove: fc.nat({ max: 40 }) }),
      fc.record({ at: share, from: share, copy: fc.nat({ max: 60 }) }),
    ),
    { minLength: 1, maxLength: 4 },
  ),
  interpolate: fc.boolean(),
  brokenEnvironment: fc.boolean(),
})

let slowest = 0
let loaded = 0
fc.assert(
  fc.property(damage, ({ text, other, edits, interpolate, brokenEnvironment }) => {
    const damaged = edits.reduce((before, edit) => {
      const start = Math.floor(edit.at * before.length)
      const end = start + ('remove' in edit ? edit.remove : 0)
      const source = 'from' in edit ? Math.floor(edit.from * other.length) : 0
      const added =
        'insert' in edit ? edit.insert : 'copy' in edit ? other.slice(source, source + edit.copy) : ''
      return before.slice(0, start) + added + before.slice(end)
    }, text)
    const begin = process.cpuUsage()
    const { project, document, problems } = loadFrom(
      { '/p/compose.yaml': damaged, '/p/b.yaml': other, '/p/e.env': brokenEnvironment ? damaged : 'A=1' },
      { options: { interpolate }, variables: { TAG: '2', A: '${A}' } },
    )
    if (project !== undefined && interpolate) {
      loaded += 1
      printProject(project, { format: 'yaml' })
    }
    if (document !== undefined) printDocument(document, 'json')
    const { user } = process.cpuUsage(begin)
    slowest = Math.max(slowest, user)
    if (user > 1_000_000) throw new Error(`took ${user} µs`)
    for (const { severity, code, message, at } of problems) {
      if (severity === 'error' && at === undefined) throw new Error(`no place: ${code} ${message}`)
    }
    if (project === undefined && !problems.some(({ severity }) => severity === 'error'))
      throw new Error('neither project nor error')
  }),
  { numRuns: Number(count), seed: Number(seed) },
)
process.stdout.write(
  `${count} inputs, seed ${seed}: ${loaded} loaded, slowest ${Math.round(slowest / 1000)} ms\n`,
)

function yamlFilesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .filter((text) => text.length < 4000)
}
