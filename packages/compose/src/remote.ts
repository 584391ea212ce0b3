/** True for a Compose file that is fetched from elsewhere: a URL, a git repository, an OCI artifact. */
export function isRemoteResource(path: string): boolean {
  return (
    /^(?:https?|git|ssh|oci):\/\//.test(path) || path.startsWith('git@') || path.startsWith('github.com/')
  )
}
