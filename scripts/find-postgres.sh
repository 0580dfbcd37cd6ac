#!/bin/sh
# Prints the folder of PostgreSQL's programs for the tests of batches: $POSTGRES if set, else where Debian, Homebrew or the
# PATH has them, else (as root on Debian) after apt-get has installed them. Otherwise prints what to install, and fails.
set -eu
cd "$(dirname "$0")/.."
log=.cache/postgres.log

works() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ]; }

search() {
    for folder in "${POSTGRES:-}" /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        "$(dirname "$(command -v initdb 2>/dev/null || echo /)")"; do
        if [ -n "$folder" ] && works "$folder"; then
            printf '%s\n' "$folder"
            exit 0
        fi
    done
}

search
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing PostgreSQL for the tests of batches with apt-get …" >&2
    mkdir -p .cache
    export DEBIAN_FRONTEND=noninteractive
    settings=/etc/postgresql-common/createcluster.conf
    [ -e "$settings" ] || { mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >"$settings"; } # no server of its own
    apt-get update >"$log" 2>&1 &&
        apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold postgresql >>"$log" 2>&1 && search
    echo "PostgreSQL could not be installed (see $log): install it, or set POSTGRES to the folder of its programs." >&2
    exit 1
fi
echo "The tests of batches need PostgreSQL: install it (Debian: apt-get install postgresql; macOS: brew install postgresql)," \
    "or set POSTGRES to the folder of its programs." >&2
exit 1
