# Takes an engine away and everything that belongs to it, also after it was killed. Sourced by engine.sh.

remove_engine() {
  local folder=$1 pid containers
  if [ ! -d "$folder" ]; then
    say "There is no engine named $(basename "$folder")."
    return 0
  fi
  # Before the engine forgets them: what a crash left of them outlives their removal.
  containers=$(containers_of "$folder")
  if answers "$folder"; then
    docker_of "$folder" ps -aq | DOCKER_CONFIG=$cache/docker-config xargs -r timeout -k 5 30 \
      "$cache/trixie/usr/bin/docker" -H "unix://$folder/docker.sock" rm -f -v >/dev/null 2>&1 || true
  fi
  pid=$(dockerd_pid "$folder")
  if [ -n "$pid" ]; then
    kill "$pid" 2>/dev/null || true
    await_end "$pid" || true
  fi
  end_processes "$folder"
  remove_mounts "$folder"
  remove_cgroups "$containers"
  remove_sockets "$folder" "$containers"
  remove_namespace "$folder"
  rm -rf "$folder"
  say "Engine $(basename "$folder") is gone."
}

# Waits up to 15 s for a process to end.
await_end() {
  local deadline=$((SECONDS + 15))
  while kill -0 "$1" 2>/dev/null; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.05
  done
}

# Ends what dockerd left behind. Several rounds, as a dying shim may start a process to clean up.
end_processes() {
  local folder=$1 pids _
  for _ in 1 2 3 4 5 6 7 8; do
    pids=$(processes_of "$folder")
    [ -n "$pids" ] || return 0
    # shellcheck disable=SC2086 # a list of numbers
    kill -KILL $pids 2>/dev/null || true
    sleep 0.2
  done
  say "Still running: $pids"
}

# A process is the engine's if it is in the engine's network namespace or in one that the engine made for a container,
# is in the control group of one of its containers, or is a shim or a gVisor process that serves the engine's folder.
processes_of() {
  local folder=$1 spaces id file pid
  spaces=$(stat -Lc '%i' "/run/netns/$(namespace_of "$folder")" "$folder"/exec/netns/* 2>/dev/null || true)
  {
    for file in /proc/[0-9]*; do
      pid=${file#/proc/}
      if grep -qxF "$(stat -Lc '%i' "$file/ns/net" 2>/dev/null || echo none)" <<<"$spaces"; then
        echo "$pid"
      elif serves "$folder" "$file"; then
        echo "$pid"
      fi
    done
    for id in $(containers_of "$folder"); do
      find /sys/fs/cgroup -mindepth 2 -maxdepth 5 -type d -name "$id" -exec cat {}/cgroup.procs \; 2>/dev/null || true
    done
  } | sort -un | grep -vx "$$" || true
}

serves() {
  local folder=$1 process=$2
  case $(readlink "$process/exe" 2>/dev/null) in
    "$cache"/*) tr '\0' '\n' 2>/dev/null <"$process/cmdline" | grep -qF "$folder/" ;;
    *) false ;;
  esac
}

containers_of() { ls "$1/data/containers" 2>/dev/null || true; }

remove_mounts() {
  local folder=$1 point
  # Innermost first.
  awk -v prefix="$folder/" 'index($5, prefix) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r point; do
    umount "$point" 2>/dev/null || umount -l "$point" 2>/dev/null || true
  done
}

# A container that was killed rather than stopped leaves its control groups behind.
remove_cgroups() {
  local id group
  for id in $1; do
    find /sys/fs/cgroup -mindepth 2 -maxdepth 5 -type d -name "$id" 2>/dev/null | while read -r group; do
      find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
  done
}

# So does its shim leave a socket, in a folder that all containerds share. Its name is the digest of where it belongs.
remove_sockets() {
  local folder=$1 id
  for id in $2; do
    rm -f "/run/containerd/s/$(printf '%s/moby/%s' "$folder/exec/containerd/containerd.sock" "$id" | sha256sum | cut -d' ' -f1)"
  done
  rmdir /run/containerd/s /run/containerd /run/docker/plugins /run/docker 2>/dev/null || true
}
