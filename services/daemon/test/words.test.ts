import type { Problem, Project } from '@bulkhead/model'
import t from 'tap'
import { checkDepth } from '../src/bundle/limits.ts'
import { faultOfReference } from '../src/checks/image-reference.ts'
import { errorCatalog } from '../src/error-catalog.ts'
import { sameEngine } from '../src/engine-address.ts'
import { toBulkheadError } from '../src/http/problem.ts'
import { createChannel } from '../src/logs/channel.ts'
import { instant } from '../src/logs/instant.ts'
import { maskFor, maskOf, maskProblem } from '../src/mask.ts'
import { bundleOf } from './fixtures/served.ts'

t.test('references that registries take must be taken', async (t) => {
  const digest = `sha256:${'a'.repeat(64)}`
  const valid = [
    'busybox',
    'busybox:1.36',
    'library/busybox',
    'docker.io/library/busybox:latest',
    'localhost/a',
    'localhost:5000/a/b_c/d__e/f-g/h.i:V1.0-x_y',
    'REGISTRY.example.com/a',
    'Registry/a',
    '[::1]:5000/a',
    `a@${digest}`,
    `a:1@${digest}`,
    'a'.repeat(64),
  ]
  for (const reference of valid) t.equal(faultOfReference(reference), undefined, reference)
})

t.test('a reference that no registry takes must be explained', async (t) => {
  const fault = (reference: string) => faultOfReference(reference)
  t.match(fault('getcmd/MyIIS'), { fault: /capital/, instead: 'getcmd/myiis' })
  t.match(fault('getcmd/MyIIS:V2'), { instead: 'getcmd/myiis:V2' })
  t.match(fault('Reg.example.com:5000/MyApp'), { instead: 'Reg.example.com:5000/myapp' })
  t.match(fault(''), { fault: /empty/ })
  t.match(fault('a b'), { fault: /"a b"/ })
  t.match(fault('a:'), { fault: /for a tag/ })
  t.match(fault('a:-x'), { fault: /for a tag/ })
  t.match(fault(`a:${'x'.repeat(129)}`), { fault: /for a tag/ })
  t.match(fault('a@sha256:short'), { fault: /for a digest/ })
  t.match(fault('a//b'), { fault: /for a part/ })
  t.match(fault('-a'), { fault: /for a part/ })
  t.match(fault('-x.example.com/a'), { fault: /for a registry/ })
  t.match(fault('x'.repeat(256)), { fault: /longer than 255/ })
})

t.test('depth must be counted outside of strings only', async (t) => {
  checkDepth('{"a":"[[[[","b":"\\"[[[","c":"\\\\","d":[1]}', 2)
  checkDepth('"unterminated', 1)
  t.throws(() => checkDepth('{"a":[{}]}', 2), { code: 'BH_BUNDLE_TOO_LARGE' })
  t.throws(() => checkDepth('{"c":"\\\\","d":[[1]]}', 2), { code: 'BH_BUNDLE_TOO_LARGE' })
})

const project = (fields: object): Project =>
  ({
    name: 'shop',
    services: { db: { name: 'db', image: 'postgres:15', ...fields } },
    disabledServices: {},
    networks: {},
    volumes: {},
    secrets: {
      key: { name: 'shop_key', file: '/app/key.pem' },
      word: { name: 'shop_word', content: 'open-sesame' },
    },
    configs: {},
  }) as unknown as Project

t.test('a mask must hide what is secret and nothing else', async (t) => {
  const key = 'BEGIN KEY\nMIIEvQIBADANBg\n"quoted"\nEND KEY'
  const bundle = bundleOf('', {
    files: { '/app/key.pem': key },
    environment: { API_TOKEN: 'token-123456', PIN: '12' },
  })
  const mask = maskFor(
    project({ environment: { POSTGRES_PASSWORD: 'postgres', MYSQL_PASSWD: 'root', DEBUG: 'debugging' } }),
    bundle,
  )
  t.equal(mask('say open-sesame'), 'say ********')
  t.equal(mask('the line MIIEvQIBADANBg of it'), 'the line ******** of it')
  t.equal(mask(key), '********')
  t.equal(mask(JSON.stringify({ key })), '{"key":"********"}')
  t.equal(mask('with token-123456'), 'with ********')
  t.equal(mask('image postgres:15'), 'image postgres:15', 'a public word tells nothing')
  t.equal(mask('root of 12, debugging'), 'root of 12, debugging')
})

t.test('a longer secret must be hidden whole when it begins with a shorter one', async (t) => {
  t.equal(maskOf(['abcd', 'abcdefgh'])('x abcdefgh abcd'), 'x ******** ********')
  t.equal(maskOf(['a.c+(d)'])('a.c+(d) abc'), '******** abc')
  const problem: Problem = {
    severity: 'error',
    code: 'BH_COMPOSE_INVALID',
    message: 'abcd',
    excerpt: 'v: abcd',
  }
  t.same(maskProblem(problem, maskOf(['abcd'])), { ...problem, message: '********', excerpt: 'v: ********' })
})

t.test('an error of ours must be told without its details', async (t) => {
  const told = toBulkheadError(new TypeError('cannot read password hunter2'))
  t.equal(told.code, 'BH_INTERNAL')
  t.notMatch(told.message, /hunter2/)
})

t.test('every code must say what it means and what to do, in sentences', async (t) => {
  for (const [code, { title, meaning, remedy }] of Object.entries(errorCatalog)) {
    t.match(title, /^[A-Z`].*[^.]$/, code)
    t.match(meaning, /^[A-Z`].*\.$/, code)
    t.match(remedy, /^[A-Z`].*\.$/, code)
  }
})

t.test('times must be taken as the engine takes them, and durations back from now', async (t) => {
  const now = new Date('2026-01-01T00:10:00Z')
  t.equal(instant('1700000000', now), '1700000000')
  t.equal(instant('1700000000.123', now), '1700000000.123')
  t.equal(instant('10m', now), '1767225600')
  t.equal(instant('1h30m', now), '1767220800')
  t.equal(instant('2026-01-01T00:00:00Z', now), '1767225600')
  t.throws(() => instant('yesterday', now), { code: 'BH_BAD_REQUEST' })
})

t.test('two paths to one socket must be one engine', async (t) => {
  const folder = t.testdir({ real: { sock: '' }, link: t.fixture('symlink', 'real') })
  t.equal(sameEngine(`unix://${folder}/real/sock`, `unix://${folder}/link/sock`), true)
  t.equal(sameEngine('unix:///a', 'unix:///b'), false)
  t.equal(sameEngine('tcp://h:2375', 'tcp://h:2375/'), true)
})

t.test('a source must wait while the reader is behind', async (t) => {
  const channel = createChannel<number>(2)
  let pushed = 0
  const source = (async () => {
    for (let item = 1; item <= 5; item += 1) {
      await channel.push(item)
      pushed = item
    }
    channel.end()
  })()
  await new Promise((next) => setImmediate(next))
  t.equal(pushed, 2)
  const seen: number[] = []
  for await (const item of channel.read()) seen.push(item)
  await source
  t.same(seen, [1, 2, 3, 4, 5])
})

t.test('a reader who leaves must set its sources free, an error must reach it', async (t) => {
  const left = createChannel<number>(1)
  await left.push(1)
  const waiting = left.push(2)
  for await (const _ of left.read()) break
  await waiting
  t.equal(await left.push(3), false)
  const broken = createChannel<number>(1)
  await broken.push(1)
  broken.end(new Error('gone'))
  const reader = broken.read()
  t.equal((await reader.next()).value, 1)
  await t.rejects(reader.next(), /gone/)
})
