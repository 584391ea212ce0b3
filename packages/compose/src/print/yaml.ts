import { stringify } from 'yaml'
import type { Encoded } from './encode.ts'

/** YAML that a parser of any version reads the same: texts like `yes` or `1` are quoted. */
export function writeYaml(value: Encoded): string {
  return stringify(value, {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    nullStr: 'null',
    // A JavaScript Map is a mapping here, not the ordered list of YAML 1.1.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:omap'),
  })
}
