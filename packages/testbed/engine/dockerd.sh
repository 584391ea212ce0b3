# Starts dockerd and asks it things. Sourced by engine.sh.

# Calls the engine of a folder with the docker client; ends after 60 s at the latest.
docker_of() {
  local folder=$1
  shift
  DOCKER_CONFIG=$cache/docker-config timeout -k 5 60 "$cache/trixie/usr/bin/docker" -H "unix://$folder/docker.sock" "$@" </dev/null
}

# True when the engine's API answers.
answers() {
  [ -S "$1/docker.sock" ] && [ -x "$cache/trixie/usr/bin/docker" ] &&
    DOCKER_CONFIG=$cache/docker-config timeout -k 1 5 "$cache/trixie/usr/bin/docker" -H "unix://$1/docker.sock" version >/dev/null 2>&1 </dev/null
}

version_of() { docker_of "$1" version --format '{{.Server.Version}}'; }

# The registry range is the whole of the host's side, so that a test may serve one there on any port, without TLS.
# Nobody answers names there, so that a name from outside is refused at once where the host's server would be waited for.
daemon_config() {
  cat <<JSON
{
  "storage-driver": "overlay2",
  "live-restore": $([ "$survive" = yes ] && echo true || echo false),
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  "bip": "10.201.0.1/24",
  "default-address-pools": [{ "base": "10.202.0.0/16", "size": 24 }],
  "dns": ["$(outer_address "$1")"],
  "insecure-registries": ["$(outer_address "$1")/24"],
  "runtimes": {
    "runsc": {
      "path": "$cache/trixie/usr/bin/runsc",
      "runtimeArgs": ["--platform=systrap", "--network=host", "--overlay2=none"]
    }
  }
}
JSON
}

# Starts dockerd over whatever a killed one left, as an engine's own restart would find it; if that fails, without it.
start_dockerd() {
  local folder=$1 release=$2 pid
  echo "$release" >"$folder/release"
  daemon_config "$folder" >"$folder/daemon.json"
  pid=$(dockerd_pid "$folder")
  [ -z "$pid" ] || fail "dockerd $pid of engine $name runs but doesn't answer; see $folder/log, or take it down."
  launch "$folder" "$release" && return
  end_processes "$folder"
  remove_mounts "$folder"
  rm -rf "$folder/exec"
  launch "$folder" "$release" && return
  tail -5 "$folder/log" >&2
  fail "dockerd didn't come up; its log is $folder/log"
}

# Starts dockerd and waits until it answers; false if it ends before that or takes more than a minute.
launch() {
  local folder=$1 release=$2 path pid deadline
  path=$cache/bookworm/usr/bin:$cache/bookworm/usr/sbin
  [ "$release" = 20 ] || path=$cache/trixie/usr/bin:$cache/trixie/usr/sbin:$path
  # The numbers left by a killed engine may be another process's by now, or a zombie's; dockerd would refuse to start,
  # or wait for a containerd that isn't there.
  rm -f "$folder/docker.pid"
  grep -qzF "$folder/" "/proc/$(cat "$folder/exec/containerd/containerd.pid" 2>/dev/null || echo none)/cmdline" 2>/dev/null ||
    rm -f "$folder/exec/containerd/containerd.pid"
  # nsenter, as `ip netns exec` would mount another /sys and hide the control groups.
  PATH=$path:/usr/sbin:/usr/bin:/sbin:/bin setsid nsenter --net="/run/netns/$(namespace_of "$folder")" \
    dockerd --config-file "$folder/daemon.json" --data-root "$folder/data" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" -H "unix://$folder/docker.sock" >>"$folder/log" 2>&1 </dev/null 8>&- 9>&- &
  pid=$!
  # After a crash dockerd first ends the containers it finds, which takes their grace of ten seconds.
  deadline=$((SECONDS + 60))
  until answers "$folder"; do
    kill -0 "$pid" 2>/dev/null || return 1
    if [ $SECONDS -ge $deadline ]; then
      kill -KILL "$pid"
      return 1
    fi
    sleep 0.1
  done
}

# The number of the engine's dockerd, or nothing when it isn't running.
dockerd_pid() {
  local pid
  pid=$(cat "$1/docker.pid" 2>/dev/null) || return 0
  ! grep -qzxF "$1/docker.pid" "/proc/$pid/cmdline" 2>/dev/null || echo "$pid"
}
