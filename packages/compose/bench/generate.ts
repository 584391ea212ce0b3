/**
 * The text of a project of about so many lines, with what real projects are
 * made of: anchors, variables, ports, volumes, health checks, dependencies.
 */
export function generateProject(lines: number): string {
  const services: string[] = []
  const perService = 33
  const count = Math.max(1, Math.round((lines - 20) / perService))
  for (let index = 0; index < count; index += 1) services.push(serviceText(index))
  return `name: bench
x-logging: &logging
  driver: json-file
  options:
    max-size: \${LOG_SIZE:-10m}
    max-file: "3"
services:
${services.join('')}networks:
  front:
    driver: bridge
  back:
    internal: true
volumes:
  data: {}
  cache:
    labels:
      keep: "no"
secrets:
  password:
    environment: BENCH_PASSWORD
`
}

function serviceText(index: number): string {
  return `  service-${index}:
    image: \${REGISTRY:-registry.example.com}/team/service-${index}:\${TAG:-1.2.${index}}
    restart: unless-stopped
    logging: *logging
    environment:
      LISTEN: "0.0.0.0:8080"
      DATABASE_URL: postgres://app:\${DB_PASSWORD:-secret}@db-${index}/app
      LEVEL: \${LEVEL:-info}
      RETRIES: 5
    ports:
      - "\${PORT_BASE:-1}${String(index % 1000).padStart(4, '0')}:8080"
      - target: 9090
        protocol: tcp
    volumes:
      - data:/var/lib/service-${index}
      - ./config/service-${index}.yaml:/etc/service.yaml:ro
    networks:
      front:
        aliases:
          - alias-${index}
      back:
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080/health"]
      interval: 30s
      timeout: 5s
      retries: 3
    labels:
      - com.example.team=platform
      - com.example.index=${index}
    mem_limit: 256m
    cpus: 0.5
${index === 0 ? '    secrets: [password]\n' : `    depends_on:\n      service-${index - 1}:\n        condition: service_started\n`}`
}
