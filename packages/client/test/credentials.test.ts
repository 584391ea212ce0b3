import t from 'tap'
import { findCredentials } from '../src/credentials.ts'

void t.test('credentials must be found in the helper, the store and the file, in this order', async (t) => {
  const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
  const config = {
    auths: {
      'https://index.docker.io/v1/': auth('hub:in:file'),
      'registry.example:5000': auth('alice:in-file'),
      'https://old.example/v1/': auth('old:in-file'),
      'token.example': { identitytoken: 'TOKEN' },
      'helped.example': auth('no:no'),
      'empty.example': {},
    },
    credsStore: 'store',
    credHelpers: { 'helped.example': 'own' },
  }
  const asked: string[] = []
  const source = {
    env: {},
    home: '/home/me',
    readFile: (path: string) =>
      path === '/home/me/.docker/config.json' ? JSON.stringify(config) : undefined,
    runHelper: (name: string, server: string): Promise<string | undefined> => {
      asked.push(`${name} ${server}`)
      if (name === 'own') return Promise.resolve('{"Username":"helped","Secret":"by-helper"}')
      return Promise.resolve(
        server === 'stored.example' ? '{"Username":"<token>","Secret":"STORED"}' : undefined,
      )
    },
  }
  const find = (reference: string) => findCredentials(reference, source)
  t.match(await find('busybox'), {
    username: 'hub',
    password: 'in:file',
    serverAddress: 'https://index.docker.io/v1/',
  })
  t.match(await find('team/app:1'), { username: 'hub' })
  t.match(await find('registry.example:5000/app'), { username: 'alice', password: 'in-file' })
  t.match(await find('old.example/app@sha256:0'), { username: 'old' })
  t.match(await find('token.example/app'), { identityToken: 'TOKEN' })
  t.match(await find('helped.example/app'), { username: 'helped', password: 'by-helper' })
  t.match(await find('stored.example/app'), { identityToken: 'STORED' })
  t.equal(await find('empty.example/app'), undefined)
  t.equal(await find('unknown.example/app'), undefined)
  t.ok(asked.includes('own helped.example'))
  t.notOk(asked.includes('store helped.example'))
  t.equal(await findCredentials('busybox', { ...source, readFile: () => undefined }), undefined)
})
