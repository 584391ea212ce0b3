/** A name or id as one segment of a request's path, so that it cannot reach beyond it. */
export function segment(name: string): string {
  return encodeURIComponent(name)
}

/** An image reference in a request's path: its slashes, colons and `@` are meant as they are. */
export function referencePath(reference: string): string {
  return encodeURIComponent(reference)
    .replaceAll('%2F', '/')
    .replaceAll('%3A', ':')
    .replaceAll('%40', '@')
    .split('/')
    .map((part) => (part === '.' || part === '..' ? encodeURIComponent(part).replaceAll('.', '%2E') : part))
    .join('/')
}
