import t from 'tap'
import { loadFrom, loadText, plain } from './memory.ts'

/** Texts made to cost time, memory or the stack. Each must be refused for what it costs. */
const tooMuch: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  'an alias bomb in lists': bomb((before) => `[${Array(9).fill(before).join(', ')}]`),
  'an alias bomb in mappings': bomb(
    (before) => `{${Array.from({ length: 9 }, (_, i) => `k${i}: ${before}`).join(', ')}}`,
  ),
  'a bomb of merge keys': bomb((before, i) => `{<<: [${Array(9).fill(before).join(', ')}], k${i}: v}`),
  '100 MB': 'a: b\n'.repeat(20_000_000),
  '10,000 open brackets': `a: ${'['.repeat(10_000)}`,
  '10,000 lists': `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  '10,000 mappings': `a: ${'{a: '.repeat(10_000)}${'}'.repeat(10_000)}`,
  '10,000 lists over lines': `a: ${'[\n '.repeat(10_000)}${']\n '.repeat(10_000)}`,
  '10,000 dashes': `a:\n ${'- '.repeat(10_000)}x`,
  '1,000 indents': Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
  'variables in variables': `services: {a: {image: "${'${A:-'.repeat(5000)}x${'}'.repeat(5000)}"}}`,
  'all ports of all addresses': `services: {a: {image: a, ports: [${Array.from({ length: 200 }, (_, i) => `"127.0.0.${i}:1-65535:1-65535"`).join(', ')}]}}`,
  'a chain of extends': `services:\n${Array.from({ length: 2000 }, (_, i) => `  s${i}: {extends: s${i + 1}}`).join('\n')}\n  s2000: {image: a}`,
  'includes that double': Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [
      i === 0 ? 'compose.yaml' : `f${i}.yaml`,
      i === 29
        ? 'services: {a: {image: a}}'
        : `include: [f${i + 1}.yaml, f${i + 1}.yaml]\nservices: {s${i}: {image: a}}`,
    ]),
  ),
}

t.test('what costs too much must be refused at once, with its place', async (t) => {
  for (const [name, given] of Object.entries(tooMuch)) {
    const files = typeof given === 'string' ? { 'compose.yaml': given } : given
    const before = process.cpuUsage()
    const { project, problems } = loadFrom(
      Object.fromEntries(Object.entries(files).map(([file, text]) => [`/p/${file}`, text])),
    )
    const { user } = process.cpuUsage(before)
    t.equal(project, undefined, name)
    const found = problems.find(({ code }) => code === 'BH_COMPOSE_TOO_COMPLEX')
    t.ok(found?.at !== undefined, `${name}: says so, with a place`)
    // The machine may be busy and slow; a missing bound costs minutes.
    t.ok(user < 10_000_000, `${name}: ${user} µs`)
  }
})

t.test('names of JavaScript must be names like any other', async (t) => {
  const { project, problems } = loadText(`
services:
  constructor: {image: a, environment: {constructor: c, toString: s, __proto__: p}, labels: [hasOwnProperty=x]}
  toString: {image: b, depends_on: [constructor], networks: [valueOf]}
networks: {valueOf: {driver_opts: {__proto__: x}}}
`)
  t.strictSame(problems, [])
  t.strictSame(Object.keys(project?.services ?? {}), ['constructor', 'toString'])
  const environment = project?.services['constructor']?.environment ?? {}
  t.strictSame(Object.entries(environment), [
    ['constructor', 'c'],
    ['toString', 's'],
    ['__proto__', 'p'],
  ])
  t.equal(({} as Record<string, unknown>)['p'], undefined)
  t.equal(project?.services['valueOf'], undefined)
  const undefinedNames = loadText(
    'services: {a: {image: a, networks: [constructor], depends_on: [toString]}}',
  )
  t.strictSame(
    undefinedNames.problems.map(({ code }) => code),
    ['BH_NETWORK_NOT_FOUND', 'BH_SERVICE_NOT_FOUND'],
  )
})

t.test('loops of every kind must end in an error', async (t) => {
  const codes = (files: Readonly<Record<string, string>>) => loadFrom(files).problems.map(({ code }) => code)
  t.strictSame(codes({ '/p/compose.yaml': 'services: &s {a: {image: a}, b: *s}' }), ['BH_COMPOSE_SYNTAX'])
  t.strictSame(codes({ '/p/compose.yaml': 'x-a: &a\n  b:\n    <<: *a\nservices: {a: {image: a}}' }), [
    'BH_COMPOSE_SYNTAX',
  ])
  t.strictSame(codes({ '/p/compose.yaml': 'services: {a: {image: a, extends: a}}' }), ['BH_EXTENDS_INVALID'])
  t.strictSame(
    codes({
      '/p/compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
      '/p/b.yaml': 'services: {b: {extends: {file: compose.yaml, service: a}}}',
    }),
    ['BH_EXTENDS_INVALID'],
  )
  t.strictSame(codes({ '/p/compose.yaml': 'services: {a: {image: a, depends_on: [a]}}' }), [
    'BH_DEPENDENCY_CYCLE',
  ])
})

t.test('files that are none must be told', async (t) => {
  const first = (content: string | Uint8Array) => loadFrom({ '/p/compose.yaml': content }).problems[0]
  t.match(first(new Uint8Array([0xff, 0xfe, 0, 1, 200])), {
    code: 'BH_COMPOSE_SYNTAX',
    at: { file: '/p/compose.yaml' },
  })
  for (const empty of ['', '\n', '# nothing', '~', '---\n---\n'])
    t.match(first(empty), { code: 'BH_COMPOSE_INVALID' })
  t.match(loadFrom({}).problems[0], { code: 'BH_COMPOSE_NOT_FOUND' })
})

t.test('ten times the lines must cost about ten times the time', async (t) => {
  const text = (services: number) =>
    `services:\n${Array.from({ length: services }, (_, i) => `  s${i}:\n    image: a:\${T:-1}\n    ports: ["${i + 1000}:80"]\n    environment: {A: "$B", C: d}\n    depends_on: [s0x]\n`).join('')}  s0x: {image: a}\n`
  const cost = (services: number) => {
    const times = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage()
      const { project } = loadText(text(services), { variables: { B: 'b' } })
      t.equal(Object.keys(project?.services ?? {}).length, services + 1)
      return process.cpuUsage(before).user
    })
    return Math.min(...times)
  }
  cost(200)
  const [small, large] = [cost(200), cost(2000)]
  t.ok(large < small * 25, `${small} µs, ${large} µs: quadratic would be a hundred times`)
})

t.test('a text with brackets must not be taken for nesting', async (t) => {
  const text = `services:\n  a:\n    image: a\n    environment:\n      X: |\n${'        [[[[[[[[{{{{{{{{\n'.repeat(100)}`
  const { project, problems } = loadText(text)
  t.strictSame(problems, [])
  t.match(plain(project?.services['a']?.environment), { X: /^\[{8}\{{8}\n/ })
})

function bomb(of: (before: string, index: number) => string): string {
  const levels = Array.from({ length: 12 }, (_, i) => `x-${i + 1}: &a${i + 1} ${of(`*a${i}`, i)}`)
  return `x-0: &a0 {k: v}\n${levels.join('\n')}\nservices: {a: {image: a}}\n`
}
