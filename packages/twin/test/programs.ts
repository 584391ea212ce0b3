import type { Process, Script } from '../src/index.ts'

/** What the scripts of the engine contract do, told by hand: the twin runs no shell. */
export const contractScripts: readonly Script[] = [
  { command: sh('trap exit TERM; while :; do sleep 1 & wait; done'), does: endsOnTerm },
  { command: sh("trap '' TERM; while :; do sleep 1; done"), does: { onStop: 'ignore' } },
  { command: sh('sleep 60'), does: { exits: { after: 60_000, code: 0 }, onStop: 'ignore' } },
  { command: sh('true'), does: { exits: { code: 0 } } },
  { command: sh('sleep 0.5; exit 3'), does: { exits: { after: 500, code: 3 } } },
  { command: sh('exit 3'), does: { exits: { code: 3 } } },
  { command: sh('exit 0'), does: { exits: { code: 0 } } },
  { command: 'true', does: { exits: { code: 0 } } },
  { command: sh('touch /tmp/well'), does: makesWell },
  { command: /^\/bin\/sh -c echo probed; test -e \/tmp\/well$/u, does: probesWell },
  { command: /httpd -p 80/u, does: servesPage },
  { command: /wget -qO- http:\/\/db\//u, does: fetchesPage },
  { command: /cat \/run\/secrets\/deep\/key/u, does: showsSecret },
  { command: /^sh -c echo one; echo two >&2; head -c 40000/u, does: writesMuch },
  {
    command: sh('echo early; sleep 0.3; echo late'),
    does: {
      writes: [{ text: 'early\n' }, { after: 300, text: 'late\n' }],
      exits: { after: 301, code: 0 },
    },
  },
  {
    command: sh('echo one; echo two >&2'),
    does: { writes: [{ text: 'one\n' }, { text: 'two\n', stream: 'stderr' }], exits: { code: 0 } },
  },
  { command: sh('while :; do echo tick; sleep 0.1; done'), does: ticks },
  { command: /^sh -c echo "\$A \$\(pwd\)"/u, does: tellsItsPlace },
  { command: sh('cat'), does: cats },
  { command: sh('sleep 0.2; touch /left'), does: leavesMark },
  { command: 'test -e /left', does: findsMark },
  { command: /^sh -c read line; echo "got/u, does: readsLine },
  { command: sh('read line; stty size'), does: tellsSize },
]

function sh(script: string): string {
  return `sh -c ${script}`
}

function endsOnTerm(process: Process): Promise<number> {
  return new Promise((resolve) => {
    process.onSignal('SIGTERM', () => resolve(143))
  })
}

function makesWell(process: Process): Promise<number> {
  process.files.set('/tmp/well', { kind: 'file', mode: 0o644, uid: 0, gid: 0, content: Buffer.alloc(0) })
  return Promise.resolve(0)
}

function probesWell(process: Process): Promise<number> {
  process.out('probed\n')
  return Promise.resolve(process.files.has('/tmp/well') ? 0 : 1)
}

function servesPage(process: Process): Promise<number> {
  process.serve('page\n')
  return endsOnTerm(process)
}

async function fetchesPage(process: Process): Promise<number> {
  for (let attempt = 0; attempt <= 20; attempt += 1) {
    const answer = process.reach('db')?.served
    if (answer !== undefined) {
      process.out(answer)
      return 0
    }
    await process.sleep(200)
  }
  return 1
}

function showsSecret(process: Process): Promise<number> {
  const secret = '/run/secrets/deep/key'
  process.out(process.files.get(secret)?.content ?? '')
  for (const path of [secret, '/run/secrets', '/tmp']) {
    const { mode = 0, uid = 0, gid = 0 } = process.files.get(path) ?? {}
    process.out(`${mode.toString(8)} ${uid} ${gid}\n`)
  }
  return Promise.resolve(0)
}

async function writesMuch(process: Process): Promise<number> {
  process.out('one\n')
  process.err('two\n')
  process.out(`${'x'.repeat(40_000)}\n`)
  const umlaut = Buffer.from('grün\n')
  process.out(umlaut.subarray(0, 3))
  await process.sleep(100)
  process.out(umlaut.subarray(3))
  process.out('\nend\n')
  return 0
}

async function ticks(process: Process): Promise<number> {
  for (;;) {
    process.out('tick\n')
    await process.sleep(100)
  }
}

function tellsItsPlace(process: Process): Promise<number> {
  process.out(`${process.environment['A'] ?? ''} ${process.workingDirectory}\n`)
  process.err('wrong\n')
  return Promise.resolve(7)
}

async function cats(process: Process): Promise<number> {
  for (let content = await process.read(); content !== undefined; content = await process.read())
    process.out(content)
  return 0
}

async function leavesMark(process: Process): Promise<number> {
  await process.sleep(200)
  process.files.set('/left', { kind: 'file', mode: 0o644, uid: 0, gid: 0, content: Buffer.alloc(0) })
  return 0
}

function findsMark(process: Process): Promise<number> {
  return Promise.resolve(process.files.has('/left') ? 0 : 1)
}

async function readsLine(process: Process): Promise<number> {
  process.out(`got ${await lineOf(process)}\n`)
  process.err('wrong\n')
  return 4
}

async function tellsSize(process: Process): Promise<number> {
  await lineOf(process)
  process.out(`${process.size.rows} ${process.size.columns}\n`)
  return 0
}

async function lineOf(process: Process): Promise<string> {
  return ((await process.read())?.toString('utf8') ?? '').trimEnd()
}
