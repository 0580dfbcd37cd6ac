#!/bin/sh
# Prints the path of nginx for the tests of deploy/nginx.conf: $NGINX if set, else the one on the PATH or in sbin, else one
# that apt-get downloads into .cache, where no service starts it. Otherwise prints what to install, and fails.
set -eu
cd "$(dirname "$0")/.."
folder=.cache/nginx

for program in "${NGINX:-}" "$(command -v nginx || true)" /usr/sbin/nginx /usr/local/sbin/nginx "$PWD/$folder/usr/sbin/nginx"; do
    if [ -n "$program" ] && "$program" -v >/dev/null 2>&1; then
        printf '%s\n' "$program"
        exit 0
    fi
done

if [ ! -e "$folder" ] && command -v apt-get >/dev/null 2>&1; then
    echo "Downloading nginx for the tests of batches with apt-get …" >&2
    mkdir -p "$folder"
    (
        cd "$folder"
        [ "$(id -u)" -ne 0 ] || apt-get update
        apt-get download nginx && dpkg -x nginx_*.deb .
    ) >"$folder.log" 2>&1 && exec sh scripts/find-nginx.sh
fi
echo "The tests of batches need nginx: install it (Debian: apt-get install nginx; macOS: brew install nginx), or set NGINX to" \
    "its path." >&2
exit 1
