# Takes an engine away and everything that belongs to it, whether it runs, was killed or the machine was restarted.
# Sourced by engine.sh.

# Nothing in an engine outlives it, so its processes are killed rather than asked to end in good order.
remove_engine() {
  local folder=$1 containers
  if [ ! -d "$folder" ]; then
    say "There is no engine named $(basename "$folder")."
    return 0
  fi
  containers=$(containers_of "$folder")
  end_processes "$folder"
  remove_mounts "$folder"
  remove_cgroups "$containers"
  remove_sockets "$folder" "$containers"
  remove_namespace "$folder"
  rm -rf "$folder"
  say "Engine $(basename "$folder") is gone."
}

# Several rounds, as a dying shim may start a process to clean up.
end_processes() {
  local folder=$1 pids deadline=$((SECONDS + 15))
  while [ $SECONDS -lt $deadline ]; do
    pids=$(processes_of "$folder")
    [ -n "$pids" ] || return 0
    # shellcheck disable=SC2086 # a list of numbers
    kill -KILL $pids 2>/dev/null || true
    sleep 0.05
  done
  say "Still running: $pids"
}

# A process is the engine's if it is in the engine's network namespace or in one that the engine made for a container,
# is in the control group of one of its containers, or is a shim or a gVisor process that serves the engine's folder.
processes_of() {
  local folder=$1 spaces id pid
  spaces=$(stat -Lc 'net:[%i]' "/run/netns/$(namespace_of "$folder")" "$folder"/exec/netns/* 2>/dev/null || true)
  {
    find /proc/[0-9]*/ns -name net -printf '%h %l\n' 2>/dev/null | grep -F "${spaces:-none}" | cut -d/ -f3
    for pid in $(find /proc/[0-9]* -maxdepth 1 -name exe -lname "$cache/*" -printf '%h\n' 2>/dev/null | cut -d/ -f3); do
      ! grep -qaF "$folder/" "/proc/$pid/cmdline" 2>/dev/null || echo "$pid"
    done
    for id in $(containers_of "$folder"); do
      find /sys/fs/cgroup -mindepth 2 -maxdepth 5 -type d -name "$id" -exec cat {}/cgroup.procs \; 2>/dev/null || true
    done
  } | sort -un | grep -vx "$$" || true
}

containers_of() { ls "$1/data/containers" 2>/dev/null || true; }

remove_mounts() {
  local folder=$1 point
  # Innermost first.
  awk -v prefix="$folder/" 'index($5, prefix) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r point; do
    umount "$point" 2>/dev/null || umount -l "$point" 2>/dev/null || true
  done
}

# A container that was killed rather than stopped leaves its control groups behind, and the last engine their parents.
remove_cgroups() {
  local id group
  for id in $1; do
    find /sys/fs/cgroup -mindepth 2 -maxdepth 5 -type d -name "$id" 2>/dev/null | while read -r group; do
      find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
  done
  [ "$(find "$base/engines" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ] ||
    rmdir /sys/fs/cgroup/{,*/}docker/buildkit /sys/fs/cgroup/{,*/}docker 2>/dev/null || true
}

# So does its shim leave a socket, in a folder that all containerds share. Its name is the digest of where it belongs.
remove_sockets() {
  local folder=$1 id
  for id in $2; do
    rm -f "/run/containerd/s/$(printf '%s/moby/%s' "$folder/exec/containerd/containerd.sock" "$id" | sha256sum | cut -d' ' -f1)"
  done
  rmdir /run/containerd/s /run/containerd /run/docker/plugins /run/docker 2>/dev/null || true
}
