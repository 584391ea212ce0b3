import type { Checked } from './complaint.ts'
import { makeMapping, mappingAt, markOf, positionIn, type Mapping, type Path } from './tree.ts'

/** Checks what stands beside the services. */
export function checkResources({ document, problems }: Pick<Checked, 'document' | 'problems'>): void {
  const complainAt = (path: Path, message: string, hint: string): void => {
    problems.error('BH_COMPOSE_INVALID', message, { at: positionIn(document, path, 'key'), path, hint })
  }
  const volumes = mappingAt(document, 'volumes') ?? {}
  for (const name of Object.keys(volumes)) {
    const volume = mappingAt(volumes, name)
    if (volume?.['external'] !== true) continue
    const extra = Object.keys(volume).find(
      (key) => !['name', 'external'].includes(key) && !key.startsWith('x-') && volume[key] !== null,
    )
    if (extra !== undefined) {
      complainAt(
        ['volumes', name, extra],
        `volumes.${name} is external and can't have ${extra}.`,
        `Remove \`${extra}\` or \`external\`.`,
      )
    }
  }
  checkFileObjects(document, 'configs', ['file', 'environment', 'content'], complainAt)
  checkFileObjects(document, 'secrets', ['file', 'environment'], complainAt)
}

function checkFileObjects(
  document: Mapping,
  kind: string,
  sources: readonly string[],
  complainAt: (path: Path, message: string, hint: string) => void,
): void {
  const objects = mappingAt(document, kind) ?? {}
  for (const name of Object.keys(objects)) {
    const object = mappingAt(objects, name) ?? makeMapping()
    const given = sources.filter((key) => key in object)
    if (given.length > 1) {
      complainAt(
        [kind, name, given[1] ?? ''],
        `${kind}.${name} has ${given.join(' and ')}: only one can hold.`,
        'Keep one of them.',
      )
    }
    if (given.length > 0 || 'driver' in object || object['external'] !== undefined) continue
    if (markOf(objects, name) === undefined) continue
    complainAt([kind, name], `${kind}.${name} needs one of ${sources.join(', ')}.`, `Add \`${sources[0]}\`.`)
  }
}
