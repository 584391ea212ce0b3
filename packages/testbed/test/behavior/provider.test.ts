import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, type House } from '../end-to-end/harness.ts'
import { behaviors } from './scene.ts'

/**
 * A provider that keeps a log of its calls beside itself, gives what its
 * options say, and waits while there is a file `slow`.
 */
const provider = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
[ "$2" = metadata ] && { cat "$here/metadata" 2>/dev/null; exit; }
say() { printf '{"type":"%s","message":"%s"}\\n' "$1" "$2"; }
case "$*" in
  *" down "*) say info "taken away"; exit 0 ;;
  *--fail=error*) say setenv TOKEN=hunter2hunter2; say error "no room for hunter2hunter2"; exit 0 ;;
  *--fail=exit*) echo "the reason" >&2; exit 3 ;;
esac
while [ -e "$here/slow" ]; do sleep 0.05; done
say info "making it"
say debug "not shown"
printf '{"type":"get-service-config"}\\n'
read -r config
case "$config" in *fakecloud*) say setenv KNOWN=yes ;; esac
say setenv "URL=cloud://$(echo "$*" | sed 's/.*--size=\\([0-9]*\\).*/\\1/')/secret-path"
say rawsetenv TOKEN=theirs-to-keep
say info "made cloud with theirs-to-keep"
`

const model = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/model-calls"
case "$1" in
  ls) [ -e "$here/pulled" ] && echo '[{"id":"1","tags":["ai/smollm2"],"created":1}]' || echo '[]' ;;
  pull) touch "$here/pulled"; echo "Pulled" ;;
  status) echo '{"running":true,"endpoint":"http://runner.internal/v1/"}' ;;
esac
`

const compose = (options: string): string => `
services:
  my-db:
    provider:
      type: fakecloud
      options: ${options}
  web:
    image: bb:1
    command: sleep 1000
    init: true
    environment: { TOKEN: mine }
    depends_on: [my-db]
  other: { image: "bb:1", command: sleep 1000, init: true }
`

const idle = 'image: "bb:1", command: sleep 1000, init: true'

async function install(house: House, name: string, text: string) {
  const folder = join(house.engine.dockerConfig, 'cli-plugins')
  await mkdir(folder, { recursive: true })
  const made = [name, 'calls', 'model-calls', 'pulled', 'slow', 'metadata'].map((file) => join(folder, file))
  const remove = () => Promise.all(made.map((file) => rm(file, { force: true })))
  await writeFile(join(folder, name), text)
  await chmod(join(folder, name), 0o755)
  const log = name === 'docker-model' ? 'model-calls' : 'calls'
  return {
    folder,
    remove,
    /** The calls so far but for questions, and none of them from now on. */
    async calls(): Promise<readonly string[]> {
      const text = await readFile(join(folder, log), 'utf8').catch(() => '')
      await rm(join(folder, log), { force: true })
      return text.split('\n').filter((line) => line !== '' && line !== 'compose metadata')
    },
  }
}

await behaviors('provider', '26', async (behave, house) => {
  await behave(
    'a provider must be run once, give its dependents their variables, and take away what it made on down',
    { 'compose.yaml': compose('{ size: 256, name: [a, b] }') },
    async ({ bulkhead, docker, ids, name, write, t }) => {
      const plugin = await install(house, 'docker-fakecloud', provider)
      t.teardown(plugin.remove)
      const variables = async (service: string) =>
        (await docker('exec', `${name}-${service}-1`, 'env'))
          .split('\n')
          .filter((line) => /^(MY_DB|TOKEN)/.test(line))
          .sort()
      const up = (size: string) => `compose --project-name=${name} up --name=a --name=b --size=${size} my-db`

      const planned = await bulkhead('up', '--dry-run')
      t.match(planned.stdout, /run +provider my-db/)
      t.match(planned.stdout, /create +container \S+web-1/)
      t.same(await plugin.calls(), [], 'a dry run runs nothing')

      const { stderr } = await bulkhead('up', '-d')
      t.match(stderr, /my-db/)
      t.match(stderr, /making it/)
      t.match(stderr, /overrides the variable "TOKEN" of service "web"/)
      t.notMatch(stderr, /theirs-to-keep|not shown/)
      t.same(await plugin.calls(), [up('256')])
      const given = ['MY_DB_KNOWN=yes', 'MY_DB_URL=cloud://256/secret-path', 'TOKEN=theirs-to-keep']
      t.same(await variables('web'), given)
      t.same(await variables('other'), [])

      const before = await ids()
      await bulkhead('up', '-d')
      await house.killDaemon()
      await house.startDaemon()
      await bulkhead('up', '-d')
      t.same(await plugin.calls(), [], 'it gave already')
      t.same(await ids(), before)
      await bulkhead('run', '--rm', 'web', 'sh', '-c', 'test "$MY_DB_URL" = cloud://256/secret-path')

      await write('compose.yaml', compose('{ size: 512, name: [a, b] }'))
      await bulkhead('up', '-d')
      t.same(await plugin.calls(), [up('512')])
      t.match(await variables('web'), ['MY_DB_KNOWN=yes', 'MY_DB_URL=cloud://512/secret-path'])
      const after = await ids()
      t.not(after[`${name}-web-1`], before[`${name}-web-1`])
      t.equal(after[`${name}-other-1`], before[`${name}-other-1`])

      const asked = { project: name, action: 'up', recreate: 'always' }
      const json = ['-H', 'content-type: application/json', '-d', JSON.stringify(asked)]
      const { stdout } = await house.curl('-X', 'POST', ...json, '/v1/deployments')
      const { id } = JSON.parse(stdout) as { readonly id: string }
      await eventually(async () => (await house.get(`/v1/deployments/${id}`)).state === 'succeeded')
      t.same(await plugin.calls(), [up('512')], 'when all is to be made anew')

      await rm(join(house.folder, name, 'compose.yaml'))
      await bulkhead('-p', name, 'down', '-t', '0')
      const down = `compose --project-name=${name} down --name=a --name=b --size=512 my-db`
      t.same(await plugin.calls(), [down], 'also without files')
      await bulkhead('-p', name, 'down', '-t', '0')
      t.same(await plugin.calls(), [])
      await write('compose.yaml', compose('{ size: 512, name: [a, b] }'))
    },
  )

  await behave(
    'a provider that is missing must be told before anything is touched, one that fails with its reason',
    { 'compose.yaml': compose('{ fail: error }') },
    async ({ attempt, ids, name, write, t }) => {
      const missing = await attempt('up', '-d')
      t.equal(missing.code, 1)
      t.match(missing.stderr, /compose\.yaml:5:13/)
      t.match(missing.stderr, /"fakecloud".*no such program/)
      t.same(await ids(), {})

      const plugin = await install(house, 'docker-fakecloud', provider)
      t.teardown(plugin.remove)
      const said = await attempt('up', '-d')
      t.equal(said.code, 1)
      t.match(said.stderr, /provider of service "my-db" failed: no room for \*+/)
      t.notMatch(said.stderr, /hunter2/)
      t.same(await ids(), {}, 'nothing is made of what was not given')
      await write('compose.yaml', compose('{ fail: exit }'))
      const ended = await attempt('up', '-d')
      t.match(ended.stderr, /ended with exit code 3:\n.*the reason/)
      t.same(await ids(), {})

      await plugin.calls()
      await attempt('down')
      t.match(await plugin.calls(), [`compose --project-name=${name} down --fail=exit my-db`])
    },
  )

  await behave(
    'a provider that is cut short by the death of the daemon must be run again',
    { 'compose.yaml': compose('{ size: 1 }') },
    async ({ attempt, bulkhead, docker, name, t }) => {
      const plugin = await install(house, 'docker-fakecloud', provider)
      t.teardown(plugin.remove)
      const slow = join(plugin.folder, 'slow')
      await writeFile(slow, '')
      const asked = attempt('up', '-d')
      const called = async () =>
        (await readFile(join(plugin.folder, 'calls'), 'utf8').catch(() => '')).includes(' up ')
      await eventually(called)
      await house.killDaemon()
      await rm(join(plugin.folder, 'calls'))
      await house.startDaemon()
      await eventually(called)
      await rm(slow)
      await asked
      await bulkhead('up', '-d')
      t.match(await docker('exec', `${name}-web-1`, 'env'), /MY_DB_URL=cloud:\/\/1\/secret-path/)
    },
  )

  await behave(
    'stop must reach a provider whose metadata tell of it, and the next up have it provide again',
    { 'compose.yaml': compose('{ size: 1, name: a }') },
    async ({ bulkhead, states, name, t }) => {
      const plugin = await install(house, 'docker-fakecloud', provider)
      t.teardown(plugin.remove)
      const call = (action: string, options = '--name=a') =>
        `compose --project-name=${name} ${action} ${options} my-db`
      await bulkhead('up', '-d')
      await bulkhead('stop', '-t', '0')
      t.same(await plugin.calls(), [call('up', '--name=a --size=1')], 'it told of nothing')
      await bulkhead('down')

      const known = { parameters: [{ name: 'name', required: true }] }
      await writeFile(
        join(plugin.folder, 'metadata'),
        JSON.stringify({ up: known, stop: known, down: known }),
      )
      await bulkhead('up', '-d')
      await plugin.calls()
      const { stderr } = await bulkhead('stop', '-t', '0')
      t.match(stderr, /my-db/)
      t.same(await plugin.calls(), [call('stop')])
      await bulkhead('stop', '-t', '0')
      t.same(await plugin.calls(), [], 'once')
      await bulkhead('start', 'my-db')
      t.same(await plugin.calls(), [call('up')])
      await bulkhead('up', '-d')
      t.equal((await states())[`${name}-web-1`], 'running')
      await bulkhead('stop', 'my-db')
      t.same(await plugin.calls(), [call('stop')])
      t.equal((await states())[`${name}-web-1`], 'running', 'alone')
      await bulkhead('up', '-d')
      t.same(await plugin.calls(), [call('up')])
    },
  )

  await behave(
    'a model must be got once and told to the services that use it',
    {
      'compose.yaml': `
services:
  chat: { ${idle}, models: [small-one] }
  named: { ${idle}, models: { small-one: { endpoint_var: AT, model_var: WHICH } } }
models:
  small-one: { model: ai/smollm2, context_size: 1024, runtime_flags: ["--a", "--b"] }
`,
    },
    async ({ attempt, bulkhead, docker, ids, name, t }) => {
      const missing = await attempt('up', '-d')
      t.equal(missing.code, 1)
      t.match(missing.stderr, /compose\.yaml:3:\d+[\s\S]*no Docker plugin "model"/)
      t.same(await ids(), {})
      const plugin = await install(house, 'docker-model', model)
      t.teardown(plugin.remove)
      await bulkhead('up', '-d')
      t.same(await plugin.calls(), [
        'ls --json',
        'pull ai/smollm2',
        'configure --context-size 1024 ai/smollm2 -- --a --b',
        'status --json',
      ])
      const variables = await docker('exec', `${name}-chat-1`, 'env')
      t.match(variables, /^SMALL_ONE_URL=http:\/\/runner\.internal\/v1\/$/m)
      t.match(variables, /^SMALL_ONE_MODEL=ai\/smollm2$/m)
      const named = await docker('exec', `${name}-named-1`, 'env')
      t.match(named, /^AT=http:\/\/runner\.internal\/v1\/$/m)
      t.match(named, /^WHICH=ai\/smollm2$/m)
      const before = await ids()
      await bulkhead('up', '-d')
      t.same(await plugin.calls(), [])
      t.same(await ids(), before)
    },
  )
})
