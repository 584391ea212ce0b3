/** Projects as people have them, of images that the testbed makes. */
export interface Sample {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /**
   * Services that live in another's namespaces. Compose's hash of such a one holds the id of a container that isn't
   * there when the plan is made, so Compose makes it again, once.
   */
  readonly sharing: readonly string[]
}

const stays = `["sh", "-c", "trap 'exit' TERM; while :; do sleep 5 & wait; done"]`

/** A shop: a proxy, an application in Node and its database. */
const shop: Sample = {
  name: 'a shop of nginx, Node and PostgreSQL',
  sharing: [],
  files: {
    'compose.yaml': `services:
  proxy:
    image: nginx:1.22
    restart: unless-stopped
    volumes: ['./proxy.conf:/etc/nginx/conf.d/default.conf:ro']
    ports: ['8080']
    depends_on: [app]
    networks: [front]
  app:
    image: node:20
    command: node /srv/server.js
    environment:
      DB_HOST: db
      DB_NAME: \${DB_NAME:-shop}
    env_file: [app.env]
    volumes: ['./server:/srv:ro']
    expose: ['3000']
    user: node
    init: true
    stop_grace_period: 1s
    networks:
      front: { aliases: [backend] }
      back: {}
    depends_on:
      db: { condition: service_healthy }
    deploy:
      resources:
        limits: { memory: 256M, cpus: '0.5' }
  db:
    image: postgres:15
    environment: { POSTGRES_USER: shop, POSTGRES_DB: shop, POSTGRES_PASSWORD_FILE: /run/secrets/password }
    secrets: [password]
    volumes: ['data:/var/lib/postgresql/data']
    healthcheck: { test: ['CMD', 'true'], interval: 300ms, timeout: 5s, retries: 20, start_period: 1s }
    networks: [back]
    shm_size: 64mb
    entrypoint: ["sh", "-c"]
    command: ["trap 'exit' TERM; while :; do sleep 5 & wait; done"]
networks:
  front: {}
  back: { internal: true }
volumes: { data: {} }
secrets: { password: { file: ./password.txt } }
`,
    'proxy.conf': 'server { listen 8080; location / { return 200 "shop"; } }\n',
    'app.env': 'LOG_LEVEL=info\nGREETING="a b"\n',
    'password.txt': 'not secret\n',
    'server/server.js':
      "process.on('SIGTERM', () => process.exit()); require('http').createServer((q, s) => s.end('app')).listen(3000)\n",
  },
}

/** A blog: what serves pages, a database and a cache that share a network, and an administrator's page. */
const blog: Sample = {
  name: 'a blog with a database and a cache',
  sharing: ['sidecar'],
  files: {
    'compose.yaml': `x-restart: &restart
  restart: on-failure:3
services:
  site:
    <<: *restart
    image: bb:1
    command: ${stays}
    working_dir: /var/www
    ports:
      - target: 80
        host_ip: 127.0.0.1
        protocol: tcp
        mode: host
    volumes:
      - type: volume
        source: content
        target: /var/www
      - /var/cache
      - { type: tmpfs, target: /run/site, tmpfs: { size: 1m } }
    environment: [DB=db:3306, CACHE=cache, 'TITLE=<A & B>']
    labels: { tier: front, com.example.weight: '7' }
    depends_on: { db: { condition: service_started, restart: true }, cache: { condition: service_healthy } }
    logging: { driver: json-file, options: { max-size: 1m } }
    cap_drop: [NET_RAW]
    extra_hosts: ['mail.example:192.0.2.7']
    sysctls: { net.core.somaxconn: '256' }
    ulimits: { nofile: { soft: 512, hard: 1024 } }
  db:
    <<: *restart
    image: bb:1
    command: ${stays}
    volumes: ['tables:/var/lib/mysql']
    configs: [{ source: my, target: /etc/my.cnf }]
    hostname: database
    stop_signal: SIGTERM
    mem_limit: 128m
  cache:
    image: bb:1
    command: ${stays}
    read_only: true
    tmpfs: [/data]
    healthcheck: { test: 'true', interval: 300ms }
    security_opt: [no-new-privileges:true]
  sidecar:
    image: bb:1
    command: ${stays}
    network_mode: service:site
  admin:
    image: bb:1
    profiles: [tools]
    command: ${stays}
volumes:
  content: { labels: { keep: 'yes' } }
  tables: {}
configs: { my: { file: ./my.cnf } }
networks:
  default:
    driver_opts: { com.docker.network.bridge.name_hint: blog }
    labels: { owner: blog }
`,
    'my.cnf': '[mysqld]\n',
  },
}

/** Workers on a queue: a migration that ends before they start, several of them, and a scheduler. */
const queue: Sample = {
  name: 'workers on a queue, after a migration',
  sharing: ['scheduler'],
  files: {
    'compose.yaml': `services:
  broker:
    image: bb:1
    command: ${stays}
    networks: { jobs: { aliases: [amqp] } }
    healthcheck: { test: ['CMD-SHELL', 'test -d /'], interval: 300ms }
  migrate:
    image: bb:1
    command: ['true']
    networks: [jobs]
    depends_on: { broker: { condition: service_healthy } }
  worker:
    image: bb:1
    command: ${stays}
    scale: 3
    environment: { QUEUE: amqp, CONCURRENCY: 4, EMPTY: '' }
    networks: [jobs]
    depends_on:
      migrate: { condition: service_completed_successfully }
      broker: { condition: service_started }
  scheduler:
    image: bb:1
    command: ${stays}
    deploy: { replicas: 1, restart_policy: { condition: on-failure, max_attempts: 2 } }
    networks: { jobs: null, outside: { priority: 10 } }
    depends_on: [worker]
    pid: service:broker
networks:
  jobs: { attachable: true }
  outside: {}
`,
  },
}

export const samples: readonly Sample[] = [shop, blog, queue]
