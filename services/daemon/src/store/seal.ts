import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmodSync, closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { BulkheadError } from '@bulkhead/model'

/** Keeps what holds secrets unreadable without the key file. */
export interface Seal {
  seal(text: string): Buffer
  open(sealed: Buffer): string
  /** Keyed, so that it tells nothing of the text to whom has no key. */
  digest(text: string): string
  /** A key of its own for another purpose, 32 bytes. */
  derive(purpose: string): Buffer
}

const keyLength = 32
const nonceLength = 12
const tagLength = 16
const algorithm = 'aes-256-gcm'

/**
 * The seal of a key file, which is made (0600) where there is none.
 *
 * @param mayCreate false when there is sealed text already: a new key could not open it.
 * @throws BulkheadError BH_STORE_FAILED for a key that is missing or damaged.
 */
export function openSeal(file: string, mayCreate: boolean): Seal {
  const key = existsSync(file) ? readKey(file) : makeKey(file, mayCreate)
  return {
    seal(text) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv(algorithm, key, nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open(sealed) {
      const nonce = sealed.subarray(0, nonceLength)
      const tag = sealed.subarray(nonceLength, nonceLength + tagLength)
      try {
        const decipher = createDecipheriv(algorithm, key, nonce)
        decipher.setAuthTag(tag)
        const body = sealed.subarray(nonceLength + tagLength)
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new BulkheadError('BH_STORE_FAILED', `What is stored does not open with the key ${file}.`, {
          hint: 'Restore the key file that belongs to this data folder.',
          cause,
        })
      }
    },
    digest: (text) => createHmac('sha256', key).update('digest\0').update(text).digest('hex'),
    derive: (purpose) => Buffer.from(hkdfSync('sha256', key, '', `bulkhead ${purpose}`, keyLength)),
  }
}

function readKey(file: string): Buffer {
  chmodSync(file, 0o600)
  const key = readFileSync(file)
  if (key.length === keyLength) return key
  throw new BulkheadError('BH_STORE_FAILED', `The key file ${file} is damaged.`, {
    hint: 'Restore the key file that belongs to this data folder.',
  })
}

function makeKey(file: string, mayCreate: boolean): Buffer {
  if (!mayCreate) {
    throw new BulkheadError('BH_STORE_FAILED', `The key file ${file} is missing.`, {
      hint: 'Restore the key file that belongs to this data folder.',
    })
  }
  const key = randomBytes(keyLength)
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    writeSync(descriptor, key)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return key
}
