import { posix } from 'node:path'
import type { ServiceVolume } from '@bulkhead/model'
import { parsed, refused, shown, type Parsed } from './parsed.ts'

/**
 * Reads the short form of a volume, `[SOURCE:]TARGET[:OPTIONS]`. A source that
 * begins like a path (`.`, `/`, `~`, `\\` or a drive) is a bind mount, another
 * one the name of a volume. One letter before a colon is a Windows drive. The
 * source stays as written: what it is relative to is the caller's to know.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#short-syntax-6
 */
export function parseVolume(text: string): Parsed<ServiceVolume> {
  if (text === '') return refused('A volume is empty.', format)
  // Compose doesn't look into so short a text; nor does it give it `volume: {}`.
  if (Buffer.byteLength(text) <= 2) return parsed({ type: 'volume', target: text })
  const sections = splitSections(text)
  if (sections.includes(''))
    return refused(`The volume ${shown(text)} has an empty part between its colons.`, format)
  if (sections.length > 3)
    return refused(`The volume ${shown(text)} has too many colons.`, `${format} Or use the long form.`)
  const [first = '', target, options] = sections
  if (target === undefined) return parsed({ type: 'volume', target: cleanPath(first), volume: {} })
  return parsed(build(first, target, options))
}

/** True for a source that is a path on the host rather than the name of a volume. */
export function isHostPath(source: string): boolean {
  return /^[./~]|^\\\\|^\p{L}:/u.test(source)
}

/** A path in a container without `.`, `..`, double and trailing slashes. Backslashes are left alone. */
export function cleanPath(path: string): string {
  if (path === '') return path
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

const format = 'Write [SOURCE:]TARGET[:OPTIONS].'

const propagations: ReadonlySet<string> = new Set([
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
])

function build(source: string, target: string, options: string | undefined): ServiceVolume {
  const bind: { propagation?: string; selinux?: string; create_host_path?: boolean } = {}
  const volume: { nocopy?: boolean } = {}
  let readOnly = false
  for (const option of options?.split(',') ?? []) {
    if (option === 'ro') readOnly = true
    else if (option === 'rw') readOnly = false
    else if (option === 'nocopy') volume.nocopy = true
    else if (option === 'z' || option === 'Z') bind.selinux = option
    else if (propagations.has(option)) bind.propagation = option
  }
  const isBind = isHostPath(source)
  if (isBind) bind.create_host_path = true
  return {
    type: isBind ? 'bind' : 'volume',
    source,
    target: cleanPath(target),
    ...(readOnly ? { read_only: true } : {}),
    ...(Object.keys(bind).length > 0 ? { bind } : {}),
    ...(!isBind || volume.nocopy === true ? { volume } : {}),
  }
}

/** Splits at colons, but not at one that follows a lone letter: that is a drive. */
function splitSections(text: string): readonly string[] {
  const sections: string[] = []
  let start = 0
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    const section = text.slice(start, colon)
    if (isLetter(section)) continue
    sections.push(section)
    start = colon + 1
  }
  sections.push(text.slice(start))
  return sections
}

function isLetter(section: string): boolean {
  return section.length <= 2 && /^\p{L}$/u.test(section)
}
