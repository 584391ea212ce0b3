/** Options in the order of their names; each as often as it has values. */
export type ProvisionOptions = Readonly<Record<string, readonly string[]>>

/**
 * What a program outside the engine was asked to provide, a service or a model,
 * and what it gave. It outlives the round: what it gave is part of what the
 * dependents' containers are made of.
 */
export interface Provision {
  readonly kind: 'provider' | 'model'
  /** Of the service, or of the model. */
  readonly name: string
  /** `provider.type`; of a model its reference. */
  readonly source: string
  readonly options: ProvisionOptions
  /** False: it was begun, and is not known to have ended well. */
  readonly settled: boolean
  /** True: its program says that it can stop what it provides, and keep it. Absent: it doesn't. */
  readonly stops?: boolean | undefined
  /** True: it was stopped on request, and is to be provided again before it is used. Absent: no. */
  readonly stopped?: boolean | undefined
  /** Variables that whoever uses it gets, under a prefix that tells of whom. May be secret. */
  readonly variables: Readonly<Record<string, string>>
  /** Variables that they get as they are. May be secret. */
  readonly rawVariables: Readonly<Record<string, string>>
}
