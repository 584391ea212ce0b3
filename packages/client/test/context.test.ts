import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { extract } from 'tar-stream'
import t from 'tap'
import { packContext } from '@bulkhead/client/context'

const roots: string[] = []
t.teardown(() => Promise.all(roots.map((root) => rm(root, { recursive: true }))))

/** A folder with these files; `-> target` makes a link. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'bulkhead-context-'))
  roots.push(root)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(root, name))
    else await writeFile(join(root, name), content, { mode: 0o644 })
  }
  return root
}

async function entriesOf(root: string, dockerfiles: readonly string[] = ['Dockerfile']) {
  const context = await packContext(root, { dockerfiles })
  const entries: Record<string, string> = {}
  const reader = extract()
  context.open().pipe(reader)
  for await (const entry of reader) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    const { name, type, linkname } = entry.header
    entries[name] = type === 'symlink' ? `-> ${linkname}` : Buffer.concat(chunks).toString()
  }
  return entries
}

const digestOf = async (root: string) => (await packContext(root, { dockerfiles: ['Dockerfile'] })).digest

t.test('equal content must have an equal digest, wherever and whenever it was written', async (t) => {
  const files = { Dockerfile: 'FROM x', 'src/a.js': '1', 'src/b.js': '2' }
  const one = await folderOf(files)
  const other = await folderOf(Object.fromEntries(Object.entries(files).reverse()))
  await utimes(join(other, 'src/a.js'), new Date(0), new Date(0))
  t.equal(await digestOf(one), await digestOf(other))
  t.match(await digestOf(one), /^sha256:[0-9a-f]{64}$/)
})

t.test('a change of content, mode, name or link must change the digest', async (t) => {
  const root = await folderOf({ Dockerfile: 'FROM x', a: '1', link: '-> a' })
  const seen = new Set([await digestOf(root)])
  await writeFile(join(root, 'a'), '2')
  seen.add(await digestOf(root))
  await chmod(join(root, 'a'), 0o755)
  seen.add(await digestOf(root))
  await rm(join(root, 'link'))
  await symlink('b', join(root, 'link'))
  seen.add(await digestOf(root))
  t.equal(seen.size, 4)
})

t.test("what .dockerignore names must be left out, but the builder's own files", async (t) => {
  const root = await folderOf({
    Dockerfile: 'FROM x',
    '.dockerignore': '# all of it\n*\n!src\nsrc/secret*\n!src/deep/keep.txt\n',
    'README.md': 'no',
    'node_modules/x/index.js': 'no',
    'src/app.js': 'yes',
    'src/secret.txt': 'no',
    'src/Secret.txt': 'yes: case counts',
  })
  t.strictSame(Object.keys(await entriesOf(root)).sort(), [
    '.dockerignore',
    'Dockerfile',
    'src/',
    'src/Secret.txt',
    'src/app.js',
  ])
})

t.test('an exception inside an ignored folder must be found', async (t) => {
  const root = await folderOf({
    Dockerfile: 'FROM x',
    '.dockerignore': 'vendor\n!vendor/keep/*.txt\nbuild\n!**/LICENSE\n',
    'vendor/keep/a.txt': 'yes',
    'vendor/keep/a.bin': 'no',
    'vendor/other/b.txt': 'no',
    'build/LICENSE': 'yes',
    'build/out.o': 'no',
  })
  const names = Object.keys(await entriesOf(root))
  t.ok(names.includes('vendor/keep/a.txt'))
  t.ok(names.includes('build/LICENSE'))
  t.notOk(names.some((name) => /a\.bin|b\.txt|out\.o/.test(name)))
})

t.test("a Dockerfile's own ignore file must go before the common one", async (t) => {
  const root = await folderOf({
    'docker/web.Dockerfile': 'FROM x',
    'docker/web.Dockerfile.dockerignore': 'b\ndocker\n',
    '.dockerignore': 'a\n',
    a: '',
    b: '',
  })
  t.strictSame(Object.keys(await entriesOf(root, ['docker/web.Dockerfile'])).sort(), [
    '.dockerignore',
    'a',
    'docker/web.Dockerfile',
    'docker/web.Dockerfile.dockerignore',
  ])
})

t.test('links must stay links and lead nowhere', async (t) => {
  const outside = await folderOf({ secret: 'of the host' })
  const root = await folderOf({
    Dockerfile: 'FROM x',
    inside: '-> Dockerfile',
    out: `-> ${outside}/secret`,
    folder: `-> ${outside}`,
    dangling: '-> nowhere',
  })
  t.match(await entriesOf(root), {
    inside: '-> Dockerfile',
    out: `-> ${outside}/secret`,
    folder: `-> ${outside}`,
    dangling: '-> nowhere',
  })
  t.notOk(JSON.stringify(await entriesOf(root)).includes('of the host'))
})

t.test('large files, long names and empty folders must come through', async (t) => {
  const long = `${'d'.repeat(120)}/${'é'.repeat(100)}`
  const root = await folderOf({
    Dockerfile: 'FROM x',
    big: 'x'.repeat(3_000_000),
    [long]: 'long',
    'empty/gone': '',
  })
  await rm(join(root, 'empty/gone'))
  const entries = await entriesOf(root)
  t.equal(entries.big?.length, 3_000_000)
  t.equal(entries[long], 'long')
  t.ok('empty/' in entries)
})

t.test('a context that is not there must be said so', async (t) => {
  await t.rejects(packContext('/nowhere/at/all', { dockerfiles: [] }), { code: 'BH_FILE_NOT_FOUND' })
})
