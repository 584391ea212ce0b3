import { BulkheadError } from '@bulkhead/model'

/** Of a project that nobody has asked for. */
export function unknownProject(name: string): BulkheadError {
  return new BulkheadError('BH_PROJECT_NOT_FOUND', `No project is named "${name}".`, {
    hint: 'List the known ones with `bulkhead ls -a`.',
  })
}

/** Of a revision that is not kept. */
export function unknownRevision(
  name: string,
  number: number,
  kept: readonly { readonly number: number }[],
): BulkheadError {
  const numbers = kept.map((one) => one.number).join(', ')
  return new BulkheadError('BH_REVISION_NOT_FOUND', `No revision ${number} of project "${name}" is kept.`, {
    hint: numbers === '' ? `None is. Bring the files up with \`bulkhead up\`.` : `Kept are: ${numbers}.`,
  })
}
