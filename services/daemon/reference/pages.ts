import { openApiDocument } from './document.ts'
import { errorsPage } from './errors.ts'
import { restPage } from './rest.ts'

/** The generated pages of docs/reference, by file name. */
export async function referencePages(): Promise<Readonly<Record<string, string>>> {
  const document = await openApiDocument()
  return { 'openapi.json': document, 'rest.md': restPage(document), 'errors.md': errorsPage() }
}

export const referenceFolder = new URL('../../../docs/reference/', import.meta.url)
