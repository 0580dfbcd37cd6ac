#!/bin/sh
# Prints the path of a Node.js 18 or newer that has npm, for the type check of the page's scripts: $NODE if set, else the one
# on the PATH, else (as root on Debian) one that apt-get installs. Otherwise prints what to install, and fails.
set -eu
cd "$(dirname "$0")/.."
log=.cache/node.log

works() {
    command -v npm >/dev/null 2>&1 && "$1" -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' >/dev/null 2>&1
}

found() {
    command -v "$1"
    exit 0
}

if [ -n "${NODE:-}" ]; then
    if works "$NODE"; then found "$NODE"; fi
    echo "NODE=$NODE is not Node.js 18 or newer with npm on the PATH: set it to one that is, or unset it." >&2
    exit 1
fi

if works node; then found node; fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Node.js for the check of the scripts with apt-get …" >&2
    mkdir -p .cache
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update >"$log" 2>&1 && apt-get install -y --no-install-recommends nodejs npm >>"$log" 2>&1 && works node; then
        found node
    fi
    echo "Node.js could not be installed (see $log): install it with npm, or set NODE to its path." >&2
    exit 1
fi

echo "The check of the page's scripts needs Node.js 18 or newer with npm: install it (Debian: apt-get install nodejs npm; macOS: brew install node), or set NODE to its path." >&2
exit 1
