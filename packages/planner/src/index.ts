export { hashOf, type HashInput } from './hash.ts'
export { nextIntent, type IntentRequest } from './intent.ts'
export { imageOf, isTemporaryName, temporaryName, containerName } from './names.ts'
export {
  plan,
  type ComposeHashes,
  type DeploymentView,
  type ImageRefresh,
  type PlanInput,
  type PlanResult,
} from './plan.ts'
export { selectServices, wantedReplicas } from './select.ts'
export { statusOf, type StatusInput } from './status.ts'
export { planText, referenceOf, sentence, subjectOf } from './text.ts'
