import type { ErrorCode } from '@bulkhead/model'

export interface ErrorEntry {
  /** HTTP status of an answer that fails with it. */
  readonly status: number
  /** The same for every occurrence: the `title` of the problem. */
  readonly title: string
  readonly meaning: string
  readonly remedy: string
}

/**
 * Every error code: its HTTP status, what it means and what to do. The source
 * of docs/reference/errors.md; a code without an entry does not compile.
 */
export const errorCatalog = {
  BH_BAD_REQUEST: {
    status: 400,
    title: 'The request is malformed',
    meaning: 'The body or the query is not what the path takes.',
    remedy: 'Compare the request with docs/reference/rest.md; the message names the field.',
  },
  BH_BUILD_FAILED: {
    status: 502,
    title: 'An image could not be built',
    meaning: 'The engine stopped a build: a step of the Dockerfile failed, or the context is incomplete.',
    remedy: 'Read the last lines of the build in the message, and build the service alone.',
  },
  BH_BUNDLE_TOO_LARGE: {
    status: 413,
    title: 'What was sent is too large',
    meaning: 'The files of the project, or a build context, exceed a limit in number, size or depth.',
    remedy:
      'Leave out what is not needed: a `.dockerignore` file for build contexts, fewer or smaller files otherwise.',
  },
  BH_COMPOSE_INVALID: {
    status: 422,
    title: 'The Compose file is not valid',
    meaning: 'An element is unknown, of the wrong type, or contradicts another one.',
    remedy: 'Correct the file at the line and column given.',
  },
  BH_COMPOSE_NOT_FOUND: {
    status: 422,
    title: 'There is no Compose file',
    meaning: 'No file was named, and none of the usual names is in the folder or its parents.',
    remedy: 'Name the file with `-f`, or run the command in its folder.',
  },
  BH_COMPOSE_SYNTAX: {
    status: 422,
    title: 'The Compose file is not valid YAML',
    meaning: 'The text cannot be read as YAML.',
    remedy: 'Correct the file at the line and column given; it is often the indentation.',
  },
  BH_COMPOSE_TOO_COMPLEX: {
    status: 422,
    title: 'The Compose file is too complex',
    meaning: 'The file is too large, too deep, or grows too much through aliases.',
    remedy: 'Split it, or repeat less through anchors and aliases.',
  },
  BH_COMPOSE_UNSUPPORTED: {
    status: 422,
    title: 'The Compose file uses something that is not supported',
    meaning: 'The element is valid, but Bulkhead cannot do what it asks for.',
    remedy: 'Remove the element; docs/reference lists what is supported.',
  },
  BH_CONFLICT: {
    status: 409,
    title: 'The present state does not allow it',
    meaning: 'The project still has containers, or something else on the engine stands in the way.',
    remedy: 'Do first what the hint says; for a project that is to be forgotten, take it down.',
  },
  BH_DAEMON_RUNNING: {
    status: 409,
    title: 'A daemon is running already',
    meaning: 'Another daemon serves this socket or uses this data folder.',
    remedy: 'Use that one, stop it, or name another socket and data folder.',
  },
  BH_DAEMON_START_FAILED: {
    status: 500,
    title: 'The daemon could not start',
    meaning: 'The socket or the data folder cannot be made or used.',
    remedy: 'Check the folder and its permissions, or name another one.',
  },
  BH_DAEMON_UNREACHABLE: {
    status: 503,
    title: 'No daemon answers',
    meaning: 'Nothing listens at the address that the command uses.',
    remedy: 'Start one with `bulkhead daemon start`, or check BULKHEAD_HOST.',
  },
  BH_DEPENDENCY_CYCLE: {
    status: 422,
    title: 'Services depend on each other in a loop',
    meaning: 'No order of start exists; the message shows the whole loop.',
    remedy: 'Remove one `depends_on` entry (or link, shared namespace or volume) of the loop.',
  },
  BH_DEPENDENCY_FAILED: {
    status: 424,
    title: 'A service that others wait for failed',
    meaning: 'A condition of `depends_on` can no longer be met: the service ended, or became unhealthy.',
    remedy: 'Read the logs of the service named, and correct it.',
  },
  BH_DEPLOYMENT_CANCELED: {
    status: 409,
    title: 'The deployment was canceled',
    meaning: 'It was stopped before it had finished.',
    remedy: 'Deploy again; what was done already is kept.',
  },
  BH_DEPLOYMENT_NOT_FOUND: {
    status: 404,
    title: 'There is no such deployment',
    meaning: 'No deployment has this id, or it is too old to be kept.',
    remedy: 'List the deployments with `GET /v1/deployments`.',
  },
  BH_DEPLOYMENT_TIMEOUT: {
    status: 504,
    title: 'The deployment took too long',
    meaning: 'The time given for it passed before the project was as asked for.',
    remedy: 'Read the logs of the service named, or give it more time with `--wait-timeout`.',
  },
  BH_DEVICE_UNAVAILABLE: {
    status: 422,
    title: 'The engine has no such device',
    meaning:
      'A service asks for a GPU or a CDI device, and the engine has no driver for it: no NVIDIA runtime or hook, or CDI is switched off.',
    remedy:
      'Install the NVIDIA Container Toolkit and run `nvidia-ctk runtime configure`, or switch CDI on in the daemon.json of the engine.',
  },
  BH_ENGINE_FAILED: {
    status: 502,
    title: 'The engine refused or failed',
    meaning: "The engine answered a request with an error; the message has the engine's own words.",
    remedy: 'Correct what the engine complains of, then try again.',
  },
  BH_ENGINE_MISMATCH: {
    status: 409,
    title: 'The daemon is on another engine',
    meaning: 'The command would use one engine, the daemon that answered uses another one.',
    remedy: 'Set DOCKER_HOST to the engine of the daemon, or start a daemon on yours.',
  },
  BH_ENGINE_UNREACHABLE: {
    status: 503,
    title: 'The engine does not answer',
    meaning: 'No Docker engine answers at the address that the daemon uses.',
    remedy: 'Start the engine, or set DOCKER_HOST, and see that the user may use its socket.',
  },
  BH_EXTENDS_INVALID: {
    status: 422,
    title: '`extends` cannot be resolved',
    meaning: 'The file or service that is extended is missing, or extends itself in a loop.',
    remedy: 'Correct `extends` at the line and column given.',
  },
  BH_FILE_NOT_FOUND: {
    status: 422,
    title: 'A file is missing',
    meaning: 'A file that the project names (env_file, secret, config, …) is not there.',
    remedy: 'Create the file, or correct its path at the line and column given.',
  },
  BH_HOOK_FAILED: {
    status: 502,
    title: 'A hook of a service failed',
    meaning:
      'A `pre_start`, `post_start` or `pre_stop` hook ended with another exit code than 0, or could not be run. The message tells service, place in the list, exit code and the last lines.',
    remedy:
      'Correct the hook or what it needs, and try again. A container whose `pre_stop` hook cannot be mended can be stopped without it by `docker stop`.',
  },
  BH_IMAGE_NOT_FOUND: {
    status: 422,
    title: 'An image does not exist',
    meaning: 'Neither the engine nor the registry has the image, or the registry wants a login.',
    remedy: 'Correct the reference, build the image, or log in with `docker login`.',
  },
  BH_IMAGE_OS_MISMATCH: {
    status: 422,
    title: 'An image is for another operating system',
    meaning: 'The image exists, but not for the operating system that the engine runs.',
    remedy: 'Use an engine of that operating system, or another image.',
  },
  BH_IMAGE_REFERENCE_INVALID: {
    status: 422,
    title: 'An image reference is not valid',
    meaning: 'The name breaks the rules of references, by a capital letter in the repository for instance.',
    remedy: 'Correct `image` at the line and column given.',
  },
  BH_INCLUDE_INVALID: {
    status: 422,
    title: '`include` cannot be resolved',
    meaning:
      'An included file is missing, is remote, clashes with the project, or includes itself in a loop.',
    remedy: 'Correct `include` at the line and column given.',
  },
  BH_INTERNAL: {
    status: 500,
    title: 'Bulkhead has a fault',
    meaning: 'Something happened that should not be possible.',
    remedy: "Report it with the lines of the daemon's log around that time.",
  },
  BH_INTERPOLATION_INVALID: {
    status: 422,
    title: 'A `${…}` expression is not valid',
    meaning: 'The expression cannot be read.',
    remedy: 'Correct it at the line and column given; write a plain dollar sign as `$$`.',
  },
  BH_ISOLATION_INVALID: {
    status: 422,
    title: 'An isolation mode is not valid',
    meaning: 'The word is no isolation mode, or contradicts the runtime that the service names.',
    remedy: 'Use `default`, `process`, `hyperv` or `auto`.',
  },
  BH_ISOLATION_UNAVAILABLE: {
    status: 422,
    title: 'The engine cannot give this isolation',
    meaning:
      'A service asks for a wall for which the engine has no runtime. Bulkhead never weakens it in silence.',
    remedy:
      "Install such a runtime (gVisor, Kata Containers) and name it in the engine's `daemon.json`, or change the mode.",
  },
  BH_NAME_IN_USE: {
    status: 409,
    title: 'A container name is taken',
    meaning: 'A container that is not of this project has the name that a service needs.',
    remedy: 'Remove or rename that container, or change `container_name`.',
  },
  BH_NETWORK_NOT_FOUND: {
    status: 422,
    title: 'An external network does not exist',
    meaning: 'The project says that the network is there already, but the engine has none of that name.',
    remedy: 'Create it with `docker network create`, or remove `external`.',
  },
  BH_NOT_FOUND: {
    status: 404,
    title: 'There is nothing at this path',
    meaning: 'The API has no such path, or the thing named does not exist.',
    remedy: 'Compare the path with docs/reference/rest.md.',
  },
  BH_PLAN_NOT_FOUND: {
    status: 404,
    title: 'There is no such plan',
    meaning:
      'The daemon does not keep a plan with this id: another daemon made it, or newer plans of the project took its place.',
    remedy: 'Make the plan again with `bulkhead plan`.',
  },
  BH_PLAN_STALE: {
    status: 409,
    title: 'The plan is out of date',
    meaning:
      'What was asked for, or what is on the engine, moved since the plan was made; the message says what. Nothing that the plan does not hold was done.',
    remedy: 'Make a new plan with `bulkhead plan`, look at it, and apply that.',
  },
  BH_PORT_IN_USE: {
    status: 409,
    title: 'A port is taken',
    meaning: 'Another process or container listens on a port that a service publishes.',
    remedy: 'Stop the other one, or publish another port.',
  },
  BH_PROJECT_NAME_INVALID: {
    status: 422,
    title: 'The project name is not valid',
    meaning:
      'A name has lower-case letters, digits, dashes and underscores, and begins with a letter or digit.',
    remedy: 'Correct `name`, `-p` or COMPOSE_PROJECT_NAME.',
  },
  BH_PROJECT_NOT_FOUND: {
    status: 404,
    title: 'There is no such project',
    meaning: 'Bulkhead keeps no project of this name, and the engine has no container of it.',
    remedy: 'List the projects with `bulkhead ls -a`.',
  },
  BH_PROJECT_OWNED: {
    status: 409,
    title: 'The project belongs to another Bulkhead',
    meaning:
      'Another daemon keeps the project on the same engine: this one looks at it and touches nothing, so that two never undo what the other does.',
    remedy:
      'Ask the daemon that keeps it, or have that one give it up with `bulkhead release`. When it is gone for good (its data folder lost), take the project over with `bulkhead up --take-over`; nothing that matches is recreated.',
  },
  BH_PROJECT_SUSPENDED: {
    status: 409,
    title: 'Reconciling of the project rests',
    meaning:
      'The project was suspended: Bulkhead looks at it and touches nothing, so nothing can be asked of it.',
    remedy: 'Have it go on with `bulkhead resume`.',
  },
  BH_PROVIDER_FAILED: {
    status: 502,
    title: 'The program of a provider failed',
    meaning:
      'The program that provides a service, or the model runner, ended with another exit code than 0, said that it failed, or did not keep to the protocol. The message tells the service and the last lines.',
    remedy: 'Correct its options or what it needs, and try again. What depends on it was not started.',
  },
  BH_PROVIDER_NOT_FOUND: {
    status: 422,
    title: 'The program of a provider is not there',
    meaning:
      "A service has `provider`, or uses models, and the daemon finds no such program among Docker's plugins or in its PATH.",
    remedy: 'Install it where the daemon runs. Programs in the folder of a project are never run.',
  },
  BH_PULL_FAILED: {
    status: 502,
    title: 'An image could not be pulled',
    meaning: 'The registry refused, or broke off.',
    remedy: 'Check the reference, the login and the network of the engine, then try again.',
  },
  BH_PULL_TIMEOUT: {
    status: 504,
    title: 'A pull stood still',
    meaning: 'Nothing came from the registry for too long.',
    remedy: 'Check the network of the engine, then try again; layers that came are kept.',
  },
  BH_PUSH_FAILED: {
    status: 502,
    title: 'An image could not be pushed',
    meaning: 'The registry did not take it, or broke off.',
    remedy:
      'Log in with `docker login`, check the name of the image and the network of the engine, then try again.',
  },
  BH_REVISION_NOT_FOUND: {
    status: 404,
    title: 'There is no such revision',
    meaning: 'The project has never had it, or it is older than those that are kept.',
    remedy: 'List those that are kept with `bulkhead history`.',
  },
  BH_ROLLED_BACK: {
    status: 409,
    title: 'The project goes back to an earlier revision',
    meaning: 'A deployment that was to be rolled back if it failed has failed.',
    remedy: 'See why with `bulkhead history`, and try again when it is put right.',
  },
  BH_SERVICE_NOT_FOUND: {
    status: 422,
    title: 'There is no such service',
    meaning: 'The project has no service of this name, or no active profile enables it.',
    remedy: 'List the services with `bulkhead config --services`.',
  },
  BH_STORE_FAILED: {
    status: 500,
    title: 'The store failed',
    meaning: "The daemon's data folder cannot be read or written, or its key file does not fit.",
    remedy: 'Check free space, permissions and the key file of the data folder.',
  },
  BH_STORE_FULL: {
    status: 507,
    title: 'The disk of the store is full',
    meaning:
      'There is no space left for what was asked, so nothing of it was taken. What was accepted before is kept, and can be read.',
    remedy: 'Make space where the data folder is, then ask again.',
  },
  BH_UNAUTHORIZED: {
    status: 401,
    title: 'Not allowed',
    meaning: 'The request carries no proof that it may do this.',
    remedy: "Use the daemon's socket as a user who may, or send a valid token.",
  },
  BH_UPDATE_FAILED: {
    status: 409,
    title: 'The update of a service failed',
    meaning:
      'A container that was to take the place of another ended, or turned unhealthy. What comes of that, `failure_action` in the file says: a pause, or the way back to the last revision that was good.',
    remedy: 'See what the container says with `bulkhead logs`, put it right, and bring the service up again.',
  },
  BH_USAGE: {
    status: 400,
    title: 'The command is not used rightly',
    meaning: 'A flag or an argument is unknown, missing or contradicts another one.',
    remedy: 'Read the usage with `--help`.',
  },
  BH_VARIABLE_REQUIRED: {
    status: 422,
    title: 'A required variable is not set',
    meaning: 'The file demands a variable by `${NAME:?message}` or `${NAME?message}`.',
    remedy: 'Set the variable in the environment or in `.env`.',
  },
  BH_VOLUME_CHANGED: {
    status: 409,
    title: "A volume's definition has changed",
    meaning:
      'The files define a volume otherwise than the one on the engine was made. An engine cannot change a volume, ' +
      'only remove it with its data and make it again. As a warning: the volume stays as it is.',
    remedy: 'Allow it with `bulkhead up --yes` (or answer the question), or give the volume another name.',
  },
  BH_VOLUME_NOT_FOUND: {
    status: 422,
    title: 'An external volume does not exist',
    meaning: 'The project says that the volume is there already, but the engine has none of that name.',
    remedy: 'Create it with `docker volume create`, or remove `external`.',
  },
} as const satisfies Record<ErrorCode, ErrorEntry>
