import type { ObservedContainer, ObservedImage } from '@bulkhead/model'

/**
 * What was inspected before, for as long as nothing tells that it has changed.
 * A container is known under the line that the engine's list had of it, so that
 * one in another state is inspected again though no event came.
 */
export interface Recall {
  /** Undefined: it is to be inspected. */
  container(id: string, line: string): ObservedContainer | undefined
  image(reference: string): ObservedImage | undefined
  /**
   * Inspects, and keeps what came of it, unless it was forgotten meanwhile.
   * `undefined` from `inspect`: it is gone.
   */
  inspected(
    id: string,
    line: string,
    inspect: () => Promise<ObservedContainer | undefined>,
  ): Promise<ObservedContainer | undefined>
  resolved(
    reference: string,
    resolve: () => Promise<ObservedImage | undefined>,
  ): Promise<ObservedImage | undefined>
  /** Something happened to a container. */
  forget(id: string): void
  /** Something happened to an image: any name may mean another one now. */
  forgetImages(): void
  forgetAll(): void
}

export function newRecall(): Recall {
  const containers = new Map<string, { readonly line: string; readonly container: ObservedContainer }>()
  const images = new Map<string, ObservedImage>()
  /** Of each container that is being inspected: whether it was forgotten meanwhile. */
  const underWay = new Map<string, { forgotten: boolean }>()
  let generation = 0
  let imageGeneration = 0
  return {
    container(id, line) {
      const known = containers.get(id)
      return known?.line === line ? known.container : undefined
    },
    image: (reference) => images.get(reference),
    async inspected(id, line, inspect) {
      const mark = { forgotten: false }
      const began = generation
      underWay.set(id, mark)
      const container = await inspect().finally(() => {
        if (underWay.get(id) === mark) underWay.delete(id)
      })
      if (container === undefined) containers.delete(id)
      else if (!mark.forgotten && began === generation) containers.set(id, { line, container })
      return container
    },
    async resolved(reference, resolve) {
      const began = imageGeneration
      const image = await resolve()
      if (image !== undefined && began === imageGeneration) images.set(reference, image)
      return image
    },
    forget(id) {
      containers.delete(id)
      const mark = underWay.get(id)
      if (mark !== undefined) mark.forgotten = true
    },
    forgetImages() {
      imageGeneration += 1
      images.clear()
    },
    forgetAll() {
      generation += 1
      imageGeneration += 1
      containers.clear()
      images.clear()
    },
  }
}
