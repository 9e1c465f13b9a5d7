#!/bin/sh
# install-packages.sh LIST SECTION...: installs the Debian packages of these sections of the list that are not there yet.
# The list has one package a line, [section] headings, and # comments.
# Says nothing when all are there. Needs root or sudo only when something is missing.
set -u

list=${1:?usage: install-packages.sh packages.txt build [test] [style]}
shift
wanted=$(sed -e 's/#.*//' "$list" | awk -v sections=" $* " '
  /^\[.*\]/ { wanted = index(sections, " " substr($1, 2, length($1) - 2) " "); next }
  wanted && NF { printf "%s ", $1 }')

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "This is not a Debian system: going on without installing packages." >&2
  echo "What Hillock needs is listed in $list; CMake says what it cannot find." >&2
  exit 0
fi

# A package counts as there when it is installed or when an installed one provides its name.
have=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}|${Provides}\n' 2>/dev/null |
  sed -n 's/^ii *|//p' | sed -e 's/([^)]*)//g' | tr '|, ' '\n\n\n' | sort -u)
missing=
for package in $wanted; do
  printf '%s\n' "$have" | grep -qxF "$package" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as_root=sudo
else
  echo "These Debian packages are missing:$missing" >&2
  echo "Installing them needs root. Ask an administrator for: apt-get install$missing" >&2
  exit 1
fi

echo "Installing Debian packages:$missing" >&2
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
if $as_root apt-get update >"$log" 2>&1 &&
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; then
  exit 0
fi
tail -n 20 "$log" >&2
echo "Could not install:$missing" >&2
echo "See the lines above (no network? a package source missing?). By hand: apt-get install$missing" >&2
exit 1
