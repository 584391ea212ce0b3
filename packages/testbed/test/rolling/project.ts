/** What is asked for of the web service. */
export interface Version {
  readonly name: string
  /** On SIGTERM it finishes what it has begun; else it ends at once. */
  readonly drains: boolean
  /** It answers its probe well. */
  readonly healthy: boolean
}

export interface Update {
  readonly order: 'start-first' | 'stop-first'
  /** Seconds. */
  readonly drain: number
}

export const replicas = 4

/** 200 ms a request. */
const server = `
const { createServer } = require('node:http')
const { VERSION, HEALTHY, DRAINS } = process.env
const server = createServer((request, response) => {
  if (request.url === '/probe') return response.writeHead(HEALTHY === 'yes' ? 200 : 500).end('probed')
  setTimeout(() => response.end(VERSION), 200)
})
server.listen(3000)
process.on('SIGTERM', () => {
  if (DRAINS !== 'yes') process.exit()
  server.close(() => process.exit())
})
`

/** Stock, but that it asks for the addresses again every second, and retries nothing. */
const proxy = `
events {}
error_log /dev/stderr;
http {
  access_log off;
  server {
    listen 80;
    resolver 127.0.0.11 valid=1s ipv6=off;
    proxy_next_upstream off;
    location / {
      set $upstream http://web:3000;
      proxy_pass $upstream;
    }
  }
}
`

/** The project's file. A dollar sign is doubled, or it would be interpolated. */
export function yaml({ name, drains, healthy }: Version, { order, drain }: Update, port: number): string {
  const block = (text: string): string =>
    text
      .trim()
      .split('\n')
      .map((line) => `      ${line.replaceAll('$', '$$$$')}`)
      .join('\n')
  return `services:
  web:
    image: node:20
    pull_policy: never
    command: [node, /server.js]
    stop_grace_period: 10s
    environment:
      VERSION: '${name}'
      HEALTHY: '${healthy ? 'yes' : 'no'}'
      DRAINS: '${drains ? 'yes' : 'no'}'
    configs: [{ source: server, target: /server.js }]
    healthcheck:
      test: [CMD, /bin/busybox, wget, -qO-, 'http://127.0.0.1:3000/probe']
      interval: 500ms
      timeout: 5s
      retries: 3
    deploy:
      replicas: ${replicas}
      update_config: { order: ${order}, parallelism: 1, failure_action: rollback }
      rollback_config: { order: ${order}, parallelism: 1 }
    x-bulkhead: { drain: ${drain}s }
  proxy:
    image: nginx:1.22
    pull_policy: never
    ports: ['${port}:80']
    configs: [{ source: proxy, target: /etc/nginx/nginx.conf }]
configs:
  server:
    content: |
${block(server)}
  proxy:
    content: |
${block(proxy)}
`
}
