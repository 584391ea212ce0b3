import { readFileSync } from 'node:fs'
import type {
  DeploymentEventBody,
  OperationReference,
  OperationType,
  Problem,
  ReplicaStatus,
  ServiceStatus,
} from '@bulkhead/model'
import t from 'tap'
import { version } from '@bulkhead/cli'
import type { Terminal } from '@bulkhead/cli'
import { renderFrame } from '../src/progress/frame.ts'
import { createLive } from '../src/progress/live.ts'
import { plainLine } from '../src/progress/index.ts'
import { rowAfter } from '../src/progress/rows.ts'
import type { Row } from '../src/progress/rows.ts'
import { elapsed, humanDuration, humanSize } from '../src/render/age.ts'
import { colorsFor, noColors } from '../src/render/color.ts'
import { containerJson, isolationText, portsText, statusText } from '../src/render/container.ts'
import { createPrefixer } from '../src/render/prefix.ts'
import { renderProblems } from '../src/render/problems.ts'
import { renderTable } from '../src/render/table.ts'
import { noon } from './shell.ts'

t.test('the version must be that of the package', async (t) => {
  const url = new URL('../package.json', import.meta.url)
  t.equal(version, (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version)
})

t.test('a problem', async (t) => {
  const style = { colors: noColors, cwd: '/home/me/shop' }
  const problem: Problem = {
    severity: 'error',
    code: 'BH_COMPOSE_INVALID',
    message: 'service "web" depends on undefined service "dbx"',
    hint: 'Did you mean "db"?',
    at: { file: '/home/me/shop/compose.yaml', line: 12, column: 9 },
    excerpt: '      - dbx',
  }
  t.test('must be shown with its place, a picture of the line and the next step', async (t) => {
    t.equal(
      renderProblems([problem], style),
      `error: service "web" depends on undefined service "dbx"
  --> compose.yaml:12:9
    |
 12 |       - dbx
    |         ^
  hint: Did you mean "db"?
`,
    )
  })
  t.test('must be shown all at once, warnings apart from errors', async (t) => {
    const warning: Problem = {
      severity: 'warning',
      code: 'BH_COMPOSE_INVALID',
      message: 'version is obsolete',
    }
    t.equal(
      renderProblems([{ ...problem, at: undefined, hint: undefined }, warning], style),
      'error: service "web" depends on undefined service "dbx"\nwarning: version is obsolete\n',
    )
  })
  t.test('must keep the caret below its token behind tabs and in long lines', async (t) => {
    const tabs = renderProblems(
      [{ ...problem, excerpt: '\t\tdbx', at: { file: '/x', line: 1, column: 3 } }],
      style,
    )
    t.match(tabs, '  | \t\t^\n')
    const long = renderProblems(
      [
        {
          ...problem,
          excerpt: `${'a'.repeat(500)}BAD${'b'.repeat(500)}`,
          at: { file: '/x', line: 1, column: 501 },
        },
      ],
      style,
    )
    const [, , , line = '', caret = ''] = long.split('\n')
    t.equal(line.indexOf('BAD'), caret.indexOf('^'))
    t.ok(line.length < 120)
  })
  t.test('made a hundred times must not fill the screen', async (t) => {
    const text = renderProblems(
      Array.from({ length: 100 }, () => problem),
      style,
    )
    t.equal(text.split('error:').length - 1, 30)
    t.match(text, /… and 70 more\..*--json/)
  })
  t.test('outside of the current folder must keep its whole path', async (t) => {
    t.match(
      renderProblems([{ ...problem, at: { file: '/etc/x.yaml', line: 1, column: 1 } }], style),
      '--> /etc/x.yaml:1:1',
    )
  })
})

t.test('colors', async (t) => {
  t.test(
    'must be off where nobody sees them, and obey --ansi before NO_COLOR before the terminal',
    async (t) => {
      const on = (...args: Parameters<typeof colorsFor>) => colorsFor(...args).isColorSupported
      t.equal(on('auto', {}, false), false)
      t.equal(on('auto', {}, true), true)
      t.equal(on('auto', { NO_COLOR: '1' }, true), false)
      t.equal(on('auto', { NO_COLOR: '' }, true), true)
      t.equal(on('auto', { TERM: 'dumb' }, true), false)
      t.equal(on('always', { NO_COLOR: '1' }, false), true)
      t.equal(on('never', {}, true), false)
    },
  )
})

const operation = (type: OperationType, subject: string, cause = 'not found'): OperationReference => ({
  node: 1,
  type,
  subject,
  service: undefined,
  cause,
})

function rowsAfter(...events: readonly DeploymentEventBody[]): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>()
  events.forEach((event, index) => {
    const row = rowAfter(rows, { id: index + 1, time: '', ...event }, noon + index * 1000)
    if (row !== undefined) rows.set(row.id, row)
  })
  return rows
}

t.test('progress', async (t) => {
  const replacement = rowsAfter(
    { type: 'planned', operations: 4 },
    {
      type: 'started',
      operation: operation('createContainer', 'container 0123456789ab_x-web-1', 'configuration changed'),
    },
    {
      type: 'done',
      operation: operation('createContainer', 'container 0123456789ab_x-web-1'),
      milliseconds: 1,
    },
    { type: 'started', operation: operation('stopContainer', 'container x-web-1') },
    {
      type: 'done',
      operation: operation('renameContainer', 'container 0123456789ab_x-web-1 to x-web-1'),
      milliseconds: 1,
    },
    { type: 'done', operation: operation('awaitCondition', 'service db healthy'), milliseconds: 1 },
  )
  t.test('must give a container one line for its whole way', async (t) => {
    t.strictSame([...replacement.keys()], ['Container x-web-1', 'Service db'])
    t.match(replacement.get('Container x-web-1'), {
      text: 'Renamed',
      status: 'done',
      startedAt: noon + 1000,
      endedAt: noon + 4000,
    })
    t.match(replacement.get('Service db'), { text: 'Healthy', status: 'done' })
  })
  t.test('must say why, where something is changed', async (t) => {
    const rows = rowsAfter({
      type: 'started',
      operation: operation('stopContainer', 'container x-web-1', 'configuration changed'),
    })
    t.equal(plainLine([...rows.values()][0] as Row), ' Container x-web-1  Stopping  configuration changed')
    const first = rowsAfter({ type: 'started', operation: operation('createContainer', 'container x-web-1') })
    t.equal(plainLine([...first.values()][0] as Row), ' Container x-web-1  Creating')
  })
  t.test('must show what failed', async (t) => {
    const problem: Problem = { severity: 'error', code: 'BH_PORT_IN_USE', message: 'port 80 is taken' }
    const rows = rowsAfter({
      type: 'failed',
      operation: operation('startContainer', 'container x-web-1'),
      problem,
    })
    t.equal(plainLine([...rows.values()][0] as Row), ' Container x-web-1  Error  port 80 is taken')
  })

  const frame = (rows: ReadonlyMap<string, Row>, size: { columns?: number; lines?: number } = {}) =>
    renderFrame(rows, { title: 'up', colors: noColors, columns: 60, lines: 24, now: noon + 12_345, ...size })
  const working = rowsAfter(
    { type: 'done', operation: operation('createNetwork', 'network x_default'), milliseconds: 1 },
    { type: 'started', operation: operation('startContainer', 'container x-db-1') },
    {
      type: 'progress',
      operation: operation('pullImage', 'image postgres:16'),
      message: 'Downloading',
      current: 50,
      total: 100,
    },
  )
  t.test('must be a line per thing, with state and time, on a terminal', async (t) => {
    t.strictSame(frame(working), [
      '[+] up 1/3',
      ' ✔ Network x_default  Created                           0.0s',
      ' ⠸ Container x-db-1   Starting                         11.3s',
      ' ⠸ Image postgres:16  Pulling   [=====     ]  50% Dow… 10.3s',
    ])
  })
  t.test('must never be wider or higher than the terminal', async (t) => {
    const many = rowsAfter(
      ...Array.from({ length: 50 }, (_, index): DeploymentEventBody => {
        const subject = `container a-rather-long-name-of-a-container-${index}`
        return index < 45
          ? { type: 'done', operation: operation('startContainer', subject), milliseconds: 1 }
          : { type: 'started', operation: operation('startContainer', subject) }
      }),
    )
    for (const columns of [5, 20, 40, 120]) {
      const lines = frame(many, { columns, lines: 12 })
      t.ok(lines.length <= 12, `${lines.length} lines of 12`)
      t.ok(
        lines.every((line) => line.length <= Math.max(columns, 10)),
        `nothing wider than ${columns}`,
      )
    }
    const lines = frame(many, { columns: 80, lines: 12 })
    t.equal(lines.filter((line) => line.includes('Starting')).length, 5, 'what is at work is kept')
    t.match(lines.at(-1), '41 more')
  })
  t.test('must not let an engine move the cursor', async (t) => {
    const rows = rowsAfter({
      type: 'progress',
      operation: operation('buildImage', 'image x'),
      message: 'a\u001B[2Jb\rc',
    })
    t.match(frame(rows).at(-1), 'ab c')
  })
})

t.test('the live view must find its first line again after the terminal was made narrower', async (t) => {
  let columns = 80
  let written = ''
  let resized = () => {}
  const terminal: Terminal = {
    out: () => {},
    err: (text) => (written += text),
    write: () => Promise.resolve(),
    raw: () => () => {},
    inIsTty: true,
    outIsTty: true,
    errIsTty: true,
    columns: () => columns,
    rows: () => 24,
    onResize: (listener) => {
      resized = listener
      return () => {}
    },
  }
  const rows = rowsAfter({ type: 'started', operation: operation('startContainer', 'container x-web-1') })
  const live = createLive('up', noColors, terminal, () => noon)
  live.show(rows, [...rows.values()][0] as Row)
  resized()
  t.match(written, /\[\+\] up 0\/1.*\n.*Container x-web-1/)
  written = ''
  columns = 40
  resized()
  t.ok(written.startsWith('\u001B[3F'), 'the row of 80 has become two of 40')
  written = ''
  live.print('a warning\n')
  t.ok(written.startsWith('\u001B[2Fa warning\u001B[0K\n[+] up'))
  live.close(rows)
  t.ok(written.endsWith('\u001B[?25h'))
})

const replica: ReplicaStatus = {
  id: '0123456789abcdef',
  name: 'x-web-1',
  service: 'web',
  number: 1,
  image: 'web:1',
  command: 'node server.js --port 8080',
  state: 'running',
  health: 'healthy',
  exitCode: 0,
  createdAt: new Date(noon - 3_700_000).toISOString(),
  startedAt: new Date(noon - 180_000).toISOString(),
  finishedAt: undefined,
  ports: [
    { hostIp: '0.0.0.0', published: 8080, target: 80, protocol: 'tcp' },
    { hostIp: '::', published: 8080, target: 80, protocol: 'tcp' },
    { hostIp: undefined, published: undefined, target: 9000, protocol: 'udp' },
  ],
  labels: { a: 'b' },
  networks: ['x_default'],
  mounts: ['data', '/etc/x'],
  runtime: 'runsc',
}
const service: ServiceStatus = {
  name: 'web',
  isolation: { mode: 'hyperv', profile: 'runsc' },
  wanted: 1,
  rest: undefined,
  replicas: [replica],
}

t.test('a container', async (t) => {
  t.test('must have its state told as the engine tells it', async (t) => {
    const ended = {
      ...replica,
      exitCode: 3,
      health: 'none' as const,
      finishedAt: new Date(noon - 5000).toISOString(),
    }
    t.equal(statusText(replica, noon), 'Up 3 minutes (healthy)')
    t.equal(statusText({ ...replica, health: 'starting' }, noon), 'Up 3 minutes (health: starting)')
    t.equal(statusText({ ...replica, state: 'paused' }, noon), 'Up 3 minutes (Paused)')
    t.equal(statusText({ ...ended, state: 'exited' }, noon), 'Exited (3) 5 seconds ago')
    t.equal(statusText({ ...ended, state: 'restarting' }, noon), 'Restarting (3) 5 seconds ago')
    t.equal(statusText({ ...ended, state: 'created' }, noon), 'Created')
  })
  t.test('must show the wall it asks for and the one it got', async (t) => {
    t.equal(isolationText(replica, service), 'hyperv → runsc')
    t.equal(
      isolationText(
        { ...replica, runtime: undefined },
        { ...service, isolation: { mode: 'default', profile: undefined } },
      ),
      'default',
    )
  })
  t.test('must have its ports told as Compose tells them', async (t) => {
    t.equal(portsText(replica.ports), '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 9000/udp')
  })
  t.test('must have the keys of Compose as JSON', async (t) => {
    t.match(containerJson(replica, service, 'x', noon), {
      ID: '0123456789ab',
      Name: 'x-web-1',
      Names: 'x-web-1',
      Image: 'web:1',
      Command: '"node server.js --po…"',
      Project: 'x',
      Service: 'web',
      State: 'running',
      Status: 'Up 3 minutes (healthy)',
      Health: 'healthy',
      ExitCode: 0,
      Labels: 'a=b',
      Networks: 'x_default',
      Mounts: 'data,/etc/x',
      RunningFor: 'About an hour ago',
      Publishers: [
        { URL: '0.0.0.0', TargetPort: 80, PublishedPort: 8080, Protocol: 'tcp' },
        {},
        { PublishedPort: 0 },
      ],
      Isolation: { Mode: 'hyperv', Runtime: 'runsc' },
    })
  })
})

t.test('durations and sizes must read well', async (t) => {
  t.strictSame(
    [0, 1000, 59_000, 60_000, 150_000, 3_600_000, 8_000_000, 200_000_000, 2e9, 9e9, 9e10].map(humanDuration),
    [
      'Less than a second',
      '1 second',
      '59 seconds',
      'About a minute',
      '2 minutes',
      'About an hour',
      '2 hours',
      '2 days',
      '3 weeks',
      '3 months',
      '2 years',
    ],
  )
  t.strictSame([0, 340, 99_900, 125_000].map(elapsed), ['0.0s', '0.3s', '99.9s', '2m05s'])
  t.strictSame([0, 999, 1000, 1536, 100_000, 2_500_000_000].map(humanSize), [
    '0B',
    '999B',
    '1kB',
    '1.54kB',
    '100kB',
    '2.5GB',
  ])
})

t.test('a table must have columns as wide as their widest cell and no blanks at the ends', async (t) => {
  t.equal(
    renderTable(
      ['NAME', 'STATUS'],
      [
        ['a-long-name', 'up'],
        ['b', ''],
      ],
    ),
    'NAME          STATUS\na-long-name   up\nb\n',
  )
})

t.test('prefixes of a project must line up, and a service keep its color', async (t) => {
  const prefixer = createPrefixer('x', noColors)
  prefixer.expect(['x-web-1', 'x-db-1'])
  t.equal(prefixer.prefix('x-web-1', 'web'), 'web-1  | ')
  t.equal(prefixer.prefix('x-db-1', 'db'), 'db-1   | ')
  t.equal(prefixer.prefix('named', 'named'), 'named  | ')
  const colored = createPrefixer('x', colorsFor('always', {}, true))
  const style = (text: string) => text.slice(0, 5)
  t.equal(style(colored.prefix('x-web-1', 'web')), style(colored.prefix('x-web-2', 'web')))
  t.not(style(colored.prefix('x-web-1', 'web')), style(colored.prefix('x-db-1', 'db')))
})
