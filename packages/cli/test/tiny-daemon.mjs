// Answers as a daemon does, and no more; started by tests as if it were one.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

const option = { type: 'string' }
const { values } = parseArgs({ options: { socket: option, data: option, group: option } })

if (process.env.TINY_DAEMON_FAILS !== undefined) {
  console.error('bulkheadd: the engine has sunk')
  process.exit(1)
}
const server = createServer((request, response) => {
  if (request.url !== '/v1/version') {
    response.writeHead(404).end(JSON.stringify({ code: 'BH_NOT_FOUND', detail: 'Only the version is here.' }))
    return
  }
  response.end(JSON.stringify({ version: '1.2.3', api: 'v1', node: process.version }))
})
mkdirSync(dirname(values.socket), { recursive: true })
writeFileSync(join(values.data, 'arguments.json'), JSON.stringify(values))
server.listen(values.socket)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
