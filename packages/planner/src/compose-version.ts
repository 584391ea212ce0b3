/** The release of Compose whose labels and hashes ours are. */
export const composeVersion = '2.40.3'
