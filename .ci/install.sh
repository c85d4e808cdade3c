#!/usr/bin/env bash
# Makes .venv and fetches what the machine lacks. Usage: .ci/install.sh demo|test
# Nothing to do takes a few milliseconds. System packages need root or sudo without a password;
# otherwise one line names them.
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:?demo or test}
uv_version=0.13.8
stamp=.venv/installed
export PIP_DISABLE_PIP_VERSION_CHECK=1

fail() { echo "make $want: $*" >&2; exit 1; }
there() { compgen -G "$1" >/dev/null; }

# The first Python new enough whose sqlite3 may load SpatiaLite (some builds forbid it).
choose_python() {
  local each
  for each in python3 /usr/bin/python3 /usr/bin/python3.1{1,2,3,4,5}; do
    if "$each" -c 'import sqlite3, sys
sys.exit(sys.version_info < (3, 11) or not hasattr(sqlite3.Connection, "enable_load_extension"))' \
      2>/dev/null; then
      "$each" -c 'import os, sys; print(os.path.realpath(sys.executable))'
      return
    fi
  done
  return 1
}

missing_packages() {
  local missing=()
  there '/usr/lib/*/mod_spatialite.so' || missing+=(libsqlite3-mod-spatialite)
  [ -x .venv/bin/python ] || "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    missing+=("$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')")
  if [ "$want" = test ]; then
    there '/usr/share/postgresql/*/extension/postgis.control' || missing+=(postgresql-postgis)
    browser || missing+=(chromium-headless-shell)
    there '/usr/lib/*/libatomic.so.1' || missing+=(libatomic1) # Playwright's own node needs it
    there '/usr/share/fonts/*/liberation*' || missing+=(fonts-liberation)
    command -v npm >/dev/null || missing+=(npm)
  fi
  echo "${missing[*]}"
}

# Debian's Chromium, or the one Playwright brings where the system has none to install (Ubuntu).
browser() {
  command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null ||
    there "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}/chromium-*/INSTALLATION_COMPLETE"
}

on_offer() {
  [[ $(LC_ALL=C apt-cache policy "$1") == *"Candidate: "[0-9]* ]]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" \
    >/dev/null
}

# Chromium without what a window needs: its pages are tested in two thirds of the time.
install_headless_shell() {
  command -v chromium-headless-shell >/dev/null && return
  as_root true 2>/dev/null && on_offer chromium-headless-shell || return 0
  echo "make test: installing chromium-headless-shell"
  apt_install chromium-headless-shell || echo "make test: chromium is used in its place"
}

install_packages() {
  local names=() each
  as_root true 2>/dev/null || fail "please install these packages first: $*"
  command -v apt-get >/dev/null || fail "please install these packages first: $*"
  echo "make $want: installing $*"
  as_root apt-get update -qq
  for each in "$@"; do
    if on_offer "$each"; then
      names+=("$each")
    elif [ "$each" = chromium-headless-shell ] && on_offer chromium; then
      names+=(chromium)
    elif [ "$each" = chromium-headless-shell ]; then
      fetch_browser=1
    elif [ "$each" = postgresql-postgis ]; then # some releases have it under versioned names only
      each=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' |
        sort -t- -k2 -n | tail -n 1 | cut -d' ' -f1)
      names+=("${each:-postgis}")
    else
      fail "this machine's package sources do not offer $each"
    fi
  done
  [ ${#names[@]} = 0 ] || apt_install "${names[@]}"
}

# uv does not read pip's settings: hand over the index a machine may have set for pip.
use_the_machines_index() {
  local index
  [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && return
  index=$(.venv/bin/pip config list | sed -nE "s/^(global|install|:env:)\.index-url='(.*)'$/\2/p" | tail -n 1)
  [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
}

install_python() {
  if ! .venv/bin/python -c 'import sqlite3; sqlite3.Connection.enable_load_extension' 2>/dev/null; then
    echo "make $want: making .venv with $python ($("$python" -V))"
    "$python" -m venv --clear .venv
  fi
  echo "make $want: installing the Python packages of requirements.lock"
  if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
    .venv/bin/python -m pip install --quiet "uv==$uv_version" || true
  fi
  use_the_machines_index
  export VIRTUAL_ENV=$PWD/.venv
  if ! .venv/bin/uv pip sync --quiet --require-hashes requirements.lock; then
    .venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock
  fi
  .venv/bin/python -m pip install --quiet --no-index --no-deps --no-build-isolation --editable .
  touch "$stamp"
}

# The OpenID provider that signing in is tested against; beside the packages, as it is none of ours.
install_provider() {
  local to=.venv/oidc
  cmp -s tests/oidc/package-lock.json "$to/installed" && return
  mkdir -p "$to"
  cp tests/oidc/package.json tests/oidc/package-lock.json "$to/"
  echo "make test: installing an OpenID provider to test signing in"
  if (cd "$to" && npm ci --silent --omit=dev --ignore-scripts --no-audit --no-fund); then
    cp "$to/package-lock.json" "$to/installed"
  else
    echo "make test: npm could not install it; the tests that need it are skipped"
  fi
}

# The S3 server that the store of photos is tested against; it wants older packages than we use.
install_s3_server() {
  local to=.venv/s3
  cmp -s tests/s3/requirements.lock "$to/installed" && return
  echo "make test: installing an S3 server to test keeping photos in a bucket"
  rm -rf "$to"
  use_the_machines_index
  local how=(--quiet --no-deps --require-hashes --target "$to" -r tests/s3/requirements.lock)
  if .venv/bin/uv pip install --python .venv/bin/python "${how[@]}" ||
    .venv/bin/python -m pip install "${how[@]}"; then
    cp tests/s3/requirements.lock "$to/installed"
  else
    echo "make test: pip could not install it; the tests that need it are skipped"
  fi
}

python=$(choose_python) || fail "please install Python 3.11 or newer, with venv: python3 python3-venv"
fetch_browser=
missing=$(missing_packages)
# shellcheck disable=SC2086  # one word each
[ -z "$missing" ] || install_packages $missing
if ! [ "$stamp" -nt requirements.lock ] || ! [ "$stamp" -nt pyproject.toml ]; then
  install_python
fi
[ "$want" != test ] || install_headless_shell
[ "$want" != test ] || install_provider
[ "$want" != test ] || install_s3_server
if [ -n "$fetch_browser" ]; then
  .venv/bin/playwright install --with-deps chromium
fi
