#!/usr/bin/env bash
# A bare Debian 12 to try the project's two commands in: a folder that
# debootstrap fills with the smallest system plus git and certificates, and that
# chroot enters. Needs root and debootstrap.
set -euo pipefail

usage() {
  cat <<EOF
usage: tools/bare-debian.sh make DIR            make the root (about 350 MB)
       tools/bare-debian.sh enter DIR           a shell in it
       tools/bare-debian.sh run DIR -- CMD...   a command in it
       tools/bare-debian.sh try DIR             clone this repository's HEAD into it, run
                                                tools/quickstart.sh and tools/check.sh, report
                                                both times and the packages that were installed
environment:
  DEBIAN_MIRROR  where debootstrap fetches (default: its own)
EOF
}

say() { printf 'bare-debian: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# make ROOT: the host's apt sources for bookworm, apt settings, name servers and
# certificates go along, so that it works behind a mirror or a proxy.
make_root() {
  local root=$1 file bookworm=0
  [[ -e $root/etc/debian_version ]] && fail "$root already holds a Debian"
  command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
  debootstrap --variant=minbase --include=ca-certificates,git bookworm "$root" \
    ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >&2

  # Only files that name Debian 12's suites: the keys of others are not here.
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [[ -f $file ]] && grep -qE '(^|[[:space:]])bookworm-security([[:space:]]|$)' "$file"; then
      bookworm=1
    fi
  done
  if ((bookworm)); then
    : >"$root/etc/apt/sources.list"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
      if [[ -f $file ]] && grep -qE '(^|[[:space:]])bookworm(-[a-z]+)?([[:space:]]|$)' "$file"; then
        cp "$file" "$root$file"
      fi
    done
  else
    say "no bookworm-security among this system's apt sources: add it to $root/etc/apt/sources.list, LLVM 22 is in it"
  fi
  cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp -a /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  say "made $root"
}

# in_root ROOT CMD...: the mounts live in a namespace of their own and are gone
# with the command, whatever ends it.
in_root() {
  local root=$1 name
  shift
  [[ -e $root/etc/debian_version ]] || fail "$root holds no Debian: run tools/bare-debian.sh make $root"
  local environment=(HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}"
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  # What it takes to reach the network from here is what it takes there.
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY \
    PIP_INDEX_URL PIP_DEFAULT_TIMEOUT PIP_CERT SSL_CERT_FILE; do
    [[ -n ${!name:-} ]] && environment+=("$name=${!name}")
  done
  unshare --mount -- bash -ec '
    root=$1; shift
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" env -i "$@"' bare-debian "$root" "${environment[@]}" "$@"
}

packages() { in_root "$1" dpkg-query -W -f='${Package} ${Version} ${Installed-Size}\n' | sort; }

# timed NAME ROOT CMD...: runs CMD in the clone, keeps its output beside ROOT.
timed() {
  local name=$1 root=$2 start=$SECONDS status=0
  shift 2
  say "$name: output in $root.$name.log"
  in_root "$root" bash -c 'cd /root/dilated-mlir && exec "$@"' "$name" "$@" \
    >"$root.$name.log" 2>&1 || status=$?
  printf '%s: exit code %d after %d s; last line: %s\n' \
    "$name" "$status" $((SECONDS - start)) "$(tail -n 1 "$root.$name.log")"
  return "$status"
}

try_root() {
  local root=$1 top status=0
  top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
  [[ -e $root/etc/debian_version ]] || make_root "$root"
  rm -rf "$root/root/dilated-mlir"
  git clone --quiet --no-hardlinks "$top" "$root/root/dilated-mlir"
  packages "$root" >"$root.before"
  timed quickstart "$root" tools/quickstart.sh || status=1
  timed check "$root" tools/check.sh || status=1
  packages "$root" >"$root.after"
  comm -13 "$root.before" "$root.after" | awk '
    { size += $3; names = names " " $1 }
    END { printf "%d packages installed, %d MB:%s\n", NR, size / 1024, names }'
  return "$status"
}

command=${1:-}
[[ $command == -h || $command == --help ]] && { usage; exit 0; }
(($# >= 2)) || { usage >&2; exit 2; }
((EUID == 0)) || fail "chroot and mounts need root"
mkdir -p "$2"
root=$(realpath "$2")
shift 2
case $command in
  make) make_root "$root" ;;
  enter) in_root "$root" bash -l ;;
  run)
    [[ ${1:-} == -- ]] && shift
    (($#)) || { usage >&2; exit 2; }
    in_root "$root" "$@"
    ;;
  try) try_root "$root" ;;
  *) usage >&2; exit 2 ;;
esac
