import { Refusal } from './refusal.ts'
import type { Words } from './rules.ts'

/** An image name taken apart, in the short form that the engine shows (`bb`, `registry:5000/team/bb`). */
export interface Reference {
  readonly repository: string
  /** `1`, or `sha256:…` with a digest. */
  readonly version: string
  readonly digested: boolean
}

/** @throws Refusal 400 when it is no name of an image. */
export function parseReference(given: string, words: Pick<Words, 'upperCaseName'>): Reference {
  const [name = '', digest] = given.split('@')
  const [, bare = name, tag] = /^(.*?)(?::([\w][\w.-]{0,127}))?$/u.exec(name) ?? []
  if (bare !== bare.toLowerCase()) throw words.upperCaseName(bare.includes('/') ? bare : `library/${bare}`)
  if (!/^[a-z0-9](?:[a-z0-9._:/-]*[a-z0-9])?$/u.test(bare)) throw new Refusal(400, 'invalid reference format')
  const repository = bare.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/u, '')
  if (digest !== undefined) return { repository, version: digest, digested: true }
  return { repository, version: tag ?? 'latest', digested: false }
}

export function familiar({ repository, version, digested }: Reference): string {
  return `${repository}${digested ? '@' : ':'}${version}`
}
