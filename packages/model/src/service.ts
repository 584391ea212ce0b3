/**
 * A service in the specification's long form and with its names.
 *
 * Units: durations are Go duration strings (`1m30s`), sizes are strings of
 * bytes (`"67108864"`), as `docker compose config` prints them.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md
 */
export interface Service {
  /** The key under `services`. */
  readonly name: string
  readonly annotations?: StringMap
  readonly attach?: boolean
  readonly blkio_config?: BlkioConfig
  readonly build?: Build
  readonly cap_add?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly cgroup?: string
  readonly cgroup_parent?: string
  /** Absent (null in the file): the image's; empty: cleared. */
  readonly command?: readonly string[]
  readonly configs?: readonly FileReference[]
  readonly container_name?: string
  readonly cpu_count?: number
  readonly cpu_percent?: number
  readonly cpu_period?: number
  readonly cpu_quota?: number
  readonly cpu_rt_period?: number
  readonly cpu_rt_runtime?: number
  readonly cpu_shares?: number
  readonly cpus?: number
  readonly cpuset?: string
  readonly credential_spec?: CredentialSpec
  readonly depends_on?: Readonly<Record<string, Dependency>>
  readonly deploy?: Deploy
  readonly develop?: Readonly<Record<string, unknown>>
  readonly device_cgroup_rules?: readonly string[]
  readonly devices?: readonly DeviceMapping[]
  readonly dns?: readonly string[]
  readonly dns_opt?: readonly string[]
  readonly dns_search?: readonly string[]
  readonly domainname?: string
  readonly entrypoint?: readonly string[]
  /** Resolved: explicit entries over env_file; undefined value: passed through but unset. */
  readonly environment?: Readonly<Record<string, string | null>>
  readonly env_file?: readonly EnvFile[]
  readonly expose?: readonly string[]
  readonly extends?: { readonly service: string; readonly file?: string }
  readonly external_links?: readonly string[]
  /** host → addresses. */
  readonly extra_hosts?: readonly string[]
  readonly gpus?: readonly DeviceRequest[]
  readonly group_add?: readonly string[]
  readonly healthcheck?: Healthcheck
  readonly hostname?: string
  readonly image?: string
  readonly init?: boolean
  readonly ipc?: string
  /** As written; see IsolationMode for the values that can run. */
  readonly isolation?: string
  readonly label_file?: readonly string[]
  readonly labels?: StringMap
  readonly links?: readonly string[]
  readonly logging?: { readonly driver?: string; readonly options?: Readonly<Record<string, string>> }
  readonly mac_address?: string
  readonly mem_limit?: string
  readonly mem_reservation?: string
  readonly mem_swappiness?: number | string
  readonly memswap_limit?: string
  readonly models?: Readonly<
    Record<string, { readonly endpoint_var?: string; readonly model_var?: string } | null>
  >
  readonly network_mode?: string
  readonly networks?: Readonly<Record<string, ServiceNetwork | null>>
  readonly oom_kill_disable?: boolean
  readonly oom_score_adj?: number
  readonly pid?: string
  readonly pids_limit?: number
  readonly platform?: string
  readonly ports?: readonly Port[]
  readonly post_start?: readonly Hook[]
  readonly pre_start?: readonly Hook[]
  readonly pre_stop?: readonly Hook[]
  readonly privileged?: boolean
  readonly profiles?: readonly string[]
  readonly provider?: { readonly type: string; readonly options?: Readonly<Record<string, unknown>> }
  readonly pull_policy?: string
  readonly pull_refresh_after?: string
  readonly read_only?: boolean
  readonly restart?: string
  readonly runtime?: string
  readonly scale?: number
  readonly secrets?: readonly FileReference[]
  readonly security_opt?: readonly string[]
  readonly shm_size?: string
  readonly stdin_open?: boolean
  readonly stop_grace_period?: string
  readonly stop_signal?: string
  readonly storage_opt?: Readonly<Record<string, string>>
  readonly sysctls?: StringMap
  readonly tmpfs?: readonly string[]
  readonly tty?: boolean
  readonly ulimits?: Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>
  readonly use_api_socket?: boolean
  readonly user?: string
  readonly userns_mode?: string
  readonly uts?: string
  readonly volumes?: readonly ServiceVolume[]
  readonly volumes_from?: readonly string[]
  readonly working_dir?: string
  /** `x-*` of the service, `x-bulkhead` among them. */
  readonly [extension: `x-${string}`]: unknown
}

export type StringMap = Readonly<Record<string, string>>

export interface BlkioConfig {
  readonly weight?: number
  readonly weight_device?: readonly { readonly path: string; readonly weight: number }[]
  readonly device_read_bps?: readonly ThrottleDevice[]
  readonly device_read_iops?: readonly ThrottleDevice[]
  readonly device_write_bps?: readonly ThrottleDevice[]
  readonly device_write_iops?: readonly ThrottleDevice[]
}
export interface ThrottleDevice {
  readonly path: string
  readonly rate: string | number
}

export interface Build {
  /** Absolute folder, or a URL. */
  readonly context?: string
  readonly dockerfile?: string
  readonly dockerfile_inline?: string
  readonly entitlements?: readonly string[]
  readonly args?: Readonly<Record<string, string | null>>
  readonly ssh?: readonly { readonly id: string; readonly path?: string }[] | readonly string[]
  readonly labels?: StringMap
  readonly cache_from?: readonly string[]
  readonly cache_to?: readonly string[]
  readonly no_cache?: boolean
  readonly no_cache_filter?: readonly string[]
  readonly additional_contexts?: StringMap
  readonly pull?: boolean
  readonly extra_hosts?: readonly string[]
  readonly isolation?: string
  readonly network?: string
  readonly provenance?: string | boolean
  readonly sbom?: string | boolean
  readonly target?: string
  readonly secrets?: readonly FileReference[]
  readonly shm_size?: string
  readonly tags?: readonly string[]
  readonly ulimits?: Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>
  readonly platforms?: readonly string[]
  readonly privileged?: boolean
}

export interface FileReference {
  readonly source: string
  readonly target?: string
  readonly uid?: string
  readonly gid?: string
  /** Octal text (`"0440"`) or a number, as the file has it. */
  readonly mode?: string | number
}

export interface CredentialSpec {
  readonly config?: string
  readonly file?: string
  readonly registry?: string
}

export const dependencyConditions = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
] as const
export type DependencyCondition = (typeof dependencyConditions)[number]

export interface Dependency {
  readonly condition: DependencyCondition
  readonly restart?: boolean
  readonly required: boolean
}

export interface Deploy {
  readonly mode?: string
  readonly replicas?: number
  readonly endpoint_mode?: string
  readonly labels?: StringMap
  readonly resources?: { readonly limits?: ResourceLimits; readonly reservations?: ResourceReservations }
  readonly restart_policy?: {
    readonly condition?: string
    readonly delay?: string
    readonly max_attempts?: number
    readonly window?: string
  }
  readonly placement?: Readonly<Record<string, unknown>>
  readonly update_config?: UpdateConfig
  readonly rollback_config?: UpdateConfig
}
export interface UpdateConfig {
  readonly parallelism?: number
  readonly delay?: string
  readonly failure_action?: string
  readonly monitor?: string
  readonly max_failure_ratio?: number
  readonly order?: string
}
export interface ResourceLimits {
  readonly cpus?: number | string
  readonly memory?: string
  readonly pids?: number
}
export interface ResourceReservations {
  readonly cpus?: number | string
  readonly memory?: string
  readonly generic_resources?: readonly unknown[]
  readonly devices?: readonly DeviceRequest[]
}
export interface DeviceRequest {
  readonly capabilities?: readonly string[]
  readonly driver?: string
  /** -1 is all. */
  readonly count?: number | string
  readonly device_ids?: readonly string[]
  readonly options?: StringMap
}

export interface DeviceMapping {
  readonly source: string
  readonly target?: string
  readonly permissions?: string
}

export interface EnvFile {
  readonly path: string
  readonly required?: boolean
  readonly format?: string
}

export interface Healthcheck {
  readonly disable?: boolean
  readonly test?: readonly string[]
  readonly interval?: string
  readonly timeout?: string
  readonly start_period?: string
  readonly start_interval?: string
  readonly retries?: number
}

export interface Hook {
  /** Always there but for `pre_start`, whose image may have one. */
  readonly command?: readonly string[]
  readonly user?: string
  readonly privileged?: boolean
  readonly working_dir?: string
  readonly environment?: Readonly<Record<string, string | null>>
  readonly image?: string
  readonly per_replica?: boolean
}

export interface Port {
  readonly name?: string
  readonly mode?: string
  readonly host_ip?: string
  readonly target: number
  /** A port or a range, as text. */
  readonly published?: string
  readonly protocol?: string
  readonly app_protocol?: string
}

export interface ServiceNetwork {
  readonly aliases?: readonly string[]
  readonly interface_name?: string
  readonly ipv4_address?: string
  readonly ipv6_address?: string
  readonly link_local_ips?: readonly string[]
  readonly mac_address?: string
  readonly driver_opts?: StringMap
  readonly priority?: number
  readonly gw_priority?: number
}

export interface ServiceVolume {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'npipe' | 'cluster' | 'image'
  readonly source?: string
  readonly target: string
  readonly read_only?: boolean
  readonly consistency?: string
  readonly bind?: {
    readonly propagation?: string
    readonly create_host_path?: boolean
    readonly recursive?: string
    readonly selinux?: string
  }
  readonly volume?: { readonly nocopy?: boolean; readonly subpath?: string; readonly labels?: StringMap }
  readonly tmpfs?: { readonly size?: string; readonly mode?: number | string }
  readonly image?: { readonly subpath?: string }
}
