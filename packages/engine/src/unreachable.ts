import { BulkheadError } from '@bulkhead/model'
import { routeOf } from './address.ts'
import type { EngineAddress } from './address.ts'

/** True for a failure of the connection itself, before or after the engine's answer began. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof BulkheadError && error.code === 'BH_ENGINE_UNREACHABLE'
}

/** A connection that failed, as one sentence of what was tried and one of what to do. */
export function unreachable(address: EngineAddress, cause: unknown): BulkheadError {
  const code = codeOf(cause)
  const words = cause instanceof Error ? cause.message : String(cause)
  const where = `${address.url} (${address.source})`
  const message =
    code === 'ECONNRESET' || code === 'EPIPE'
      ? `The engine at ${where} closed the connection: ${words}.`
      : `No engine answers at ${where}: ${words}.`
  return new BulkheadError('BH_ENGINE_UNREACHABLE', message, { hint: hintFor(address, code, words), cause })
}

function hintFor(address: EngineAddress, code: string, words: string): string {
  const { kind } = routeOf(address)
  if (code === 'EACCES' || code === 'EPERM') {
    return 'Add yourself to the group that owns the socket (`sudo usermod -aG docker $USER`, then log in again), or set DOCKER_HOST to an engine that you may use.'
  }
  if (kind === 'socket') {
    const rootless =
      address.alternative === undefined
        ? ''
        : ` For a rootless engine set DOCKER_HOST=unix://${address.alternative}.`
    return `Start Docker (\`sudo systemctl start docker\`, or Docker Desktop), or set DOCKER_HOST to the engine's address.${rootless}`
  }
  if (kind === 'ssh')
    return 'Check that `ssh` reaches the host without a password and that `docker` is installed there.'
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || /certificate|ssl|tls/iu.test(words)) {
    return 'Check DOCKER_TLS_VERIFY and that DOCKER_CERT_PATH holds ca.pem, cert.pem and key.pem for this engine.'
  }
  return 'Check the address in DOCKER_HOST, that the engine listens there, and whether it wants TLS (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH).'
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
}
