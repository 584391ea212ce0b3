import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadBundle } from '@bulkhead/compose'
import t from 'tap'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { toBundle } from '../src/project/bundle.ts'
import { loadProject } from '../src/project/load.ts'
import type { Globals } from '../src/globals.ts'
import { fakeDaemon } from './fake-daemon.ts'
import { shell } from './shell.ts'

const compose = `name: shop
services:
  web:
    image: \${IMAGE:-web:1}
    depends_on: [db]
    profiles: [front]
    volumes: [data:/data]
    env_file: web.env
  db:
    image: postgres:\${VERSION?}
  other:
    image: other
    networks: [back]
volumes: { data: {} }
networks: { back: {} }
`
const files = { 'compose.yaml': compose, 'web.env': 'FROM_FILE=1\n', '.env': 'VERSION=16\nEXTRA=yes\n' }

t.test('config', async (t) => {
  t.test('must print the project in its canonical form, as YAML and as JSON', async (t) => {
    const { bulkhead } = await shell(t, { files })
    const { code, out } = await bulkhead('--profile front config')
    t.equal(code, 0)
    const yaml = parse(out) as {
      name: string
      services: { web: { environment: object }; db: { image: string } }
    }
    t.match(yaml, { name: 'shop', services: { web: { image: 'web:1', environment: { FROM_FILE: '1' } } } })
    t.equal(yaml.services.db.image, 'postgres:16')
    const json = JSON.parse((await bulkhead('--profile front config --format json')).out) as typeof yaml
    t.match(json, { name: 'shop', services: { db: { image: 'postgres:16', command: null } } })
  })

  t.test('must need neither a daemon nor an engine, even where one is named', async (t) => {
    const { bulkhead } = await shell(t, {
      files,
      env: { BULKHEAD_HOST: 'unix:///nowhere', DOCKER_HOST: 'tcp://no' },
    })
    t.match(await bulkhead('config -q'), { code: 0, out: '', err: '' })
  })

  t.test('must print names, one a line', async (t) => {
    const { bulkhead } = await shell(t, { files })
    const lines = async (line: string) => (await bulkhead(line)).out.split('\n').filter(Boolean).sort()
    t.strictSame(await lines('--profile front config --services'), ['db', 'other', 'web'])
    t.strictSame(await lines('config --services'), ['db', 'other'])
    t.strictSame(await lines('--profile front config --volumes'), ['data'])
    t.strictSame(await lines('config --networks'), ['back', 'default'])
    t.strictSame(await lines('config --images'), ['other', 'postgres:16'])
    t.strictSame(await lines('config --profiles'), ['front'])
    t.strictSame(await lines('config --models'), [])
  })

  t.test('must print hashes of the services that are named, of all for *', async (t) => {
    const { bulkhead } = await shell(t, { files })
    const { out } = await bulkhead(['config', '--hash', '*'])
    t.match(out, /^db [0-9a-f]{64}\nother [0-9a-f]{64}\n$/)
    t.equal((await bulkhead('config --hash db')).out, `${out.split('\n')[0]}\n`)
    t.match(await bulkhead('config --hash nothing'), { code: 1, err: /no service "nothing"/ })
  })

  t.test('must print the variables that the files read, and those they may read', async (t) => {
    const { bulkhead } = await shell(t, { files, env: { EXTRA: 'shell' } })
    const { out } = await bulkhead('config --variables')
    t.match(out, /^NAME +REQUIRED +DEFAULT VALUE +ALTERNATE VALUE\nIMAGE +false +web:1\nVERSION +true\n$/)
    const environment = (await bulkhead('config --environment')).out.split('\n')
    t.ok(environment.includes('VERSION=16'))
    t.ok(environment.includes('EXTRA=shell'), 'the shell goes before .env')
  })

  t.test('must leave alone what it is told to', async (t) => {
    const { bulkhead, cwd } = await shell(t, { files })
    t.match((await bulkhead('config --no-interpolate')).out, '${IMAGE:-web:1}')
    t.match((await bulkhead('--profile front config --no-env-resolution')).out, /env_file/)
    const bind = 'services:\n  web:\n    image: x\n    depends_on: [gone]\n    volumes: [./a:/a]\n'
    const broken = await shell(t, { files: { 'compose.yaml': bind } })
    t.equal((await broken.bulkhead('config -q')).code, 1)
    const relative = await broken.bulkhead('config --no-consistency --no-path-resolution')
    t.equal(relative.code, 0)
    t.match(relative.out, 'source: ./a')
    t.notMatch(relative.out, cwd)
  })

  t.test('must print the services that are named, with what they need', async (t) => {
    const { bulkhead } = await shell(t, { files })
    const { out } = await bulkhead('--profile front config web --format json')
    const project = JSON.parse(out) as Record<string, object>
    t.strictSame(Object.keys(project.services ?? {}).sort(), ['db', 'web'])
    t.strictSame(Object.keys(project.volumes ?? {}), ['data'])
    t.strictSame(Object.keys(project.networks ?? {}), ['default'])
  })

  t.test('must activate the profiles of the services that are named', async (t) => {
    const { bulkhead } = await shell(t, { files })
    const { services } = parse((await bulkhead('config web')).out) as { services: Record<string, object> }
    t.strictSame(Object.keys(services).sort(), ['db', 'web'])
    t.match(services.web, { environment: { FROM_FILE: '1' } }, 'its env_file is read too')
  })

  t.test('must write into a file when told to', async (t) => {
    const { bulkhead, cwd } = await shell(t, { files })
    t.match(await bulkhead('config -o out.yaml'), { code: 0, out: '' })
    t.match(parse(await readFile(join(cwd, 'out.yaml'), 'utf8')), { name: 'shop' })
    t.match(await bulkhead('config -o no/such/folder/out.yaml'), { code: 1, err: /cannot be written/ })
  })

  t.test('must print warnings apart from the result', async (t) => {
    const { bulkhead } = await shell(t, {
      files: { 'compose.yaml': 'version: "3"\nservices: { web: { image: x } }\n' },
    })
    const { code, out, err } = await bulkhead('config --services')
    t.match({ code, out }, { code: 0, out: 'web\n' })
    t.match(err, /^warning: .*version[^]*--> compose\.yaml:1:1/)
  })
})

t.test('config with the digests of images', async (t) => {
  const digest = `sha256:${'a'.repeat(64)}`
  const fixed = `nginx:1.22@sha256:${'b'.repeat(64)}`
  const compose = `services:
  web:
    image: web:\${TAG:-1}
    volumes: [data:/data, { type: image, source: web:1, target: /web }]
  fixed: { image: '${fixed}' }
  local: { image: '${'c'.repeat(64)}' }
  built: { build: . }
  both:
    build: .
    image: team/both
volumes: { data: {} }
`
  const pinned = {
    'web:1': `docker.io/library/web:1@${digest}`,
    'team/both': `docker.io/team/both:latest@${digest}`,
  }
  const prepare = async (t: Test) => {
    const daemon = await fakeDaemon(t)
    daemon.pinned = pinned
    const made = await shell(t, {
      files: { 'compose.yaml': compose },
      env: { BULKHEAD_HOST: daemon.host },
    })
    const run = async (line: string) => {
      const { code, out, err } = await made.bulkhead(line)
      t.equal(code, 0, err)
      return parse(out) as {
        services: Record<string, { image?: string; volumes?: object[]; build?: object }>
      }
    }
    return { ...made, daemon, run }
  }

  t.test('must pin each image once, and leave what is pinned or only built', async (t) => {
    const { run, daemon } = await prepare(t)
    const plain = await run('config')
    t.same(daemon.seen, [])
    const { services } = await run('config --resolve-image-digests')
    t.equal(services.web?.image, pinned['web:1'])
    t.match(services.web?.volumes, [{ type: 'volume' }, { type: 'image', source: pinned['web:1'] }])
    t.match(services.both, { image: pinned['team/both'], build: {} })
    for (const name of ['fixed', 'local', 'built']) t.same(services[name], plain.services[name])
    t.same(daemon.seen.toSorted(), [
      'GET /v1/images/digest?reference=team%2Fboth',
      'GET /v1/images/digest?reference=web%3A1',
    ])
  })

  t.test('must give a lock of nothing but images, that merges into the same', async (t) => {
    const { run, bulkhead } = await prepare(t)
    const lock = await run('config --lock-image-digests')
    t.same(lock, {
      services: {
        both: { image: pinned['team/both'] },
        fixed: { image: fixed },
        local: { image: 'c'.repeat(64) },
        web: {
          image: pinned['web:1'],
          volumes: [{ type: 'image', source: pinned['web:1'], target: '/web' }],
        },
      },
    })
    t.same((await run('config --lock-image-digests web')).services, { web: lock.services.web })
    await bulkhead('config --lock-image-digests -o lock.yaml')
    t.same(await run('-f compose.yaml -f lock.yaml config'), await run('config --resolve-image-digests'))
    t.same(JSON.parse((await bulkhead('config --lock-image-digests --format json')).out), lock)
  })

  t.test('must tell each image without one at its place', async (t) => {
    const { bulkhead, daemon } = await prepare(t)
    daemon.pinned = {}
    const { code, out, err } = await bulkhead('config --resolve-image-digests -q')
    t.match({ code, out }, { code: 1, out: '' })
    t.match(err, /No registry has web:1\.\n +--> compose\.yaml:3:12\n[^]*hint: Check the name\./)
    t.match(err, /--> compose\.yaml:4:/)
    t.match(err, /No registry has team\/both\.\n +--> compose\.yaml:10:12/)
  })

  t.test('must tell an image whose variables are left as they are', async (t) => {
    const { bulkhead } = await prepare(t)
    const { code, err } = await bulkhead('config --resolve-image-digests --no-interpolate')
    t.equal(code, 1)
    t.match(err, /web:\$\{TAG:-1\}[^]*compose\.yaml:3:12[^]*--no-interpolate/)
    const { run } = await prepare(t)
    t.ok(await run('config --no-interpolate'))
  })

  t.test('must need no daemon where nothing is to be asked', async (t) => {
    const { bulkhead } = await shell(t, {
      files: { 'compose.yaml': `services: { fixed: { image: '${fixed}' }, built: { build: . } }` },
      env: { BULKHEAD_HOST: 'unix:///nowhere' },
    })
    t.match(await bulkhead('config --resolve-image-digests'), { code: 0, out: new RegExp(fixed) })
    t.match(await bulkhead('config --lock-image-digests --images'), { code: 0, err: '' })
    const asking = await shell(t, {
      files: { 'compose.yaml': compose },
      env: { BULKHEAD_HOST: 'unix:///nowhere' },
    })
    t.match(await asking.bulkhead('config --resolve-image-digests'), { code: 1, err: /No daemon answers/ })
    t.match(await asking.bulkhead('config --resolve-image-digests --images'), { code: 0 })
  })
})

t.test('a bundle', async (t) => {
  const globals: Globals = {
    file: [],
    projectName: undefined,
    profile: [],
    envFile: [],
    projectDirectory: undefined,
    allResources: false,
    compatibility: false,
    parallel: undefined,
    progress: 'auto',
    ansi: 'auto',
    host: undefined,
    json: false,
    dryRun: false,
  }
  const layouts: Readonly<
    Record<
      string,
      {
        files: Record<string, string>
        globals?: Partial<Globals>
        env?: Record<string, string>
        at?: string
        stdin?: string
        services?: readonly string[]
      }
    >
  > = {
    'of files in the folder, with an override file': {
      files: { ...files, 'compose.override.yaml': 'services: { db: { labels: { a: b } } }' },
    },
    'of files in a folder above, with a .env in each': {
      files: { ...files, 'sub/.env': 'IMAGE=near:1', 'sub/x': '' },
      at: 'sub',
      globals: { profile: ['front'] },
    },
    'of files that .env names in another folder': {
      files: {
        '.env': 'COMPOSE_FILE=deep/a.yaml\nVERSION=1',
        'deep/a.yaml': compose,
        'deep/.env': 'IMAGE=deep',
        'deep/web.env': '',
      },
    },
    'of several files by name, with env files and a project directory': {
      files: {
        'a/one.yaml': compose,
        'b/two.yaml': 'services: { db: { image: x } }',
        'vars.env': 'VERSION=2',
        'p/web.env': 'A=1',
      },
      globals: {
        file: ['a/one.yaml', 'b/two.yaml'],
        envFile: ['vars.env'],
        projectDirectory: 'p',
        projectName: 'named',
        profile: ['*'],
      },
    },
    'of include and extends': {
      files: {
        'compose.yaml':
          'include: [inc/compose.yaml]\nservices:\n  web:\n    extends: { file: base.yaml, service: base }\n',
        'base.yaml': 'services: { base: { image: "base:${TAG:-0}", env_file: b.env } }',
        'b.env': 'X=${HOME}',
        'inc/compose.yaml': 'services: { inc: { image: "i:${T}" } }',
        'inc/.env': 'T=5',
      },
      env: { TAG: '7' },
    },
    'of services asked for by name, whose profile is not active': { files, services: ['web'] },
    'of standard input': { files: { '.env': 'VERSION=3' }, stdin: compose, globals: { file: ['-'] } },
  }
  for (const [name, layout] of Object.entries(layouts)) {
    t.test(`${name} must load in the daemon to what it loaded to here`, async (t) => {
      const { context } = await shell(t, {
        files: layout.files,
        ...(layout.env && { env: layout.env }),
        ...(layout.stdin && { stdin: layout.stdin }),
      })
      const cwd = join(context.cwd, layout.at ?? '')
      const here = await loadProject(
        { ...globals, ...layout.globals },
        { ...context, cwd },
        layout.services ?? [],
      )
      const sent = JSON.parse(JSON.stringify(toBundle(here, {}))) as ReturnType<typeof toBundle>
      const there = loadBundle(sent)
      t.same(there.problems, here.warnings)
      t.same(there.project, here.project)
    })
  }

  t.test('must carry bytes that are no text, and refuse secrets that are not there', async (t) => {
    const secrets = 'services: { web: { image: x, secrets: [key] } }\nsecrets: { key: { file: ./key } }\n'
    const { context } = await shell(t, { files: { 'compose.yaml': secrets, real: '\u0000' } })
    const loaded = await loadProject(globals, context, [])
    t.throws(() => toBundle(loaded, {}), { code: 'BH_FILE_NOT_FOUND', at: { line: 2 } })
    await writeFile(join(context.cwd, 'real'), Buffer.from([0xff, 0xfe, 0]))
    await symlink('real', join(context.cwd, 'key'))
    const again = await loadProject(globals, context, [])
    t.match(toBundle(again, {}).files, { [join(context.cwd, 'key')]: { base64: '//4A' } })
  })
})
