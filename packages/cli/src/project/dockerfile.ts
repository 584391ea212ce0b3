/**
 * The images that a Dockerfile names: of its stages, of what it copies and
 * mounts from, and of its `# syntax`. Names of stages are no images; what still
 * depends on a variable is left out.
 */
export function imagesOfDockerfile(
  text: string,
  given: Readonly<Record<string, string | null>>,
): readonly string[] {
  const values = new Map<string, string>()
  const stages = new Set<string>()
  const images = new Set<string>()
  const add = (word: string): void => {
    const image = word
      .replace(
        /\$\{?(\w+)(?::-([^}]*))?\}?/gu,
        (all, name: string, fallback?: string) => values.get(name) ?? fallback ?? all,
      )
      .replaceAll('"', '')
    if (image.includes('$') || image === 'scratch' || stages.has(image.toLowerCase()) || /^\d+$/u.test(image))
      return
    images.add(image)
  }
  const syntax = /^#\s*syntax\s*=\s*(\S+)/iu.exec(text)?.[1]
  if (syntax !== undefined) images.add(syntax)
  for (const line of text.replaceAll(/\\\r?\n/gu, ' ').split(/\r?\n/u)) {
    const argument = /^\s*ARG\s+(\w+)(?:=(\S*))?/iu.exec(line)
    if (argument !== null) {
      const [, name = '', preset] = argument
      const value = given[name] ?? preset?.replaceAll('"', '')
      if (value !== undefined) values.set(name, value)
    }
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/iu.exec(line)
    if (from !== null) {
      add(from[1] ?? '')
      if (from[2] !== undefined) stages.add(from[2].toLowerCase())
    }
    for (const [, image = ''] of line.matchAll(/(?:--from=|[,=]from=)([^\s,]+)/gu)) add(image)
  }
  return [...images]
}
