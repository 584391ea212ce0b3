import { BulkheadError } from '@bulkhead/model'

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
