/** Files that exercise every part of the loader; the fuzzer breaks them. */
export const samples: readonly string[] = [
  `name: shop
services:
  web:
    image: \${REGISTRY:-docker.io}/web:\${TAG:?set TAG}
    ports: ["8080:80", "127.0.0.1:9000-9001:90-91/udp", {target: 443, published: "8443"}]
    environment: {A: "1", B: null, C: $HOME}
    env_file: [a.env, {path: b.env, required: false, format: raw}]
    depends_on:
      db: {condition: service_healthy, restart: true}
    networks: {front: {aliases: [w]}, back: null}
    volumes: ["data:/data:ro", "./src:/src:z", {type: tmpfs, target: /t, tmpfs: {size: 64m}}]
    deploy: {replicas: 2, resources: {limits: {cpus: "0.5", memory: 64M}}}
    healthcheck: {test: curl -f localhost, interval: 1m30s, retries: 3}
  db:
    image: postgres
    command: postgres -c "max_connections=10"
    secrets: [password]
networks: {front: {driver: bridge}, back: {internal: true}}
volumes: {data: {}}
secrets: {password: {file: ./password}}
`,
  `x-base: &base
  restart: always
  logging: &log {driver: json-file, options: {max-size: 10m}}
services:
  a:
    <<: *base
    image: a
    labels: [one=1, two]
  b:
    <<: [*base, {tty: true}]
    image: b
    logging:
      <<: *log
      driver: local
    profiles: [debug]
`,
  `services:
  child:
    extends: {service: parent, file: other.yaml}
    command: [run]
    ports: !override ["1:1"]
    environment: !reset null
  same:
    extends: child
    build: {context: ., dockerfile_inline: "FROM scratch\\n", args: [A=1], ssh: [default]}
`,
  `include:
  - other.yaml
  - {path: [third.yaml], env_file: a.env, project_directory: sub}
services:
  x: {image: x, network_mode: "service:parent", links: ["parent:p"]}
`,
  `services:
  parent: &p
    image: p
    ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}
    extra_hosts: ["h:1.2.3.4", "i=[::1]"]
    devices: ["/dev/a:/dev/b:rw"]
    sysctls: {net.core.somaxconn: 1024}
    blkio_config: {weight: 10, device_read_bps: [{path: /dev/sda, rate: 1mb}]}
    stop_grace_period: 90s
    gpus: all
    develop: {watch: [{path: ., action: sync, target: /x}]}
  other: *p
---
services:
  parent: {mem_limit: 1g, cpus: 1.5, isolation: hyperv, x-bulkhead: {trust: trusted}}
configs: {c: {content: "a $$b"}}
`,
]

/** What mistakes are made of. */
export const fragments: readonly string[] = [
  '',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r\n',
  ':',
  ': ',
  '- ',
  '? ',
  '&a ',
  '*a',
  '*p',
  '<<: ',
  '!reset ',
  '!override ',
  '!!binary ',
  '!x ',
  '${',
  '${A',
  '${A:-',
  '${A:?}',
  '$',
  '$$',
  '}',
  '{',
  '[',
  ']',
  '"',
  "'",
  '|',
  '|2-',
  '>',
  '#',
  '%YAML 1.1',
  '---',
  '...',
  'null',
  '~',
  'true',
  '-1',
  '1e999',
  '0x7fffffffffffffffffff',
  '99999999999999999999999999',
  '.inf',
  '.nan',
  '2001-12-14',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\u0000',
  '\uFEFF',
  '\u2028',
  '\uD800',
  '😀',
  '1-65535:1-65535',
  '../../../../etc/passwd',
  'services',
  'web',
  'extends: {service: same}',
  'extends: {service: x, file: compose.yaml}',
  'include: [compose.yaml]',
  'depends_on: [web, db, a, b]',
  'x-a',
]
