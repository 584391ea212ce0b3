import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'
import { parseDotenv } from '../src/dotenv/parse.ts'
import { parseBytes } from '../src/short/bytes.ts'
import { parseDevice, parseDeviceCount, parseGpus } from '../src/short/device.ts'
import { formatDuration, parseDuration } from '../src/short/duration.ts'
import { formatExtraHosts, parseExtraHost } from '../src/short/host.ts'
import { parsed, type Parsed } from '../src/short/parsed.ts'
import { parsePort } from '../src/short/port.ts'
import { cleanPath, parseVolume } from '../src/short/volume.ts'
import { parseWords } from '../src/short/words.ts'
import { interpolate, type Lookup } from '../src/template/interpolate.ts'
import { listVariables, mergeVariables } from '../src/template/variables.ts'

interface Vector {
  readonly input: string | number
  readonly source?: string
  readonly env?: Readonly<Record<string, string>>
  readonly expected?: unknown
  readonly expectedErrorContains?: string
  readonly oracle?: unknown
  readonly oracleError?: string
}

const vectors = new URL('../../../../shared/corpus/vectors/', import.meta.url)
const without = existsSync(vectors) ? {} : { skip: 'the vectors of ../shared are not here' }

function readVectors(name: string): readonly Vector[] {
  const { vectors: list } = JSON.parse(readFileSync(new URL(`${name}.json`, vectors), 'utf8')) as {
    readonly vectors: readonly Vector[]
  }
  return list
}

function lookup(values: Readonly<Record<string, string>> = {}): Lookup {
  return (name) => (Object.hasOwn(values, name) ? values[name] : undefined)
}

/** The value, or its problem as text, so that a table can hold both. */
function outcome(result: Parsed<unknown>): unknown {
  return result.ok ? result.value : `refused: ${result.problem.message}`
}

function sorted(entries: Iterable<readonly [string, unknown]>): readonly unknown[] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1))
}

const environment = { FOO: 'first', EMPTY: '' }

t.test('a template must become the text that the specification says', (t) => {
  const cases: readonly (readonly [text: string, value: string])[] = [
    ['', ''],
    ['plain', 'plain'],
    ['$FOO ${FOO}', 'first first'],
    ['$$FOO $${FOO}', '$FOO ${FOO}'],
    ['$$$FOO', '$first'],
    ['a $ b $1 ^x$', 'a $ b $1 ^x$'],
    ['${UNSET-a}${EMPTY-a}${FOO-a}', 'afirst'],
    ['${UNSET:-a}${EMPTY:-a}${FOO:-a}', 'aafirst'],
    ['${UNSET+a}|${EMPTY+a}|${FOO+a}', '|a|a'],
    ['${UNSET:+a}|${EMPTY:+a}|${FOO:+a}', '||a'],
    ['${FOO?x}${EMPTY?x}', 'first'],
    ['${UNSET:-${EMPTY:-${FOO}}}', 'first'],
    ['${UNSET:-{"a":{"b":1}}}', '{"a":{"b":1}}'],
    ['${UNSET:-a:-b?c+d}', 'a:-b?c+d'],
    ['${UNSET:-$$FOO}', '$FOO'],
    ['${UNSET:-}}', '}'],
    ['${UNSET:-{} x}', '{} x'],
    ['{{ ${FOO} }}', '{{ first }}'],
    ['é$FOOé', 'éfirsté'],
    ['${UNSET:-a b}\n${FOO}', 'a b\nfirst'],
  ]
  for (const [text, value] of cases) {
    const result = interpolate(text, lookup(environment))
    t.same([result.value, result.problems], [value, []], JSON.stringify(text))
  }
  t.end()
})

t.test('a mistake in a template must be found at its dollar sign', (t) => {
  const cases: readonly (readonly [text: string, code: string, offset: number])[] = [
    ['ab ${', 'BH_INTERPOLATION_INVALID', 3],
    ['${}', 'BH_INTERPOLATION_INVALID', 0],
    ['x${ FOO}', 'BH_INTERPOLATION_INVALID', 1],
    ['${FOO!}', 'BH_INTERPOLATION_INVALID', 0],
    ['${FOO:}', 'BH_INTERPOLATION_INVALID', 0],
    ['${1}', 'BH_INTERPOLATION_INVALID', 0],
    ['$FOO ${FOO', 'BH_INTERPOLATION_INVALID', 5],
    ['${FOO:-${}}', 'BH_INTERPOLATION_INVALID', 7],
    ['${FOO:-a\nb}', 'BH_INTERPOLATION_INVALID', 0],
    ['a ${UNSET?}', 'BH_VARIABLE_REQUIRED', 2],
    ['a ${EMPTY:?must be set}', 'BH_VARIABLE_REQUIRED', 2],
    ['${FOO:-${UNSET:?inner}}', 'BH_VARIABLE_REQUIRED', 7],
    ['${A:-'.repeat(200) + '}'.repeat(200), 'BH_COMPOSE_TOO_COMPLEX', 500],
  ]
  for (const [text, code, offset] of cases) {
    const [problem] = interpolate(text, lookup(environment)).problems
    t.match(problem, { code, offset }, text.slice(0, 40))
  }
  const { problems } = interpolate('${A:?first} ${B:?second $FOO}', lookup(environment))
  t.same(
    problems.map(({ message }) => message),
    ['The required variable A is not set: first', 'The required variable B is not set: second first'],
    'all required variables are named at once',
  )
  t.end()
})

t.test('blank variables must be named, but not those of a text that is not used', (t) => {
  const { unset } = interpolate('$A ${B} ${FOO:-$C} ${D-$E} ${F:-}', lookup(environment))
  t.same(unset, [
    { name: 'A', offset: 0 },
    { name: 'B', offset: 3 },
    { name: 'E', offset: 23 },
  ])
  t.end()
})

t.test('no template must take more than linear time', (t) => {
  const traps = [
    '${A:-'.repeat(100_000),
    '${A:-{'.repeat(100_000) + '}'.repeat(90),
    '${A:-{} '.repeat(100_000),
    '{'.repeat(500_000) + '${A',
    '${A:-x} '.repeat(100_000),
    '${A:-{}\n'.repeat(100_000),
    '$'.repeat(500_001),
  ]
  for (const trap of traps) {
    const before = process.cpuUsage()
    interpolate(trap, lookup())
    const { user, system } = process.cpuUsage(before)
    t.ok(user + system < 2_000_000, `${trap.slice(0, 12)}… × ${trap.length}`)
  }
  t.end()
})

t.test('the variables of a template must be listed with their defaults', (t) => {
  const variables = mergeVariables(listVariables('${B:-x${A}}${C?needed}${D+pre}$B ${A-y}'))
  t.same(variables, [
    { name: 'A', required: false, defaultValue: 'y', alternateValue: '' },
    { name: 'B', required: false, defaultValue: 'x${A}', alternateValue: '' },
    { name: 'C', required: true, defaultValue: '', alternateValue: '' },
    { name: 'D', required: false, defaultValue: '', alternateValue: 'pre' },
  ])
  t.end()
})

t.test('an env file must be read as Compose reads it', (t) => {
  const cases: readonly (readonly [text: string, values: Readonly<Record<string, string>>])[] = [
    ['A=1\nB= 2 \nC =3\n', { A: '1', B: '2', C: '3' }],
    ['\uFEFFA=1', { A: '1' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['# c\n  # d\n\nA=1 # e\nB=2#f\nC= #g', { A: '1', B: '2#f', C: '#g' }],
    ['export A=1\n\texport\tB=2\nexported=3', { A: '1', B: '2', exported: '3' }],
    ['A: 1\nB:2\nC: x=y', { A: '1', B: '2', C: 'x=y' }],
    [`A='$FOO \\n'\nB="$FOO \\n"\nC="\\$FOO"`, { A: '$FOO \\n', B: 'first \n', C: '$FOO' }],
    [
      `A='it\\'s'\nB="say \\"hi\\""\nC='a\nb'\nD="c\nd" # e`,
      { A: "it's", B: 'say "hi"', C: 'a\nb', D: 'c\nd' },
    ],
    ['A="\\0101\\z\\t"', { A: 'A\\z\t' }],
    ['A=1\nB=${A}$FOO\nA=2', { A: '2', B: '1first' }],
    ['FOO=file\nA=$FOO', { FOO: 'file', A: 'first' }],
    ['FOO\nUNKNOWN\n', { FOO: 'first' }],
    ['A=${UNSET:-x y}', { A: 'x y' }],
    ['A.B-C[0]=1\n1=2\né=3', { 'A.B-C[0]': '1', 1: '2', é: '3' }],
    [
      '__proto__=1\nconstructor=2',
      JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string>,
    ],
  ]
  for (const [text, values] of cases) {
    const result = parseDotenv(text, { file: 'f', variable: lookup(environment) })
    t.same(sorted(result.values), sorted(Object.entries(values)), JSON.stringify(text))
    t.same(result.problems, [], 'no problem')
  }
  t.end()
})

t.test('every mistake in an env file must come with its place and without its value', (t) => {
  const text = 'A=1\n  B C=geheim\nD$=geheim\nE=${geheim!\nF="geheim\n'
  const { problems, values } = parseDotenv(text, { file: '/x/.env', variable: lookup() })
  t.same(
    problems.map(({ code, at }) => [code, at?.file, at?.line, at?.column]),
    [
      ['BH_COMPOSE_SYNTAX', '/x/.env', 2, 3],
      ['BH_COMPOSE_SYNTAX', '/x/.env', 3, 1],
      ['BH_INTERPOLATION_INVALID', '/x/.env', 4, 3],
      ['BH_COMPOSE_SYNTAX', '/x/.env', 5, 3],
    ],
  )
  t.notOk(JSON.stringify(problems).includes('geheim'), 'no value shows')
  t.equal(values.get('A'), '1')
  const many = parseDotenv('x y\n'.repeat(100_000), { file: 'f', variable: lookup() })
  t.ok(many.problems.length <= 50, 'there is an end to it')
  const blank = parseDotenv('A=$B\n'.repeat(100) + 'Z=1', { file: 'f', variable: lookup() })
  t.equal(blank.values.get('Z'), '1', 'warnings do not end it')
  t.end()
})

t.test('a raw env file must be taken as it is', (t) => {
  const text = '\uFEFF# c\n A="1" # x \nB=$FOO\nFOO\nNOPE\n\nC=\n=1\nD E=2\n'
  const { values, problems } = parseDotenv(text, { file: 'f', variable: lookup(environment), format: 'raw' })
  t.same(
    [...values],
    [
      ['A', '"1" # x '],
      ['B', '$FOO'],
      ['FOO', 'first'],
      ['C', ''],
    ],
  )
  t.same(
    problems.map(({ at }) => at),
    [
      { file: 'f', line: 8, column: 1 },
      { file: 'f', line: 9, column: 1 },
    ],
  )
  t.end()
})

t.test('a port must be read in every spelling', (t) => {
  const port = (target: number, more: object = {}): object => ({
    mode: 'ingress',
    target,
    protocol: 'tcp',
    ...more,
  })
  const cases: readonly (readonly [value: string | number, ports: unknown])[] = [
    [80, [port(80)]],
    ['80', [port(80)]],
    ['8080:80/udp', [port(80, { published: '8080', protocol: 'udp' })]],
    ['80/TCP', [port(80)]],
    ['80-81', [port(80), port(81)]],
    ['90-91:80-81', [port(80, { published: '90' }), port(81, { published: '91' })]],
    ['90-99:80', [port(80, { published: '90-99' })]],
    ['127.0.0.1:90:80', [port(80, { host_ip: '127.0.0.1', published: '90' })]],
    ['127.0.0.1::80', [port(80, { host_ip: '127.0.0.1' })]],
    ['[::1]:90:80', [port(80, { host_ip: '::1', published: '90' })]],
    ['::1:90:80', [port(80, { host_ip: '::1', published: '90' })]],
    ['[::1]::80', [port(80, { host_ip: '::1' })]],
    ['0:80', [port(80, { published: '0' })]],
  ]
  for (const [value, ports] of cases) t.same(outcome(parsePort(value)), ports, String(value))
  const wrong = [
    '',
    'abc',
    '80:',
    'abc:80',
    '0',
    '80:0',
    '65536',
    '80-70',
    '80:90-91',
    '1-3:4-5',
    '80/foo',
    '127.0.0.1:80',
    '1:2:3',
    'host:1:2',
    '[::1:1:2',
    '80.5',
    '-1',
  ]
  for (const value of wrong) t.notOk(parsePort(value).ok, value)
  t.end()
})

t.test('a volume must be read in every spelling', (t) => {
  const cases: readonly (readonly [text: string, volume: unknown])[] = [
    ['/data', { type: 'volume', target: '/data', volume: {} }],
    ['db:/data', { type: 'volume', source: 'db', target: '/data', volume: {} }],
    [
      'db:/data:ro,nocopy',
      { type: 'volume', source: 'db', target: '/data', read_only: true, volume: { nocopy: true } },
    ],
    ['db:/data:Z', { type: 'volume', source: 'db', target: '/data', bind: { selinux: 'Z' }, volume: {} }],
    ['./a/:/b/../c/', { type: 'bind', source: './a/', target: '/c', bind: { create_host_path: true } }],
    [
      '~/a:/b:ro,z,rslave',
      {
        type: 'bind',
        source: '~/a',
        target: '/b',
        read_only: true,
        bind: { selinux: 'z', propagation: 'rslave', create_host_path: true },
      },
    ],
    ['v:/z', { type: 'volume', target: 'v:/z', volume: {} }],
    [
      'C:\\a:D:\\b:ro',
      { type: 'bind', source: 'C:\\a', target: 'D:\\b', read_only: true, bind: { create_host_path: true } },
    ],
    ['./a:C:/b', { type: 'bind', source: './a', target: 'C:/b', bind: { create_host_path: true } }],
    ['name:D:', { type: 'volume', source: 'name', target: 'D:', volume: {} }],
    [
      '\\\\.\\pipe\\a:\\\\.\\pipe\\b',
      { type: 'bind', source: '\\\\.\\pipe\\a', target: '\\\\.\\pipe\\b', bind: { create_host_path: true } },
    ],
  ]
  for (const [text, volume] of cases) t.same(outcome(parseVolume(text)), volume, text)
  for (const text of ['', '/a:/b:ro:x', ':/a', '/a:/b:', 'aa::/b']) t.notOk(parseVolume(text).ok, text)
  t.end()
})

t.test('a command line must become its words', (t) => {
  const cases: readonly (readonly [line: string, words: readonly string[], ignored?: string])[] = [
    ['a  b\tc\nd', ['a', 'b', 'c', 'd']],
    [`a 'b c' "d e"f`, ['a', 'b c', 'd ef']],
    [`a "" ''`, ['a', '', '']],
    ['a\\ b "c\\"d" \'e\\f\'', ['a b', 'c"d', 'e\\f']],
    ['a $(b c) `d e`', ['a', '$(b c)', '`d e`']],
    ['a && b', ['a'], '&& b'],
    ['a 2>b', ['a'], '>b'],
    ['a # b', ['a', '#', 'b']],
    ['', []],
  ]
  for (const [line, words, ignored] of cases)
    t.same(outcome(parseWords(line)), ignored === undefined ? { words } : { words, ignored }, line)
  for (const line of [`a 'b`, 'a "b', 'a \\', 'a (b)', 'a )', 'a `b']) t.notOk(parseWords(line).ok, line)
  t.end()
})

t.test('durations must be read and written as Go does', (t) => {
  const cases: readonly (readonly [text: string, written: string])[] = [
    ['90s', '1m30s'],
    ['1h', '1h0m0s'],
    ['1.5h', '1h30m0s'],
    ['1h5m30s20ms', '1h5m30.02s'],
    ['.5s', '500ms'],
    ['1.s', '1s'],
    ['10us', '10µs'],
    ['1ms1us1ns', '1.001001ms'],
    ['1.123456789012s', '1.123456789s'],
    ['0', '0s'],
    ['-1s', '-1s'],
    ['+1s', '1s'],
    ['2562047h47m16.854775807s', '2562047h47m16.854775807s'],
  ]
  for (const [text, written] of cases) {
    const read = parseDuration(text)
    t.equal(read.ok ? formatDuration(read.value) : read.problem.message, written, text)
  }
  for (const text of [
    '',
    '1',
    's',
    '.',
    '1d',
    '1S',
    '5 s',
    '1e3s',
    '1m-1s',
    '2562048h',
    '9'.repeat(500) + 'h',
  ]) {
    t.notOk(parseDuration(text).ok, text.slice(0, 20))
  }
  t.end()
})

t.test('sizes must be powers of 1024', (t) => {
  const cases: readonly (readonly [value: string | number, bytes: string])[] = [
    [1024, '1024'],
    [-1, '-1'],
    ['64m', '67108864'],
    ['1.5g', '1610612736'],
    ['10KiB', '10240'],
    ['1 GB', '1073741824'],
    ['100b', '100'],
    ['1.9', '1'],
    ['100000t', '109951162777600000'],
    ['9007199254740993', '9007199254740993'],
  ]
  for (const [value, bytes] of cases) t.equal(outcome(parseBytes(value)), bytes, String(value))
  for (const value of ['', '-1', '1x', '1e3', '.5g', '5.g', '1  k', '1,5g', '9999999p'])
    t.notOk(parseBytes(value).ok, value)
  t.equal(outcome(parseBytes('-1', { unlimited: true })), '-1', 'no limit at all')
  t.end()
})

t.test('devices and extra hosts must be read in every spelling', (t) => {
  t.same(outcome(parseDevice('/a')), { source: '/a', target: '/a', permissions: 'rwm' })
  t.same(outcome(parseDevice('/a:/b:r')), { source: '/a', target: '/b', permissions: 'r' })
  t.same(outcome(parseDevice('vendor.com/class=x')), {
    source: 'vendor.com/class=x',
    target: 'vendor.com/class=x',
    permissions: 'rwm',
  })
  for (const text of ['', ':/b', 'a:b:c:d']) t.notOk(parseDevice(text).ok, text)
  t.same(outcome(parseGpus('all')), [{ count: -1 }])
  t.notOk(parseGpus('some').ok)
  t.same([outcome(parseDeviceCount('all')), outcome(parseDeviceCount('2'))], [-1, 2])
  t.notOk(parseDeviceCount('two').ok)
  const hosts = ['b:1.2.3.4', 'a=::1', 'a:[::2]', 'c:host-gateway'].map(parseExtraHost)
  t.same(formatExtraHosts(hosts.flatMap((host) => (host.ok ? [host.value] : []))), [
    'a=::1',
    'a=::2',
    'b=1.2.3.4',
    'c=host-gateway',
  ])
  for (const text of ['a', '=1.2.3.4', ':1']) t.notOk(parseExtraHost(text).ok, text)
  t.equal(cleanPath('/a//b/./c/'), '/a/b/c')
  t.end()
})

t.test('the template vectors must all pass', without, (t) => {
  for (const { input, env, expected, expectedErrorContains } of readVectors('template')) {
    const { value, problems } = interpolate(String(input), lookup(env))
    if (expectedErrorContains === undefined) t.same([value, problems], [expected, []], String(input))
    else t.ok(problems.length > 0, String(input))
  }
  t.end()
})

t.test('the dotenv vectors must all pass', without, (t) => {
  for (const { input, env, oracle, oracleError, source = '' } of readVectors('dotenv')) {
    const { values, problems } = parseDotenv(String(input), { file: 'f', variable: lookup(env) })
    const errors = problems.filter(({ severity }) => severity === 'error')
    if (oracleError !== undefined) t.ok(errors.length > 0, source)
    else t.same([sorted(values), errors], [sorted(Object.entries(oracle ?? {})), []], source)
  }
  t.end()
})

/** Undefined volumes and folders outside of the case are not the parser's to judge. */
const beyondParsing: ReadonlySet<unknown> = new Set(['0:/foo'])

const shortForms: Readonly<Record<string, (value: string | number) => Parsed<unknown>>> = {
  bytes: (value) => {
    const read = parseBytes(value)
    return read.ok && read.value === '0' ? parsed(null) : read
  },
  command: (value) => {
    const read = parseWords(String(value))
    return read.ok ? parsed(read.value.words) : read
  },
  devices: (value) => listed(parseDevice(String(value))),
  duration: (value) => {
    const read = parseDuration(String(value))
    return read.ok ? parsed(formatDuration(read.value)) : read
  },
  extra_hosts: (value) => {
    const read = parseExtraHost(String(value))
    return read.ok ? parsed(formatExtraHosts([read.value])) : read
  },
  ports: parsePort,
  volumes: (value) => {
    const read = parseVolume(String(value))
    return read.ok ? parsed([{ ...read.value, source: located(read.value.source, read.value.type) }]) : read
  },
}

function listed(read: Parsed<unknown>): Parsed<unknown> {
  return read.ok ? parsed([read.value]) : read
}

/** What the loader does with a relative source, in the folder that the vectors name. */
function located(source: string | undefined, type: string): string | undefined {
  if (source === undefined || type !== 'bind') return source
  if (source.startsWith('~')) return posix.join('/nonexistent', source.slice(1))
  return /^\/|^[a-z]:[\\/]/i.test(source) ? source : cleanPath(posix.join('${CASE}', source))
}

for (const [name, read] of Object.entries(shortForms)) {
  t.test(`the vectors of short ${name} must all pass`, without, (t) => {
    for (const { input, oracle, oracleError } of readVectors(`short-${name}`)) {
      const value = typeof input === 'string' ? interpolate(input, lookup()).value : input
      if (beyondParsing.has(value) || (/^\.\.[:/]/.test(String(value)) && name === 'volumes')) continue
      const result = read(value)
      if (oracleError !== undefined) t.notOk(result.ok, String(value))
      else t.strictSame(JSON.parse(JSON.stringify(outcome(result))), oracle, String(value))
    }
    t.end()
  })
}
