/** A service that uses some attributes, and which these are: paths below `services.*`, as the reference names them. */
export interface Case {
  readonly service: string
  readonly covers: readonly string[]
  /** The body of the service; `image` is added. */
  readonly yaml: string
  /** Lowest API with which Compose and the engine can make it. */
  readonly since?: string
}

/** Every attribute of a service that shows in what the engine says of a container. */
export const cases: readonly Case[] = [
  { service: 'plain', covers: ['image'], yaml: `` },
  {
    service: 'words',
    covers: ['command', 'entrypoint', 'working_dir', 'user', 'hostname', 'domainname', 'group_add'],
    yaml: `
      command: echo "a b" $$HOME
      entrypoint: ['/bin/busybox', 'env']
      working_dir: /srv/data
      user: '1000:1001'
      hostname: words
      domainname: example.test
      group_add: [audio, 2000]`,
  },
  {
    service: 'cleared',
    covers: ['command', 'entrypoint'],
    yaml: `
      command: []
      entrypoint: []`,
  },
  {
    service: 'kept',
    covers: ['command', 'entrypoint'],
    yaml: `
      command:
      entrypoint:`,
  },
  { service: 'emptyword', covers: ['command'], yaml: `command: ''` },
  { service: 'named', covers: ['container_name'], yaml: `container_name: attributes-own-name` },
  {
    service: 'process',
    covers: ['init', 'tty', 'stdin_open', 'read_only', 'privileged', 'stop_signal', 'stop_grace_period'],
    yaml: `
      init: true
      tty: true
      stdin_open: true
      read_only: true
      privileged: true
      stop_signal: SIGUSR1
      stop_grace_period: 1m30s`,
  },
  {
    service: 'briefly',
    covers: ['init', 'stop_grace_period'],
    yaml: `
      init: false
      stop_grace_period: 1500ms`,
  },
  {
    service: 'environment',
    covers: ['environment', 'env_file', 'env_file.*.path', 'env_file.*.required'],
    yaml: `
      environment:
        ZED: last
        ALPHA: first
        EMPTY: ''
        HOME:
        ATTRIBUTES_NOT_SET:
        FROM_FILE: overridden
        NUMBER: 0644
        FLAG: true
      env_file:
        - path: some.env
        - path: missing.env
          required: false`,
  },
  {
    service: 'environmentlist',
    covers: ['environment'],
    yaml: `environment: [B=2, A=1, HOME, ATTRIBUTES_NOT_SET, 'C=']`,
  },
  {
    service: 'labels',
    covers: ['labels'],
    yaml: `
      labels: { tier: front, zero: 0, 'a.b/c': '' }`,
  },
  {
    service: 'annotations',
    covers: ['annotations'],
    since: '1.43',
    yaml: `annotations: { com.example.a: b }`,
  },
  {
    service: 'dependent',
    covers: ['depends_on', 'depends_on.*.condition', 'depends_on.*.restart', 'depends_on.*.required'],
    yaml: `
      depends_on:
        plain: { condition: service_started, restart: true }
        healthy: { condition: service_healthy, required: false }`,
  },
  {
    service: 'healthy',
    covers: [
      'healthcheck',
      'healthcheck.test',
      'healthcheck.interval',
      'healthcheck.timeout',
      'healthcheck.retries',
      'healthcheck.start_period',
    ],
    yaml: `
      healthcheck:
        test: [CMD, 'true']
        interval: 1m30s
        timeout: 10s
        retries: 3
        start_period: 1500ms`,
  },
  {
    service: 'healthyearly',
    covers: ['healthcheck.start_interval'],
    since: '1.44',
    yaml: `healthcheck: { test: 'exit 0', start_period: 20s, start_interval: 2s }`,
  },
  { service: 'unchecked', covers: ['healthcheck.disable'], yaml: `healthcheck: { disable: true }` },
  { service: 'uncheckednone', covers: ['healthcheck.test'], yaml: `healthcheck: { test: [NONE] }` },
  { service: 'tuned', covers: ['healthcheck.interval'], yaml: `healthcheck: { interval: 5s, retries: 0 }` },
  {
    service: 'ports',
    covers: [
      'ports',
      'ports.*.target',
      'ports.*.published',
      'ports.*.protocol',
      'ports.*.host_ip',
      'ports.*.mode',
      'ports.*.name',
      'ports.*.app_protocol',
      'expose',
    ],
    yaml: `
      ports:
        - '80'
        - '18081:81'
        - '127.0.0.1:18082:82/udp'
        - '127.0.0.1::83'
        - '18090-18092:90-92'
        - '18100-18110:100'
        - '[::1]:18084:84'
        - target: 85
          published: '18085'
          protocol: udp
          host_ip: 127.0.0.2
          mode: host
          name: web
          app_protocol: http
        - target: 85
          published: 18086-18089
      expose: [3000, '4000-4002/udp', '5000/tcp']`,
  },
  {
    service: 'volumes',
    covers: [
      'volumes',
      'volumes.*.type',
      'volumes.*.source',
      'volumes.*.target',
      'volumes.*.read_only',
      'volumes.*.consistency',
      'volumes.*.volume',
      'volumes.*.volume.nocopy',
      'volumes.*.tmpfs',
      'volumes.*.tmpfs.size',
      'volumes.*.tmpfs.mode',
    ],
    yaml: `
      volumes:
        - data:/data
        - named:/named
        - data:/dataro:ro
        - data:/datanocopy:nocopy
        - /anonymous
        - { type: volume, source: data, target: /long, read_only: true, consistency: cached, volume: { nocopy: true } }
        - { type: tmpfs, target: /tmp1 }
        - { type: tmpfs, target: /tmp2, read_only: true, tmpfs: { size: 10m, mode: 0o1770 } }`,
  },
  {
    service: 'binds',
    covers: [
      'volumes',
      'volumes.*.bind',
      'volumes.*.bind.create_host_path',
      'volumes.*.bind.propagation',
      'volumes.*.bind.selinux',
    ],
    yaml: `
      volumes:
        - ./folder:/b1
        - ./folder:/b2:ro
        - ./folder:/b3:z
        - ./folder:/b4:ro,Z
        - ./folder:/b5:rslave
        - ./made-by-engine:/b6
        - { type: bind, source: ./folder, target: /b7, bind: { create_host_path: false } }
        - { type: bind, source: ./folder, target: /b8, bind: { propagation: rprivate } }
        - { type: bind, source: ./folder, target: /b9, read_only: true, bind: { selinux: z, create_host_path: true } }
        - { type: bind, source: ./folder, target: /b10, consistency: delegated }
        - { type: bind, source: ./folder, target: /b11, bind: { propagation: rslave, create_host_path: false } }`,
  },
  {
    service: 'recursive',
    covers: ['volumes.*.bind.recursive'],
    since: '1.44',
    yaml: `
      volumes:
        - { type: bind, source: ./folder, target: /r1, read_only: true, bind: { recursive: enabled } }
        - { type: bind, source: ./folder, target: /r2, bind: { recursive: disabled } }
        - { type: bind, source: ./folder, target: /r3, read_only: true, bind: { recursive: writable } }
        - { type: bind, source: ./folder, target: /r4, read_only: true, bind: { recursive: readonly, propagation: rprivate } }`,
  },
  {
    service: 'subpath',
    covers: ['volumes.*.volume.subpath'],
    since: '1.45',
    yaml: `volumes: [{ type: volume, source: data, target: /sub, volume: { subpath: a/b } }]`,
  },
  { service: 'lender', covers: ['volumes'], yaml: `volumes: ['data:/data', /anonymous]` },
  { service: 'borrowed', covers: ['volumes_from'], yaml: `volumes_from: [lender, 'binds:ro']` },
  {
    service: 'borrowedfar',
    covers: ['volumes_from'],
    yaml: `volumes_from: ['container:attributes-outside:ro']`,
  },
  { service: 'tmpfs', covers: ['tmpfs'], yaml: `tmpfs: [/run, '/var/tmp:size=64m,mode=1777']` },
  {
    service: 'files',
    covers: [
      'secrets',
      'secrets.*.source',
      'secrets.*.target',
      'configs',
      'configs.*.source',
      'configs.*.target',
    ],
    yaml: `
      secrets: [secret, { source: secret, target: other }, { source: secret, target: /abs/secret }]
      configs: [config, { source: config, target: /etc/config }]`,
  },
  {
    service: 'networks',
    covers: [
      'networks',
      'networks.*.aliases',
      'networks.*.ipv4_address',
      'networks.*.ipv6_address',
      'networks.*.link_local_ips',
      'networks.*.driver_opts',
      'networks.*.priority',
    ],
    yaml: `
      networks:
        front: { aliases: [www, api], priority: 10 }
        back:
          ipv4_address: 10.123.0.10
          ipv6_address: 'fd00:123::10'
          link_local_ips: [169.254.8.8]
          driver_opts: { com.example.option: 'yes' }
          priority: 100
        default:`,
  },
  {
    service: 'macs',
    covers: ['networks.*.mac_address'],
    since: '1.44',
    yaml: `networks: { front: { mac_address: '02:42:ac:11:65:43' }, default: { mac_address: '02:42:ac:11:65:44' } }`,
  },
  {
    service: 'mac',
    covers: ['networks.*.mac_address'],
    since: '1.44',
    yaml: `networks: { front: { mac_address: '02:42:ac:11:65:45' } }`,
  },
  { service: 'macold', covers: ['mac_address'], yaml: `mac_address: '02:42:ac:11:65:46'` },
  {
    service: 'resolved',
    covers: ['dns', 'dns_opt', 'dns_search', 'extra_hosts'],
    yaml: `
      dns: [10.0.0.2, 10.0.0.3]
      dns_opt: [use-vc, 'ndots:2']
      dns_search: example.test
      extra_hosts: ['b.test=10.0.0.5', 'a.test:10.0.0.4', 'six.test=[::1]', 'host.docker.internal:host-gateway']`,
  },
  {
    service: 'hosts',
    covers: ['extra_hosts', 'dns_search'],
    yaml: `
      dns_search: [b.test, a.test]
      extra_hosts: { two.test: [10.0.0.7, 10.0.0.6], one.test: 10.0.0.8 }`,
  },
  {
    service: 'linked',
    covers: ['links', 'external_links'],
    yaml: `
      links: [plain, 'named:alias']
      external_links: ['attributes-outside:far']`,
  },
  { service: 'alone', covers: ['network_mode'], yaml: `network_mode: none` },
  {
    service: 'host',
    covers: ['network_mode', 'ipc', 'pid', 'uts', 'userns_mode', 'cgroup'],
    yaml: `
      network_mode: host
      ipc: host
      pid: host
      uts: host
      userns_mode: host
      cgroup: host`,
  },
  {
    service: 'bridge',
    covers: ['network_mode', 'ipc', 'cgroup', 'links'],
    yaml: `
      network_mode: bridge
      ipc: shareable
      cgroup: private`,
  },
  {
    service: 'sharer',
    covers: ['network_mode', 'ipc', 'pid'],
    yaml: `
      network_mode: service:plain
      ipc: service:bridge
      pid: service:plain`,
  },
  {
    service: 'stranger',
    covers: ['network_mode', 'ipc', 'pid'],
    yaml: `
      network_mode: container:attributes-outside
      pid: container:attributes-outside`,
  },
  {
    service: 'security',
    covers: ['cap_add', 'cap_drop', 'security_opt', 'sysctls', 'device_cgroup_rules', 'cgroup_parent'],
    yaml: `
      cap_add: [NET_ADMIN, SYS_PTRACE]
      cap_drop: [ALL]
      security_opt: ['no-new-privileges:true', 'label=disable', 'seccomp=unconfined']
      sysctls: { net.core.somaxconn: 1024, net.ipv4.tcp_syncookies: 0 }
      device_cgroup_rules: ['c 1:3 mr', 'a 7:* rmw']
      cgroup_parent: attributes`,
  },
  {
    service: 'seccomp',
    covers: ['security_opt'],
    yaml: `
      security_opt: ['seccomp:./seccomp.json', 'systempaths=unconfined']
      sysctls: [net.core.somaxconn=512]`,
  },
  {
    service: 'devices',
    covers: ['devices', 'devices.*.source', 'devices.*.target', 'devices.*.permissions'],
    yaml: `
      devices:
        - /dev/null
        - /dev/null:/dev/xnull
        - /dev/zero:/dev/xzero:r
        - { source: /dev/full, target: /dev/xfull, permissions: rw }`,
  },
  {
    service: 'gpus',
    covers: ['', '.*.capabilities', '.*.count', '.*.device_ids', '.*.driver', '.*.options'].map(
      (path) => `deploy.resources.reservations.devices${path}`,
    ),
    yaml: `
      deploy:
        resources:
          reservations:
            devices:
              - { capabilities: [gpu, utility], count: 2, driver: nvidia, options: { a: b } }
              - { capabilities: [tpu], device_ids: ['0', '3'] }
              - { capabilities: [gpu], count: all }
              - { capabilities: [gpu] }`,
  },
  {
    service: 'cpu',
    covers: ['cpus', 'cpu_shares', 'cpuset', 'pids_limit', 'cpu_count', 'cpu_percent'],
    yaml: `
      cpus: 0.5
      cpu_shares: 512
      cpuset: 0-1
      pids_limit: 100
      cpu_count: 1`,
  },
  {
    service: 'quota',
    covers: ['cpu_period', 'cpu_quota', 'pids_limit'],
    yaml: `
      cpu_period: 50000
      cpu_quota: 25000
      pids_limit: -1`,
  },
  { service: 'percent', covers: ['cpu_percent'], yaml: `cpu_percent: 50` },
  {
    service: 'memory',
    covers: [
      'mem_limit',
      'mem_reservation',
      'memswap_limit',
      'mem_swappiness',
      'oom_kill_disable',
      'oom_score_adj',
      'shm_size',
    ],
    yaml: `
      mem_limit: 64m
      mem_reservation: 32m
      memswap_limit: 128m
      mem_swappiness: 10
      oom_kill_disable: true
      oom_score_adj: 500
      shm_size: 32m`,
  },
  {
    service: 'memoryless',
    covers: ['memswap_limit', 'mem_swappiness'],
    yaml: `
      mem_limit: 32m
      memswap_limit: -1
      mem_swappiness: 0`,
  },
  {
    service: 'limited',
    covers: ['ulimits', 'ulimits.*.soft', 'ulimits.*.hard'],
    yaml: `ulimits: { nproc: 65535, nofile: { soft: 2000, hard: 4000 }, core: -1 }`,
  },
  {
    service: 'io',
    covers: [
      'blkio_config',
      'blkio_config.weight',
      'blkio_config.weight_device',
      'blkio_config.weight_device.*.path',
      'blkio_config.weight_device.*.weight',
      ...['device_read_bps', 'device_read_iops', 'device_write_bps', 'device_write_iops'].flatMap((limit) => [
        `blkio_config.${limit}`,
        `blkio_config.${limit}.*.path`,
        `blkio_config.${limit}.*.rate`,
      ]),
    ],
    yaml: `
      blkio_config:
        weight: 300
        weight_device: [{ path: /dev/null, weight: 400 }]
        device_read_bps: [{ path: /dev/null, rate: 12mb }]
        device_read_iops: [{ path: /dev/null, rate: 120 }]
        device_write_bps: [{ path: /dev/null, rate: 1024k }]
        device_write_iops: [{ path: /dev/null, rate: 30 }]`,
  },
  {
    service: 'logged',
    covers: ['logging', 'logging.driver', 'logging.options'],
    yaml: `logging: { driver: json-file, options: { max-size: 1m, max-file: 3 } }`,
  },
  { service: 'loggedopts', covers: ['logging.options'], yaml: `logging: { options: { max-size: 2m } }` },
  { service: 'silent', covers: ['logging.driver'], yaml: `logging: { driver: none }` },
  ...['no', 'always', 'unless-stopped', 'on-failure', 'on-failure:5'].map((restart, index): Case => ({
    service: `restart${index}`,
    covers: ['restart'],
    yaml: `restart: '${restart}'`,
  })),
  ...[
    'condition: none',
    'condition: any',
    'condition: on-failure, max_attempts: 4',
    'condition: any, delay: 5s, window: 1m',
    'delay: 5s',
  ].map((policy, index): Case => ({
    service: `policy${index}`,
    covers: [
      'deploy.restart_policy',
      'deploy.restart_policy.condition',
      'deploy.restart_policy.max_attempts',
      'deploy.restart_policy.delay',
      'deploy.restart_policy.window',
    ],
    yaml: `deploy: { restart_policy: { ${policy} } }`,
  })),
  {
    service: 'both',
    covers: ['restart', 'deploy.restart_policy'],
    yaml: `
      restart: unless-stopped
      deploy: { restart_policy: { condition: on-failure, max_attempts: 2 } }`,
  },
  {
    service: 'deployed',
    covers: [
      'deploy',
      'deploy.resources',
      'deploy.resources.limits',
      'deploy.resources.limits.cpus',
      'deploy.resources.limits.memory',
      'deploy.resources.limits.pids',
      'deploy.resources.reservations',
      'deploy.resources.reservations.cpus',
      'deploy.resources.reservations.memory',
      'deploy.labels',
      'deploy.endpoint_mode',
      'deploy.mode',
      'deploy.placement',
      'deploy.placement.constraints',
      'deploy.placement.max_replicas_per_node',
      'deploy.placement.preferences',
      'deploy.placement.preferences.*.spread',
    ],
    yaml: `
      deploy:
        endpoint_mode: dnsrr
        mode: replicated
        labels: { not.on: containers }
        placement: { constraints: [node.role==manager], preferences: [{ spread: node.labels.zone }], max_replicas_per_node: 2 }
        resources:
          limits: { cpus: '0.75', memory: 96m, pids: 50 }
          reservations: { cpus: '0.25', memory: 48m }`,
  },
  { service: 'many', covers: ['deploy.replicas'], yaml: `deploy: { replicas: 2 }` },
  { service: 'scaled', covers: ['scale'], yaml: `scale: 2` },
  { service: 'platform', covers: ['platform'], yaml: `platform: linux/amd64` },
  { service: 'runtime', covers: ['runtime'], yaml: `runtime: runc` },
  { service: 'isolated', covers: ['isolation'], yaml: `isolation: default` },
  {
    service: 'extended',
    covers: ['extends', 'extends.service', 'extends.file'],
    yaml: `extends: { file: base.yaml, service: base }`,
  },
]
