# What `up` and `e2e` share. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
CLUSTER=pixguard GIT=$PWD/build/kind/git/pixguard.git
# shellcheck disable=SC2034 # used by who sources this
UPSTREAM=https://github.com/pixguard/pixguard.git REPOSITORY=git://git.pixguard-stores.svc/pixguard.git IMAGES=ghcr.io/pixguard
KUBECTL=("${VENV:-.venv}/bin/kubectl" --context "kind-$CLUSTER")

say() { echo "cluster: $*"; }
fail() { echo "cluster: $*" >&2; exit 1; }
need() { for tool in "$@"; do command -v "$tool" >/dev/null || fail "no $tool on the PATH; this needs docker, kind and git"; done; }
k() { "${KUBECTL[@]}" "$@"; }
secret() { openssl rand -hex 20; }

until_true() { # until_true SECONDS WHAT COMMAND...: ask again until it holds
  local seconds=$1 what=$2 deadline=$((SECONDS + $1)); shift 2
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $deadline ]] || fail "$what: not within $seconds s"
    sleep 3
  done
  say "$what"
}
