export { actionsOf } from './actions.ts'
export { approvalOf, notApproved, type Approval } from './approval.ts'
export { servicesWith } from './aside.ts'
export { basisOf, movedSince, type BasisInput } from './basis.ts'
export { replacements, type Replacement } from './changes.ts'
export { diff } from './diff.ts'
export { driftOf, type Drifted } from './drift.ts'
export { driftPolicy, healthPolicy, type HealthPolicy } from './policy.ts'
export { explain } from './explain/explain.ts'
export type { ExplainInput } from './explain/input.ts'
export { planDocument, type DocumentInput } from './document.ts'
export { changedFields, hashOf, type Former, type HashInput } from './hash.ts'
export { containerChanges, type Inspection } from './inspection.ts'
export { changedVolumes, networkLabels } from './judge.ts'
export { nextIntent, renewedBy, scopeOf, type Circumstances, type IntentRequest } from './intent.ts'
export { mountedImages } from './images.ts'
export { labelledProject } from './labels.ts'
export { hookImages, imageOf, isTemporaryName, temporaryName, containerName } from './names.ts'
export { openHooks, sealHooks } from './hooks.ts'
export type {
  HooksRun,
  ComposeHashes,
  DeploymentView,
  ImageRefresh,
  PlanInput,
  PlanResult,
  UpInput,
} from './input.ts'
export { planOneOff, planOneOffWaits, type OneOffPlan } from './one-off.ts'
export { isUp } from './orphans.ts'
export { plan } from './plan.ts'
export { overriddenBy, withProvisions } from './provisions.ts'
export { preview, type Preview } from './preview.ts'
export { activeServices, closureOf, selectServices, wantedReplicas } from './select.ts'
export { statusOf, type StatusInput } from './status.ts'
export { planText, referenceOf, sentence, subjectOf } from './text.ts'
export { nanoseconds } from './units.ts'
export { isCdiDevice } from './specification/devices.ts'
