#!/usr/bin/env bash
# Prepares a machine: virtual environment, pinned dependencies with hashes, the few system libraries.
# setup.sh        what running and testing need
# setup.sh run    what running needs
# setup.sh test   what testing needs too: the development tools, Chromium, Poppler, qpdf
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-test}
mkdir -p var

say() { printf 'setup: %s\n' "$*" >&2; }

# Packages that are missing, as Debian names them. $1: how to see that it is there, $2: the package.
missing=()
need() { eval "$1" >/dev/null 2>&1 || missing+=("$2"); }
library() { PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q "$1" || ls /usr/lib*/"$1"* /usr/local/lib/"$1"* /opt/homebrew/lib/"${1%.so*}"* >/dev/null 2>&1; }
PYTHON=${PYTHON:-}
# The system's own Python first: distributions build theirs with profile-guided optimisation, which one built from source mostly lacks, and
# pages, tests and reports then take a quarter longer.
for candidate in /usr/bin/python3.{11,12,13} python3.11 python3.12 python3.13 python3; do
  if [ -z "$PYTHON" ] && command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then PYTHON=$candidate; fi
done
if [ -z "$PYTHON" ]; then say "Python 3.11 or newer is missing: on Debian 12, apt-get install python3 python3-venv"; exit 1; fi
need "$PYTHON -c 'import ensurepip, venv'" python3-venv
need "library libpango-1.0.so" libpango-1.0-0
need "library libpangoft2-1.0.so" libpangoft2-1.0-0
need "library libharfbuzz-subset.so" libharfbuzz-subset0
if [ "$what" = test ]; then
  browser=chromium  # tests prefer its shell, which takes a quarter less; where apt knows of none, the whole browser does
  if apt-cache show chromium-headless-shell >/dev/null 2>&1; then browser=chromium-headless-shell; fi
  need "command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome" "$browser"
  need "library libatomic.so.1" libatomic1  # for the node inside Playwright
  need "command -v pdfsig" poppler-utils
  need "command -v qpdf" qpdf
fi
if [ ${#missing[@]} -gt 0 ]; then
  if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    say "installing ${missing[*]}"
    as_root=(); [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    "${as_root[@]}" apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >var/apt.log 2>&1 \
      || { say "apt-get could not install ${missing[*]}; see var/apt.log"; exit 1; }
  else
    for package in "${missing[@]}"; do
      say "a system library is missing: install $package (Debian: apt-get install $package; Fedora, macOS: the package of the same library)"
    done
    exit 1
  fi
fi

requirements=requirements.txt
[ "$what" = test ] && requirements=requirements-dev.txt
[ -x .venv/bin/python ] || { say "making .venv"; "$PYTHON" -m venv .venv; }
stamp=.venv/installed-$(cat requirements*.txt | sha256sum | cut -c1-16)-$requirements
if [ ! -e "$stamp" ] && [ ! -e "${stamp%-*}-requirements-dev.txt" ]; then
  say "installing the pinned dependencies of $requirements"
  .venv/bin/python -m pip install -q --no-compile --disable-pip-version-check --require-hashes -r "$requirements" 2>&1 | { grep -v '^WARNING: Location' || true; } >&2
  .venv/bin/python -c 'import django, celery, weasyprint, cel' || { say "the dependencies did not install; run: .venv/bin/pip install --require-hashes -r $requirements"; exit 1; }
  touch "$stamp"
fi
