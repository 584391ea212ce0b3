# What the engine is made of: packages of Debian 12 and 13, fetched with apt from the mirror it is set up for.
# Sourced by engine.sh, which sets $cache and say.

# Installed into the system, as their place matters; none of them starts a service.
system_packages=(iproute2 iptables libdevmapper1.02.1 libseccomp2)

# Unpacked into the cache. runc is Debian 12's for both releases: Debian 13's wants a newer libc.
packages_of() {
  case $1 in
    bookworm) echo 'docker.io containerd runc tini busybox-static docker-registry' ;;
    sid) echo 'docker-compose' ;;
    trixie) echo 'docker.io containerd docker-cli docker-compose runsc tini' ;;
  esac
}

# Ends the script with 3, saying what else would do, where this machine can't run the engine.
require_machine() {
  local reason=
  if [ "$(uname -s)" != Linux ]; then
    reason="this isn't Linux"
  elif [ "$(id -u)" != 0 ]; then
    reason="you aren't root"
  elif [ "$(. /etc/os-release && echo "${ID:-}-${VERSION_ID:-}")" != debian-12 ]; then
    reason="this isn't Debian 12"
  elif ! command -v apt-get >/dev/null; then
    reason='there is no apt-get'
  fi
  [ -n "$reason" ] || return 0
  say "The private engine runs on Debian 12 as root; $reason."
  say 'Any other Docker engine from 20.10 on will do, once it knows a runtime that gives each container'
  say 'a kernel of its own, such as gVisor'"'"'s runsc: https://gvisor.dev/docs/user_guide/install/'
  say 'Register it with: runsc install -- --network=host --overlay2=none; then restart the engine,'
  say 'and point DOCKER_HOST at it.'
  exit 3
}

missing_packages() {
  local package wanted=("${system_packages[@]}")
  # Where the kernel confines with AppArmor, dockerd refuses to start containers without its parser.
  [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] || wanted+=(apparmor)
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

missing_trees() {
  local suite
  for suite in bookworm trixie; do
    [ "$(cat "$cache/$suite/.packages" 2>/dev/null)" = "$(packages_of "$suite")" ] || printf '%s ' "$suite"
  done
}

announce() {
  local suite missing
  missing=$(missing_packages)
  [ -z "$missing" ] || say "Installing with apt-get: $missing"
  for suite in $(missing_trees); do
    say "Unpacking from Debian $suite into $cache/$suite (installs nothing): $(packages_of "$suite")"
  done
  say "Starting dockerd $release as \"$name\" in a network namespace of its own; \"engine.sh down --name $name\" removes it."
}

prepare_packages() {
  local suite missing process unpacking=()
  missing=$(missing_packages)
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive refreshed apt-get -o DPkg::Lock::Timeout=120 install -qq -y --no-install-recommends $missing >"$base/apt.log" 2>&1 ||
      fail "apt-get could not install $missing: $(tail -3 "$base/apt.log")"
  fi
  for suite in $(missing_trees); do
    unpack_suite "$suite" &
    unpacking+=($!)
  done
  for process in "${unpacking[@]}"; do wait "$process" || exit 1; done
  mkdir -p "$cache/docker-config/cli-plugins"
  ln -sfn "$cache/trixie/usr/libexec/docker/cli-plugins/docker-compose" "$cache/docker-config/cli-plugins/docker-compose"
}

# Runs a command of apt, and once more after an update where it fails: the lists of a new machine are empty or old.
refreshed() {
  if "$@" 2>/dev/null; then return; fi
  say 'Refreshing the lists of packages.'
  apt-get update -qq >&2 || say 'apt-get update failed; going on with the lists as they are.'
  "$@"
}

# A folder to work in. It is the same each time, so that what an interrupted run left is overwritten, not added to.
empty_folder() {
  rm -rf "$base/work/$1"
  mkdir -p "$base/work/$1"
  printf '%s' "$base/work/$1"
}

unpack_suite() {
  local suite=$1 tree=$cache/$1 deb options=() work
  work=$(empty_folder "$suite")
  if [ "$suite" != bookworm ]; then
    foreign_suite "$suite" "$work"
    options=("${foreign[@]}")
    apt-get "${options[@]}" -o APT::Update::Error-Mode=any update -qq >&2 || fail "could not read the packages of Debian $suite."
    download "$work" "${options[@]}" -- $(packages_of "$suite")
  else
    download "$work" -- $(packages_of "$suite")
  fi
  rm -rf "$tree"
  mkdir -p "$work/tree"
  for deb in "$work"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -x -C "$work/tree" --keep-directory-symlink --exclude='./usr/share/*' --exclude='./etc/*' --exclude='./lib/systemd/*'
  done
  [ "$suite" = bookworm ] || rm -f "$work"/tree/usr/bin/runc "$work"/tree/usr/sbin/runc
  printf '%s\n' "$(packages_of "$suite")" >"$work/tree/.packages"
  mkdir -p "$cache"
  mv "$work/tree" "$tree"
  rm -rf "$work"
}

# download FOLDER [APT-OPTION...] -- PACKAGE...
download() {
  local folder=$1 options=() retry=refreshed
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    # With options it is another suite, whose lists were read a moment ago.
    retry=
    shift
  done
  shift
  # shellcheck disable=SC2086 # a word or none
  (cd "$folder" && $retry apt-get -o APT::Sandbox::User=root "${options[@]}" download -qq "$@") >&2 ||
    fail "could not download $*."
}

# Sets $foreign to the options that make apt read another suite, from a folder, leaving the system's own lists alone.
foreign_suite() {
  local suite=$1 folder=$2 mirror
  # Asked for without what a Release file tells, as a new machine hasn't got one.
  mirror=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' | awk '$1 == "bookworm" {print $2; exit}')
  [ -n "$mirror" ] || fail "apt has no source for Debian bookworm, so the mirror to take $suite from isn't known."
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$folder/sources.list"
  foreign=(-o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
}
