import { BulkheadError } from '@bulkhead/model'

/** The promise's value, or BH_ENGINE_UNREACHABLE when the engine has not answered in time. */
export async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new BulkheadError('BH_ENGINE_UNREACHABLE', `The engine has not answered for ${milliseconds} ms.`, {
          hint: 'See whether the engine runs, and whether it is very busy.',
        }),
      )
    }, milliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
