# Images of Debian packages, written as the archives that `docker load` reads: no registry and no engine is needed to make them.
# The same packages give the same bytes, so an image has the same id on every engine and machine. Sourced by engine.sh.

image_names=(bb:1 node:20 postgres:15 nginx:1.22)

load_images() {
  local folder=$1 image archive
  shift
  [ $# -gt 0 ] || set -- "${image_names[@]}"
  for image in "$@"; do
    [[ " ${image_names[*]} " == *" $image "* ]] || misuse "there is no image $image, only: ${image_names[*]}"
    archive=$(archive_of "$image")
    [ -f "$archive" ] || locked make_image "$image" "$archive"
    docker_of "$folder" image inspect "$image" --format '{{.Id}}' 2>/dev/null | grep -qxF "$(cat "$archive.id")" ||
      docker_of "$folder" load -q -i "$archive" >&2 || fail "could not load $image."
  done
}

# Where the archive of an image is kept. Its name covers all that goes into it, so a changed recipe makes a new one.
archive_of() {
  local recipe=$here/images/${1%:*} key
  key=$({
    find "$recipe" -type f -print0 | sort -z | xargs -0 sha256sum | sed "s:$here/::"
    sha256sum <"$here/engine/images.sh"
    [ "$1" != node:20 ] || node --version
  } | sha256sum | cut -c1-16)
  printf '%s/images/%s-%s.tar' "$cache" "${1%:*}" "$key"
}

make_image() {
  local image=$1 archive=$2 recipe=$here/images/${1%:*} work
  [ ! -f "$archive" ] || return 0
  say "Making $image."
  work=$(empty_folder image)
  mkdir -p "$work/root" "$cache/images"
  plant_base "$work/root"
  [ ! -f "$recipe/packages" ] || plant_packages "$work" "$(cat "$recipe/packages")"
  [ "$image" != node:20 ] || plant_node "$work/root"
  [ ! -d "$recipe/root" ] || cp -r --no-preserve=ownership "$recipe/root/." "$work/root"
  pack_image "$image" "$recipe/config.json" "$work"
  rm -f "$cache/images/${image%:*}"-*.tar*
  mv "$work/id" "$archive.id"
  mv "$work/archive.tar" "$archive"
  rm -rf "$work"
}

# Folders, users and busybox under all the names that it answers to.
plant_base() {
  local root=$1 folder applet
  for folder in bin sbin lib lib64; do
    mkdir -p "$root/usr/$folder"
    ln -s "usr/$folder" "$root/$folder"
  done
  mkdir -p "$root"/{dev,etc,proc,root,run,srv,sys,tmp,home} "$root"/usr/local/{bin,sbin} "$root"/var/{lib,log,cache,tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  chmod 700 "$root/root"
  ln -s /run "$root/var/run"
  cp "$cache/bookworm/bin/busybox" "$root/usr/bin/busybox"
  for applet in $("$cache/bookworm/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/usr/bin/$applet"
  done
  cat >"$root/etc/passwd" <<'TEXT'
root:x:0:0:root:/root:/bin/sh
www-data:x:33:33:www-data:/var/www:/bin/sh
postgres:x:999:999:postgres:/var/lib/postgresql:/bin/sh
node:x:1000:1000:node:/home/node:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh
TEXT
  cat >"$root/etc/group" <<'TEXT'
root:x:0:
adm:x:4:
www-data:x:33:
postgres:x:999:
node:x:1000:
nogroup:x:65534:
TEXT
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
  install -d -o 1000 -g 1000 "$root/home/node"
}

# Unpacks packages without running what they would run at installation.
plant_packages() {
  local work=$1 deb
  mkdir "$work/debs"
  # shellcheck disable=SC2086 # a list of words
  download "$work/debs" -- $2
  for deb in "$work"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --keep-directory-symlink \
      --exclude='./usr/share/'{doc,man,locale,info,lintian,bug} --exclude='./usr/lib/postgresql/*/lib/bitcode' \
      --exclude='./etc/init.d' --exclude='./lib/systemd'
  done
  index_libraries "$work/root"
}

# The node that runs on this machine, with the libraries that it was linked against.
plant_node() {
  local root=$1 node library
  node=$(readlink -f "$(command -v node)")
  cp "$node" "$root/usr/local/bin/node"
  for library in $(ldd "$node" | grep -oE '/[^ ]+') /lib/*-linux-gnu/libnss_{dns,files}.so.2 /lib/*-linux-gnu/libresolv.so.2; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
  index_libraries "$root"
}

# What ldconfig keeps for itself holds times and inodes, which differ each time.
index_libraries() {
  ldconfig -r "$1"
  rm -rf "$1/var/cache/ldconfig"
}

# Writes work/archive.tar, with one layer, and the image's id to work/id.
pack_image() {
  local image=$1 config=$2 work=$3 layer id
  mkdir "$work/archive"
  tar --sort=name --mtime=@0 --numeric-owner -C "$work/root" -cf "$work/archive/layer.tar" .
  layer=$(sha256sum "$work/archive/layer.tar" | cut -d' ' -f1)
  cat >"$work/archive/config.json" <<JSON
{"architecture":"$(dpkg --print-architecture)","os":"linux","created":"1970-01-01T00:00:00Z",
"config":$(cat "$config"),
"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]},
"history":[{"created":"1970-01-01T00:00:00Z","created_by":"Debian packages"}]}
JSON
  id=$(sha256sum "$work/archive/config.json" | cut -d' ' -f1)
  mv "$work/archive/config.json" "$work/archive/$id.json"
  echo "[{\"Config\":\"$id.json\",\"RepoTags\":[\"$image\"],\"Layers\":[\"layer.tar\"]}]" >"$work/archive/manifest.json"
  echo "sha256:$id" >"$work/id"
  tar -C "$work/archive" -cf "$work/archive.tar" "$id.json" layer.tar manifest.json
}
