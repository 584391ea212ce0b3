import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Case } from './cases.ts'

/** Attributes of networks and volumes below. */
export const aroundCovers: readonly string[] = [
  'attachable',
  'driver',
  'driver_opts',
  'enable_ipv6',
  'internal',
  'labels',
  'name',
  'ipam',
  'ipam.driver',
  'ipam.options',
  'ipam.config',
  'ipam.config.*.subnet',
  'ipam.config.*.ip_range',
  'ipam.config.*.gateway',
  'ipam.config.*.aux_addresses',
]
  .map((name) => `networks.*.${name}`)
  .concat(['driver', 'driver_opts', 'labels', 'name'].map((name) => `volumes.*.${name}`))

/** What the services of all cases refer to. */
const around = `
networks:
  default:
  front:
    driver: bridge
    driver_opts: { com.docker.network.bridge.enable_icc: 'false', com.docker.network.driver.mtu: 1400 }
    internal: true
    attachable: true
    labels: { tier: front }
    ipam: { config: [{ subnet: 10.124.0.0/16 }] }
  back:
    name: attributes-back
    enable_ipv6: true
    labels: [tier=back, empty]
    ipam:
      driver: default
      options: { com.example.ipam: 'yes' }
      config:
        - subnet: 10.123.0.0/16
          ip_range: 10.123.128.0/17
          gateway: 10.123.0.1
          aux_addresses: { router: 10.123.0.2 }
        - subnet: fd00:123::/64
volumes:
  data:
    driver: local
    driver_opts: { type: tmpfs, device: tmpfs, o: size=1m }
    labels: { kept: 'yes' }
  named:
    name: attributes-volume
    labels: [a=b]
  bare:
secrets:
  secret: { file: secret.txt }
  spoken: { environment: HOME }
configs:
  config: { file: config.txt }
  inline: { content: said here }
`

const files: Readonly<Record<string, string>> = {
  'some.env': 'FROM_FILE=file\nQUOTED="a b"\n# comment\nREFERRED=${FROM_FILE}-x\n',
  'raw.env': 'RAW="kept as is"\n',
  'some.labels': 'from.file=yes\ntier=overridden\n',
  'secret.txt': 'secret',
  'config.txt': 'config',
  'seccomp.json': '{\n  "defaultAction": "SCMP_ACT_ALLOW"\n}\n',
  'folder/file': '',
  'base.yaml': 'services:\n  base:\n    hostname: base\n    labels: { from: base }\n',
}

/** Writes one Compose file with a service for each case, and what it needs beside it. @returns its path. */
export async function writeProject(folder: string, cases: readonly Case[]): Promise<string> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(folder, file, '..'), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  const services = cases.map(({ service, yaml }) => `  ${service}:\n    image: bb:1\n${body(yaml)}`)
  const path = join(folder, 'compose.yaml')
  await writeFile(path, `services:\n${services.join('\n')}\n${around}`)
  return path
}

function body(yaml: string): string {
  const [first = '', ...rest] = yaml.split('\n')
  return [...(first === '' ? [] : [`    ${first}`]), ...rest.map((line) => line.slice(2))].join('\n')
}
