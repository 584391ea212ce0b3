# The engine's network: a namespace, and a veth pair from it to the host. There is no way on from there: the engine
# reaches this host and nothing else, so that a test can't depend on the internet and an unknown name fails at once.
# Sourced by engine.sh.

slot_of() { cat "$1/slot" 2>/dev/null; }
namespace_of() { printf 'bulkhead%s' "$(slot_of "$1")"; }
inner_address() { printf '10.200.%s.1' "$(slot_of "$1")"; }
outer_address() { printf '10.200.%s.254' "$(slot_of "$1")"; }

# True while the engine's namespace exists and is this engine's: another state folder may have taken the number.
owns_namespace() {
  [ -n "$(slot_of "$1")" ] && [ -e "/run/netns/$(namespace_of "$1")" ] &&
    [ "$(cat "/sys/class/net/$(namespace_of "$1")/ifalias" 2>/dev/null)" = "$(alias_of "$1")" ]
}

# An interface's alias holds 255 bytes, enough for the folder.
alias_of() { printf '%s' "$1"; }

prepare_namespace() {
  local folder=$1 slot link
  mkdir -p "$folder"
  ! owns_namespace "$folder" || return 0
  # A machine that was restarted has lost the namespace, and with it every process whose sockets lie here.
  remove_mounts "$folder"
  rm -rf "$folder/exec" "$folder/docker.pid"
  for slot in $(seq 0 99); do
    link=bulkhead$slot
    [ ! -e "/run/netns/$link" ] && [ ! -e "/sys/class/net/$link" ] || continue
    ! ip -4 -o addr show | grep -qF " 10.200.$slot." || continue
    break
  done
  [ ! -e "/run/netns/$link" ] || fail 'a hundred engines are up; take some down.'
  echo "$slot" >"$folder/slot"
  ip netns add "$link"
  ip link add "$link" type veth peer name eth0 netns "$link"
  ip link set "$link" alias "$(alias_of "$folder")"
  ip addr add "$(outer_address "$folder")/24" dev "$link"
  ip link set "$link" up
  ip -n "$link" link set lo up
  ip -n "$link" addr add "$(inner_address "$folder")/24" dev eth0
  ip -n "$link" link set eth0 up
}

remove_namespace() {
  local folder=$1 link
  owns_namespace "$folder" || return 0
  link=$(namespace_of "$folder")
  # The kernel drops the veth only after the namespace's last user is gone; the host's end takes its peer at once.
  ip link del "$link" 2>/dev/null || true
  ip netns del "$link" 2>/dev/null || true
}
