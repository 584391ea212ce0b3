import {
  checkDevices,
  checkHealth,
  checkImage,
  checkIsolation,
  checkMounts,
  checkPorts,
  checkReplicas,
  checkTwice,
  checkWatch,
} from './agreement.ts'
import type { Checked, Subject } from './complaint.ts'
import { checkBuild, checkDependencies, checkNetworks, checkReferences } from './references.ts'
import { isMapping } from './tree.ts'

/** Checks what a schema can't: that references lead somewhere and that attributes fit together. */
export function checkServices(checked: Checked): void {
  for (const name of Object.keys(checked.enabled)) {
    const service = checked.enabled[name]
    if (!isMapping(service)) continue
    const subject = { ...checked, name, service }
    for (const check of checks) check(subject)
  }
}

const checks: readonly ((subject: Subject) => void)[] = [
  checkImage,
  checkBuild,
  checkNetworks,
  checkHealth,
  checkDependencies,
  checkReferences,
  checkTwice,
  checkReplicas,
  checkWatch,
  checkMounts,
  checkPorts,
  checkDevices,
  checkIsolation,
]
