import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serveRegistry } from '../../src/index.ts'
import { eventually } from '../end-to-end/harness.ts'
import { behaviors, type Scene } from './scene.ts'

const login = { username: 'alice', password: 'correct-horse' }

await behaviors('images', '26', async (behave, house) => {
  const host = house.engine.gateway
  const open = await serveRegistry({ host, images: [] })
  const closed = await serveRegistry({
    host,
    login,
    images: [{ reference: 'team/private:1', os: 'linux', architecture: 'amd64' }],
  })

  await behave(
    'an image that is there must not be pulled again but by a policy that says so, and a new one replaces its users alone',
    {},
    async ({ write, bulkhead, ids, name, docker, t }) => {
      const app = `${open.address}/team/app:1`
      const file = (policy: string): string => `
services:
  app: { image: '${app}', command: sleep 1000, pull_policy: ${policy} }
  other: { image: 'bb:1', command: sleep 1000 }
`
      await pushed(docker, app, 'one')
      await write('compose.yaml', file('missing'))
      await bulkhead('up', '-d', '-t', '0')
      const first = await ids()
      await pushed(docker, app, 'two')
      await pulledBack(docker, app, first[`${name}-app-1`] ?? '')
      for (const policy of ['never', 'weekly']) {
        await write('compose.yaml', file(policy))
        await bulkhead('up', '-d', '-t', '0')
        t.same(await ids(), first, policy)
      }
      await write('compose.yaml', file('every_1s'))
      await eventually(async () => {
        await bulkhead('up', '-d', '-t', '0')
        return (await ids())[`${name}-app-1`] !== first[`${name}-app-1`]
      }, 10_000)
      const second = await ids()
      t.equal(second[`${name}-other-1`], first[`${name}-other-1`])
      await pushed(docker, app, 'three')
      await write('compose.yaml', file('always'))
      await bulkhead('up', '-d', '-t', '0')
      t.not((await ids())[`${name}-app-1`], second[`${name}-app-1`])
      await bulkhead('down', '-t', '0')
      await docker('image', 'rm', '-f', app)
    },
  )

  await behave(
    'an image must be taken by its id, by its digest, and by tag and digest',
    {},
    async ({ write, bulkhead, docker, states, inspect, name, t }) => {
      const app = `${open.address}/team/exact:1`
      await pushed(docker, app, 'exact')
      const id = await docker('image', 'inspect', '-f', '{{.Id}}', app)
      const digest =
        (await docker('image', 'inspect', '-f', '{{index .RepoDigests 0}}', app)).split('@')[1] ?? ''
      await docker('image', 'rm', app)
      await docker('image', 'rm', `${open.address}/team/exact@${digest}`).catch(() => undefined)
      await write(
        'compose.yaml',
        `
services:
  digest: { image: '${open.address}/team/exact@${digest}', command: sleep 1000 }
  both: { image: '${app}@${digest}', command: sleep 1000 }
`,
      )
      await bulkhead('up', '-d', '-t', '0')
      t.same(await states(), { [`${name}-both-1`]: 'running', [`${name}-digest-1`]: 'running' })
      t.equal((await inspect(`${name}-both-1`)).at('Image'), id)
      await write(
        'compose.yaml',
        `services: { bare: { image: '${id.slice('sha256:'.length)}', command: sleep 1000 } }`,
      )
      await bulkhead('up', '-d', '-t', '0', '--remove-orphans')
      t.equal((await inspect(`${name}-bare-1`)).at('Image'), id)
      await bulkhead('down', '-t', '0')
      await docker('image', 'rm', '-f', id)
    },
  )

  await behave(
    'the login of whoever asks must go with the deployment, and stay nowhere',
    {},
    async (scene) => {
      const { write, bulkhead, docker, ids, t } = scene
      const image = `${closed.address}/team/private:1`
      await write('compose.yaml', `services: { app: { image: '${image}', command: sleep 1000 } }`)
      const none = await as(scene, await helped(scene, 'none', undefined), 'up', '-d')
      t.equal(none.code, 1)
      t.match(none.stderr, /docker login/)
      const wrong = await as(scene, await helped(scene, 'wrong', 'hunter2-wrong'), 'up', '-d')
      t.equal(wrong.code, 1)
      t.match(wrong.stderr, /could not pull .* unauthorized/)
      t.notMatch(wrong.stderr + wrong.stdout, /hunter2/)
      t.same(await ids(), {}, 'nothing was touched')
      await as(scene, await helped(scene, 'right', login.password), 'up', '-d')
      t.match(await docker('image', 'inspect', '-f', '{{.Id}}', image), /^sha256:/)
      await bulkhead('down', '-t', '0')
      await docker('image', 'rm', image)
      const later = await as(scene, await helped(scene, 'none', undefined), 'up', '-d')
      t.match(later.stderr, /docker login/)
      for (const file of await readdir(join(scene.house.folder, 'data'), { recursive: true })) {
        const bytes = await readFile(join(scene.house.folder, 'data', file)).catch(() => Buffer.alloc(0))
        t.notOk(bytes.includes(login.password), file)
      }
    },
  )

  await behave(
    'one of many images that fails to come must leave everything as it was',
    {},
    async ({ write, attempt, ids, docker, name, t }) => {
      await write(
        'compose.yaml',
        `
services:
  good: { image: 'bb:1', command: sleep 1000 }
  bad: { image: '${open.address}/team/none:1' }
`,
      )
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /manifest unknown/)
      t.same(await ids(), {})
      t.equal(await docker('network', 'ls', '-q', '--filter', `name=${name}`), '')
    },
  )

  await behave(
    'an image that no registry has must be built where there is a build, whatever the policy',
    { Dockerfile: 'FROM bb:1\nCMD ["sleep", "1000"]\n' },
    async ({ write, bulkhead, states, docker, name, t }) => {
      for (const policy of ['missing', 'always', 'build']) {
        await write(
          'compose.yaml',
          `services: { app: { image: '${open.address}/team/${policy}:1', build: ., pull_policy: ${policy}, init: true } }`,
        )
        await bulkhead('up', '-d', '-t', '0')
        t.same(await states(), { [`${name}-app-1`]: 'running' }, policy)
      }
      await bulkhead('down', '-t', '0')
      for (const policy of ['missing', 'always', 'build'])
        await docker('image', 'rm', `${open.address}/team/${policy}:1`)
    },
  )

  await behave(
    'a build must get its secrets, its further contexts and a Dockerfile from elsewhere; again, it changes nothing',
    {
      'app/word': 'inside\n',
      'more/word': 'further\n',
      'files/App.Dockerfile': `FROM base
ARG PRICE
COPY word /inside
COPY --from=more word /further
RUN --mount=type=secret,id=file test "$(cat /run/secrets/file)" = from-a-file
RUN --mount=type=secret,id=word test "$(cat /run/secrets/word)" = from-a-variable
RUN test "$PRICE" = '$5' && grep -q inside /inside && grep -q further /further && test -e /base
CMD ["sleep", "1000"]
`,
      'secret.txt': 'from-a-file',
      '.env': 'TOLD=from-a-variable\n',
      'compose.yaml': `
services:
  base: { build: { context: more, dockerfile_inline: "FROM bb:1\\nRUN touch /base\\n" }, command: 'true' }
  app:
    init: true
    build:
      context: app
      dockerfile: ../files/App.Dockerfile
      args: { PRICE: '$$5' }
      additional_contexts: { more: ./more, base: 'service:base' }
      secrets: [file, { source: told, target: word }]
      labels: { made: here }
      tags: ['also-built:1']
secrets:
  file: { file: ./secret.txt }
  told: { environment: TOLD }
`,
    },
    async ({ bulkhead, ids, inspect, docker, name, t }) => {
      await bulkhead('up', '-d', '-t', '0', 'app')
      const before = await ids()
      t.same(Object.keys(before), [`${name}-app-1`])
      t.match((await inspect('also-built:1')).at('Config', 'Labels'), {
        made: 'here',
        'com.docker.compose.service': 'app',
      })
      await bulkhead('up', '-d', '--build', '-t', '0', 'app')
      t.same(await ids(), before)
      await bulkhead('down', '-t', '0')
      await docker('image', 'rm', '-f', 'also-built:1', `${name}-app`, `${name}-base`)
    },
  )

  await behave(
    'a build that fails must show the end of what its step printed, and change nothing',
    {
      'compose.yaml': `services: { app: { build: { context: ., dockerfile_inline: "FROM bb:1\\nRUN echo the cause; exit 7\\n" } } }`,
    },
    async ({ attempt, ids, t }) => {
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /the cause/)
      t.match(stderr, /exit code: 7/)
      t.same(await ids(), {})
    },
  )

  await behave(
    'what the builder of the engine cannot do must be refused where it is written, before anything is touched',
    {
      'compose.yaml': `services:
  app:
    build:
      context: .
      ssh: [default]
      provenance: true
      network: private
`,
    },
    async ({ attempt, ids, docker, name, t }) => {
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /compose\.yaml:5:/)
      t.match(stderr, /compose\.yaml:6:/)
      t.match(stderr, /compose\.yaml:7:/)
      t.same(await ids(), {})
      t.equal(await docker('network', 'ls', '-q', '--filter', `name=${name}`), '')
    },
  )

  await behave(
    'pull must bring what is newer in the registry, bypass how old images may get, leave out what is only built, and touch no container',
    { Dockerfile: 'FROM bb:1\nCMD ["sleep", "1000"]\n' },
    async ({ write, bulkhead, attempt, ids, docker, name, t }) => {
      const app = `${open.address}/team/fresh:1`
      const gone = `${open.address}/team/gone:1`
      await pushed(docker, app, 'one')
      const file = (more: string): string => `
services:
  app: { image: '${app}', command: sleep 1000, init: true, pull_policy: weekly }
  built: { build: ., init: true }
${more}`
      await write('compose.yaml', file(''))
      await bulkhead('up', '-d', '-t', '0')
      const before = await ids()
      const old = await docker('inspect', '-f', '{{.Image}}', `${name}-app-1`)
      await pushed(docker, app, 'two')
      const newer = await docker('image', 'inspect', '-f', '{{.Id}}', app)
      await pulledBack(docker, app, `${name}-app-1`)
      await bulkhead('pull', '--policy', 'missing')
      t.equal(await docker('image', 'inspect', '-f', '{{.Id}}', app), old)
      await write(
        'compose.yaml',
        file(`  none: { image: '${gone}' }\n  either: { image: '${gone}', build: . }\n`),
      )
      t.equal((await attempt('pull', 'none')).code, 1)
      const { code, stderr } = await attempt('pull', 'either', 'app')
      t.equal(code, 1, 'that one can be built is told, and fails the whole in the end')
      t.match(stderr, /gone:1/)
      t.equal(await docker('image', 'inspect', '-f', '{{.Id}}', app), newer, 'and the other one came')
      await pulledBack(docker, app, `${name}-app-1`)
      await bulkhead('pull', '--ignore-pull-failures')
      t.equal(await docker('image', 'inspect', '-f', '{{.Id}}', app), newer)
      await bulkhead('pull', '--ignore-buildable', 'either', 'built')
      t.same(await ids(), before, 'no container is touched')
      t.equal((await bulkhead('images', '-q', 'app')).stdout.trim(), old.replace('sha256:', ''))
      await bulkhead('up', '-d', '-t', '0', '--no-build', 'app')
      t.not((await ids())[`${name}-app-1`], before[`${name}-app-1`], 'up takes the new image')
      await bulkhead('down', '-t', '0', '--remove-orphans')
      await docker('image', 'rm', '-f', app, `${name}-built`)
    },
  )

  await behave(
    'build must change images alone, and nothing when it is asked for again; push must send them with the login of whoever asks',
    { Dockerfile: 'FROM bb:1\nARG WORD=file\nLABEL word=$WORD\nCMD ["sleep", "1000"]\n' },
    async (scene) => {
      const { write, bulkhead, ids, docker, name, t } = scene
      const app = `${closed.address}/team/made:1`
      await write(
        'compose.yaml',
        `
services:
  app: { image: '${app}', build: { context: ., tags: ['${app}-too'] }, init: true, depends_on: [base] }
  base: { build: { context: ., args: { WORD: base } }, init: true }
`,
      )
      const idOf = (image: string): Promise<string> => docker('image', 'inspect', '-f', '{{.Id}}', image)
      await bulkhead('--dry-run', 'build', '--push', 'app')
      t.notOk((await docker('image', 'ls', '-q', app)).length, 'a dry run builds nothing')
      await bulkhead('build', 'app')
      t.equal(await docker('image', 'ls', '-q', `${name}-base`), '', 'only what was named')
      t.same(await ids(), {})
      t.notMatch((await bulkhead('ls', '-a')).stdout, name, 'nothing of it is kept')
      const first = await idOf(app)
      await bulkhead('build', '--with-dependencies', 'app')
      t.equal(await idOf(app), first)
      t.match((await scene.inspect(`${name}-base`)).at('Config', 'Labels'), { word: 'base' })
      await bulkhead('up', '-d', '-t', '0')
      const before = await ids()
      await bulkhead('build', '--build-arg', 'WORD=asked', 'app')
      t.match((await scene.inspect(app)).at('Config', 'Labels'), { word: 'asked' })
      t.same(await ids(), before, 'no container is touched')
      const none = await as(scene, await helped(scene, 'none', undefined), 'push')
      t.equal(none.code, 1)
      t.match(none.stderr, /docker login/)
      t.equal(
        (await as(scene, await helped(scene, 'none', undefined), 'push', '--ignore-push-failures')).code,
        0,
      )
      const right = await helped(scene, 'right', login.password)
      t.equal((await as(scene, right, 'push')).code, 0)
      const made = await idOf(app)
      await bulkhead('down', '-t', '0')
      await docker('image', 'rm', '-f', made)
      t.equal((await as(scene, right, 'pull', 'app')).code, 0)
      t.equal(await idOf(app), made, 'what was pushed comes back')
      await docker('image', 'rm', '-f', made)
      t.equal((await as(scene, right, 'create', '--no-build', '--pull', 'missing', 'app')).code, 0)
      t.equal(await idOf(app), made, 'create has the login too')
      await bulkhead('down', '-t', '0')
      await docker('image', 'rm', '-f', made, `${name}-base`)
    },
  )

  await open.close()
  await closed.close()
})

/** Puts an image with this label into the registry of its name. */
async function pushed(docker: Scene['docker'], reference: string, label: string): Promise<void> {
  const container = await docker('create', 'bb:1', 'true')
  await docker('commit', '--change', `LABEL version=${label}`, container, reference)
  await docker('rm', container)
  await docker('push', reference)
}

/** The name goes back to the image that the container runs, as if the newer one were only in the registry. */
async function pulledBack(docker: Scene['docker'], reference: string, container: string): Promise<void> {
  await docker('tag', await docker('inspect', '-f', '{{.Image}}', container), reference)
}

/** A folder of Docker's configuration whose helper knows this password, and a helper of that name on the path. */
async function helped(
  { folder }: Scene,
  helper: string,
  password: string | undefined,
): Promise<Record<string, string>> {
  const bin = join(folder, 'bin')
  const config = join(folder, `docker-${helper}`)
  await mkdir(bin, { recursive: true })
  await mkdir(config, { recursive: true })
  await writeFile(join(config, 'config.json'), JSON.stringify({ credsStore: helper }))
  const answer = JSON.stringify({ Username: login.username, Secret: password })
  const program = join(bin, `docker-credential-${helper}`)
  await writeFile(
    program,
    password === undefined ? '#!/bin/sh\nexit 1\n' : `#!/bin/sh\ncat >/dev/null\necho '${answer}'\n`,
  )
  await chmod(program, 0o755)
  return { DOCKER_CONFIG: config, PATH: `${bin}:${process.env['PATH'] ?? ''}` }
}

function as({ begin }: Scene, env: Record<string, string>, ...args: readonly string[]) {
  return begin(args, { env }).outcome
}
