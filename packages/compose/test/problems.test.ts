import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { lines, loadFrom, loadText, picture } from './memory.ts'

/** Mistakes as people make them, each by itself. */
const mistakes: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  'bad indentation': 'services:\n  web:\n    image: nginx\n   ports: ["80:80"]\n',
  'a tab': 'services:\n\tweb: {image: nginx}\n',
  'an unclosed bracket': 'services:\n  web:\n    image: nginx\n    ports: ["80:80"\n    init: true\n',
  'a missing colon': 'services:\n  web:\n    image nginx\n    init: true\n',
  'a text that needs quotes': 'services:\n  web:\n    image: nginx\n    command: echo a: b\n',
  'an unclosed quote': 'services:\n  web:\n    image: "nginx\n',
  'an unknown attribute': 'services:\n  web:\n    image: nginx\n    enviroment: {A: b}\n',
  'a wrong type': 'services:\n  web:\n    image: nginx\n    volumes: data:/data\n',
  'a service without an image': 'services:\n  web:\n    ports: ["80:80"]\n',
  'a key given twice': 'services:\n  web:\n    image: a\n    image: b\n',
  'an undefined network': 'services:\n  web: {image: nginx, networks: [fornt]}\nnetworks: {front: {}}\n',
  'an undefined volume': 'services:\n  web:\n    image: nginx\n    volumes: [data:/data]\n',
  'an undefined secret': 'services:\n  web: {image: nginx, secrets: [token]}\n',
  'an unknown dependency':
    'services:\n  web: {image: nginx, depends_on: [databse]}\n  database: {image: pg}\n',
  'a dependency without its profile':
    'services:\n  web: {image: nginx, depends_on: [db]}\n  db: {image: pg, profiles: [full]}\n',
  'a loop of dependencies':
    'services:\n  web:\n    image: nginx\n    depends_on: [db]\n  db:\n    image: pg\n    links: [web]\n',
  'a loop of extends': 'services:\n  a: {extends: b}\n  b: {extends: a}\n',
  'a missing env_file': 'services:\n  web:\n    image: nginx\n    env_file: [prod.env]\n',
  'a bad port': 'services:\n  web:\n    image: nginx\n    ports: ["80:http"]\n',
  'a bad duration': 'services:\n  web:\n    image: nginx\n    stop_grace_period: 10 seconds\n',
  'a bad size': 'services:\n  web:\n    image: nginx\n    mem_limit: 512 megs\n',
  'a required variable': 'services:\n  web:\n    image: nginx:${TAG:?say which}\n',
  'a broken variable': 'services:\n  web:\n    image: nginx\n    command: echo ${A B}\n',
  'a variable that is not set': 'services:\n  web:\n    image: nginx:$TAG\n',
  'a number that is none': 'services:\n  web:\n    image: nginx\n    scale: ${N:-many}\n',
  'a missing include': 'include:\n  - other.yaml\nservices:\n  web: {image: nginx}\n',
  'an include in a loop': { 'compose.yaml': 'include: [b.yaml]', 'b.yaml': 'include: [compose.yaml]\n' },
  'a name in two files': {
    'compose.yaml': 'include: [b.yaml]\nservices:\n  web: {image: nginx}\n',
    'b.yaml': 'services:\n  web: {image: apache}\n',
  },
  'a base that is not there': {
    'compose.yaml': 'services:\n  web:\n    extends: {file: b.yaml, service: nope}\n',
    'b.yaml': 'services:\n  base: {image: nginx}\n',
  },
  'a remote include': 'include:\n  - https://example.com/compose.yaml\nservices: {web: {image: nginx}}\n',
  'an isolation mode that is none': 'services:\n  web:\n    image: nginx\n    isolation: hyper-v\n',
  'the obsolete version': 'version: "3.8"\nservices:\n  web: {image: nginx}\n',
  'the old form of external':
    'services:\n  web: {image: nginx, networks: [n]}\nnetworks:\n  n:\n    external: {name: outside}\n',
  'two values for one thing':
    'services:\n  web:\n    image: nginx\n    scale: 3\n    deploy: {replicas: 2}\n',
  'two mounts at one place': 'services:\n  web:\n    image: nginx\n    volumes: [/a:/x]\n    tmpfs: /x\n',
  'an alias without an anchor': 'services:\n  web: *base\n',
  'a file without a mapping': '- services\n',
}

t.test('each kind of mistake must be told at its place, with the next step', async (t) => {
  const told = Object.entries(mistakes).map(([name, given]) => {
    const files = typeof given === 'string' ? { 'compose.yaml': given } : given
    const { problems } = loadFrom(
      Object.fromEntries(Object.entries(files).map(([file, text]) => [`/p/${file}`, text])),
    )
    for (const { at, message, hint } of problems) {
      t.ok(at !== undefined && message.length > 0 && hint !== undefined, `${name}: place, message and hint`)
    }
    t.ok(problems.length > 0, name)
    return [`# ${name}`, ...problems.map(picture)].join('\n')
  })
  const golden = fileURLToPath(new URL('problems.golden.txt', import.meta.url))
  const text = `${told.join('\n\n')}\n`
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text)
  t.equal(text, readFileSync(golden, 'utf8'))
})

t.test('all problems of a project must come at once, in the order of the files', async (t) => {
  const { project, problems } = loadFrom({
    '/p/compose.yaml': `services:
  a: {image: a, prots: [1]}
  b: {networks: [x]}
  c: {image: "$C", depends_on: [d]}
`,
    '/p/compose.override.yaml': 'services: {a: {mem_limit: much}}',
  })
  t.equal(project, undefined)
  t.strictSame(
    lines(problems).map((line) => line.split(' ').slice(0, 3).join(' ')),
    [
      'error BH_COMPOSE_INVALID /p/compose.yaml:2:17',
      'error BH_COMPOSE_INVALID /p/compose.yaml:3:3',
      'error BH_NETWORK_NOT_FOUND /p/compose.yaml:3:18',
      'error BH_COMPOSE_INVALID /p/compose.yaml:4:3',
      'warning BH_VARIABLE_REQUIRED /p/compose.yaml:4:15',
      'error BH_SERVICE_NOT_FOUND /p/compose.yaml:4:33',
      'error BH_COMPOSE_INVALID /p/compose.override.yaml:1:27',
    ],
  )
})

t.test('a loop must be told whole', async (t) => {
  const { problems } = loadText(
    'services: {web: {image: a, depends_on: [db]}, db: {image: b, depends_on: [cache]}, cache: {image: c, depends_on: [web]}}',
  )
  t.strictSame(
    problems.map(({ code, message }) => [code, message]),
    [['BH_DEPENDENCY_CYCLE', 'Services depend on each other: cache → web → db → cache.']],
  )
})

t.test('values that may be secret must not be shown', async (t) => {
  const { problems } = loadFrom({
    '/p/compose.yaml':
      'services:\n  a:\n    image: a\n    environment:\n      PASSWORD: "hunter2${"\n    env_file: e.env\n',
    '/p/e.env': 'PASSWORD="hunter2\n',
  })
  t.ok(problems.length >= 2)
  t.notOk(
    JSON.stringify(problems.map(({ message, excerpt, hint }) => [excerpt, hint, message])).includes(
      'hunter2',
    ),
  )
})

t.test('a wrong project name must be refused when it was asked for', async (t) => {
  const { problems } = loadText('services: {a: {image: a}}', { projectName: 'My Project' })
  t.match(problems, [{ code: 'BH_PROJECT_NAME_INVALID' }])
})
