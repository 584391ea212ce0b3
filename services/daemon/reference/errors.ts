import { errorCodes } from '@bulkhead/model'
import { errorCatalog } from '../src/error-catalog.ts'

/** The page of error codes, from the catalog. */
export function errorsPage(): string {
  const entries = [...errorCodes].sort().map((code) => {
    const { status, title, meaning, remedy } = errorCatalog[code]
    return `## ${code}\n\n${title}. HTTP status ${status}.\n\n${meaning}\n\n**What to do:** ${remedy}\n`
  })
  return `# Errors

Every failure that a user can cause or cure has a code. The command prints it behind the message; over REST it is
the \`code\` of a problem (\`application/problem+json\`), whose \`type\` is \`urn:bulkhead:error:\` and the code. The list
is closed: a code means the same in every version that has it.

<!-- Made by \`npm run reference -w services/daemon\` from services/daemon/src/error-catalog.ts. -->

${entries.join('\n')}`
}
