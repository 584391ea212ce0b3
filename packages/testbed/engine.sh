#!/usr/bin/env bash
# A private Docker engine for development, tests and the demo, in a network namespace of its own.
# It is made of Debian's packages, unpacked into a cache, so no system-wide Docker appears or starts.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

base=${BULKHEAD_TESTBED_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/bulkhead-testbed}
cache=$base/cache
release=26
name=
all=no
purge=no
dry=no
survive=no
lease=

# shellcheck source=engine/debian.sh
source "$here/engine/debian.sh"
# shellcheck source=engine/namespace.sh
source "$here/engine/namespace.sh"
# shellcheck source=engine/dockerd.sh
source "$here/engine/dockerd.sh"
# shellcheck source=engine/leftovers.sh
source "$here/engine/leftovers.sh"
# shellcheck source=engine/images.sh
source "$here/engine/images.sh"

usage() {
  cat <<'TEXT'
usage: engine.sh COMMAND [options]

  check                             say whether this machine can run the engine (0 yes, 3 no)
  up      [--release 26|20] [--name NAME] [--live-restore] [--say]
                                    start an engine, whose containers run on without it if asked for; --say only
                                    tells what would be done
  images  [--name NAME] [IMAGE...]  make bb:1, node:20, postgres:15, nginx:1.22 and load them
  env     [--name NAME]             print what a shell needs to use the engine, for eval
  newer-compose                     print the path of Compose as Debian's sid has it, or say why it can't be had (3)
  status                            list the engines and whether they answer
  down    [--name NAME | --all] [--purge]
                                    stop and remove an engine; --purge drops the cache too

With --lease ID, up and down are for one of several users: the engine that "up" had to start goes when the
last of them is done. ID begins with the number of the user's process; a process that ended counts as done.
NAME is "engine" unless given. State lies in $BULKHEAD_TESTBED_DIR, by default ~/.cache/bulkhead-testbed.
Exit codes: 0 done, 1 failed, 3 this machine can't run it, 16 usage.
TEXT
}

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "engine.sh: $*"
  exit 1
}
misuse() {
  say "engine.sh: $*"
  usage >&2
  exit 16
}

# Everything of one engine lies in one folder, so that removing the folder forgets the engine.
folder_of() { printf '%s/engines/%s' "$base" "$1"; }

# Runs a command while holding the lock on the cache and on the numbering of namespaces.
locked() {
  (
    flock 9
    "$@"
  ) 9>"$base/lock"
}

# Runs a command while nobody else starts or removes the engine of this name.
alone() {
  local of=$1
  shift
  mkdir -p "$base/engines" "$base/names"
  (
    flock 8
    "$@"
  ) 8>"$base/names/$of"
}

up() {
  local folder
  folder=$(folder_of "$name")
  [ "${#folder}" -le 86 ] || fail "$folder is too long for a Unix socket in it; set BULKHEAD_TESTBED_DIR to a shorter path."
  if answers "$folder"; then
    [ "$(cat "$folder/release")" = "$release" ] || fail "an engine named $name runs release $(cat "$folder/release"), not $release."
    say "Engine $name is already up."
    take_lease "$folder"
    return
  fi
  announce
  [ "$dry" = no ] || return 0
  [ -d "$folder" ] || [ -z "$lease" ] || mkdir -p "$folder/leases"
  take_lease "$folder"
  locked prepare_packages
  locked prepare_namespace "$folder"
  start_dockerd "$folder" "$release"
  say "Engine $name is up: Docker $(version_of "$folder") at unix://$folder/docker.sock, published ports at $(inner_address "$folder")."
}

# An engine has the folder "leases" while it is there for its users alone; somebody who ups it without one keeps it.
take_lease() {
  if [ -z "$lease" ]; then
    rm -rf "$1/leases"
  elif [ -d "$1/leases" ]; then
    touch "$1/leases/$lease"
  fi
}

# True when the engine may go: it is there for its users alone, and all are done.
give_lease_back() {
  local file
  [ -d "$1/leases" ] || return 1
  rm -f "$1/leases/$lease"
  for file in "$1"/leases/*; do
    [ -e "$file" ] || continue
    file=$(basename "$file")
    ! kill -0 "${file%%-*}" 2>/dev/null || return 1
  done
}

images() {
  require_up
  locked prepare_packages
  load_images "$(folder_of "$name")" "$@"
}

environment() {
  require_up
  local folder
  folder=$(folder_of "$name")
  printf 'DOCKER_HOST=%q\n' "unix://$folder/docker.sock"
  printf 'BULKHEAD_TESTBED_RELEASE=%q\n' "$(cat "$folder/release")"
  printf 'BULKHEAD_TESTBED_ADDRESS=%q\n' "$(inner_address "$folder")"
  printf 'BULKHEAD_TESTBED_GATEWAY=%q\n' "$(outer_address "$folder")"
  printf 'BULKHEAD_TESTBED_DOCKER_CONFIG=%q\n' "$cache/docker-config"
  printf 'BULKHEAD_TESTBED_REGISTRY=%q\n' "$cache/bookworm/usr/bin/docker-registry"
  printf 'COMPOSE_PLUGIN=%q\n' "$cache/trixie/usr/libexec/docker/cli-plugins/docker-compose"
  printf 'DOCKER_CLI=%q\n' "$cache/trixie/usr/bin/docker"
}

# Compose of Debian's sid, which moves on: for what is worth comparing where it can be had, never needed.
newer_compose() {
  local plugin=$cache/sid/usr/libexec/docker/cli-plugins/docker-compose
  mkdir -p "$base"
  [ -x "$plugin" ] || locked unpack_suite sid >&2 || absent "Compose of Debian's sid can't be downloaded here."
  "$plugin" version --short >/dev/null 2>&1 || absent "Compose of Debian's sid doesn't run on this machine."
  printf '%s\n' "$plugin"
}

absent() {
  say "$1"
  exit 3
}

status() {
  local folder found=no
  for folder in "$base"/engines/*/; do
    folder=${folder%/}
    [ -f "$folder/release" ] || continue
    found=yes
    if answers "$folder"; then
      printf '%s\tDocker %s\tup\t%s\n' "$(basename "$folder")" "$(version_of "$folder")" "unix://$folder/docker.sock"
    else
      printf '%s\tDocker %s\tnot answering\t%s\n' "$(basename "$folder")" "$(cat "$folder/release")" "$folder/log"
    fi
  done
  [ "$found" = yes ] || echo 'No engine.'
}

down() {
  local folder
  folder=$(folder_of "$name")
  if [ "$all" = yes ]; then
    for folder in "$base"/engines/*/; do
      [ ! -d "$folder" ] || alone "$(basename "$folder")" remove_engine "${folder%/}"
    done
  elif [ -z "$lease" ]; then
    alone "$name" remove_engine "$folder"
  else
    alone "$name" leave "$folder"
  fi
  [ "$purge" = no ] || purge_cache
}

leave() { ! give_lease_back "$1" || remove_engine "$1"; }

purge_cache() {
  ! compgen -G "$base/engines/*" >/dev/null || fail "engines are left in $base/engines; purge with --all."
  rm -rf "$base"
}

require_up() {
  answers "$(folder_of "$name")" || fail "no engine named $name answers; start it with: $0 up --name $name"
}

command=${1:-help}
[ $# -eq 0 ] || shift
rest=()
while [ $# -gt 0 ]; do
  case $1 in
    --release) release=${2:-}; shift ;;
    --name) name=${2:-}; shift ;;
    --lease) lease=${2:-}; shift ;;
    --all) all=yes ;;
    --purge) purge=yes ;;
    --say) dry=yes ;;
    --live-restore) survive=yes ;;
    -*) misuse "unknown option $1" ;;
    *) rest+=("$1") ;;
  esac
  shift
done
name=${name:-engine}
[[ $name =~ ^[a-z0-9][a-z0-9-]{0,29}$ ]] || misuse "a name has up to 30 of a-z, 0-9 and -, not \"$name\"."
[[ $release =~ ^(26|20)$ ]] || misuse "--release is 26 or 20, not \"$release\"."
[[ $lease =~ ^([0-9]+(-[0-9]+)?)?$ ]] || misuse "--lease is a process number, and perhaps -1, -2, …, not \"$lease\"."
[ "$command" = images ] || [ ${#rest[@]} -eq 0 ] || misuse "$command takes no argument \"${rest[0]}\"."

case $command in
  check) require_machine ;;
  up)
    require_machine
    alone "$name" up
    ;;
  images)
    require_machine
    alone "$name" images "${rest[@]}"
    ;;
  newer-compose)
    require_machine
    newer_compose
    ;;
  env) environment ;;
  status) status ;;
  down) down ;;
  help | --help | -h) usage ;;
  *) misuse "unknown command $command" ;;
esac
