import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { behaviors, type Scene } from './scene.ts'

const sleep = `[sh, -c, "trap exit TERM; sleep 1000 & wait"]`
const inside = ({ docker, name }: Scene, container: string, ...command: readonly string[]): Promise<string> =>
  docker('exec', `${name}-${container}`, ...command)

await behaviors('secrets', '26', async (behave) => {
  await behave(
    'secrets and configs of files, variables and text must be there with their owner and mode',
    {
      '.env': 'WORD=from the environment\nNAME=me\n',
      'word.txt': 'from a file\n',
      'compose.yaml': `
services:
  web:
    image: 'bb:1'
    command: ${sleep}
    user: '1000'
    secrets:
      - plain
      - { source: plain, target: owned, uid: '1000', gid: '1001', mode: 0440 }
      - { source: variable, uid: '1000', gid: '1000', mode: 0400 }
    configs:
      - { source: text, target: /etc/app/text.conf, uid: '1000', mode: 0444 }
      - { source: variable }
secrets: { plain: { file: ./word.txt }, variable: { environment: WORD } }
configs: { text: { content: "name=\${NAME}" }, variable: { environment: NAME } }
`,
    },
    async (scene) => {
      const { bulkhead, t } = scene
      await bulkhead('up', '-d')
      const files = ['plain', 'owned', 'variable'].map((file) => `/run/secrets/${file}`)
      t.equal(
        await inside(scene, 'web-1', 'sh', '-c', `cat ${files.join(' ')}`),
        'from a file\nfrom a file\nfrom the environment',
      )
      t.equal(
        await inside(scene, 'web-1', 'stat', '-c', '%a %u %g', ...files.slice(1), '/etc/app/text.conf'),
        '440 1000 1001\n400 1000 1000\n444 1000 0',
      )
      t.equal(await inside(scene, 'web-1', 'cat', '/etc/app/text.conf', '/variable'), 'name=meme')
      t.match((await bulkhead('up', '-d')).stderr, /Nothing to do/)
    },
  )

  await behave(
    'a changed content must replace those that use it, and nobody else',
    {
      'word.txt': 'one\n',
      '.env': 'WORD=one\n',
      'compose.yaml': `
services:
  file: { image: 'bb:1', command: ${sleep}, configs: [{ source: file, target: /word }] }
  variable: { image: 'bb:1', command: ${sleep}, secrets: [variable] }
  bytes: { image: 'bb:1', command: ${sleep}, configs: [{ source: bytes, target: /bytes, mode: 0400 }] }
  other: { image: 'bb:1', command: ${sleep} }
configs: { file: { file: ./word.txt }, bytes: { file: ./bytes } }
secrets: { variable: { environment: WORD } }
`,
    },
    async (scene) => {
      const { bulkhead, write, folder, ids, name, t } = scene
      const bytes = randomBytes(300_000)
      await writeFile(join(folder, 'bytes'), bytes)
      await bulkhead('up', '-d')
      const before = await ids()
      const changed = async (): Promise<readonly string[]> => {
        const now = await ids()
        return Object.keys(now).filter((container) => now[container] !== before[container])
      }
      await write('word.txt', 'two\n')
      await bulkhead('up', '-d', '-t', '5')
      t.strictSame(await changed(), [`${name}-file-1`])
      t.equal(await inside(scene, 'file-1', 'cat', '/word'), 'two')
      await write('.env', 'WORD=two\n')
      await bulkhead('up', '-d', '-t', '5')
      t.strictSame(await changed(), [`${name}-file-1`, `${name}-variable-1`])
      t.equal(await inside(scene, 'variable-1', 'cat', '/run/secrets/variable'), 'two')
      bytes[299_999] = (bytes[299_999] ?? 0) ^ 1
      await writeFile(join(folder, 'bytes'), bytes)
      await bulkhead('up', '-d', '-t', '5')
      t.strictSame(
        await changed(),
        ['bytes', 'file', 'variable'].map((service) => `${name}-${service}-1`),
      )
      t.equal(await inside(scene, 'bytes-1', 'tail', '-c1', '/bytes').then(() => 'read'), 'read')
      const digest = await inside(scene, 'bytes-1', 'sha256sum', '/bytes')
      const { createHash } = await import('node:crypto')
      t.match(digest, createHash('sha256').update(bytes).digest('hex'))
    },
  )

  await behave(
    'a file must be mounted under a read-only root, and what must be written be refused',
    {
      'word.txt': 'from a file\n',
      'compose.yaml': `
services: { web: { image: 'bb:1', command: ${sleep}, read_only: true, secrets: [{ source: word, mode: 0400 }] } }
secrets: { word: { file: ./word.txt } }
`,
    },
    async (scene) => {
      const { bulkhead, attempt, write, t } = scene
      t.match((await bulkhead('up', '-d')).stderr, /has the owner and mode of its file/)
      t.equal(await inside(scene, 'web-1', 'cat', '/run/secrets/word'), 'from a file')
      await write(
        'compose.yaml',
        `
services: { web: { image: 'bb:1', command: ${sleep}, read_only: true, configs: [word] } }
configs: { word: { content: text } }
`,
      )
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /compose\.yaml:2:\d+/)
      t.match(stderr, /whose root is read-only/)
    },
  )

  await behave(
    'a secret of an included project must have the value of its own env_file',
    {
      'part/part.env': 'WORD=included\n',
      'part/compose.yaml': `
services: { web: { image: 'bb:1', command: ${sleep}, secrets: [word] } }
secrets: { word: { environment: WORD } }
`,
      'compose.yaml': `include: [{ path: part/compose.yaml, env_file: part/part.env }]`,
    },
    async (scene) => {
      await scene.bulkhead('up', '-d')
      scene.t.equal(await inside(scene, 'web-1', 'cat', '/run/secrets/word'), 'included')
    },
  )
})
