# Shared by the scripts in this folder: where the project is, and how it speaks.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

# Runs a command as root, which installing Debian packages takes.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "need root to run: $*"
  fi
}

# The front's binary of a configuration (debug or release).
front_binary() { printf '%s/.build/%s/runner-sidecar' "$root" "$1"; }
