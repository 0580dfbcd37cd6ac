#!/bin/sh
# Prints the path of a Chromium for the page tests: $CHROMIUM if set, else (as root on Debian) the headless shell, which
# apt-get installs and whose page loads cost a third less processor time, else a Chromium on the PATH, else one that
# apt-get installs. Otherwise prints what to install, and fails.
set -eu
cd "$(dirname "$0")/.."
log=.cache/browser.log

# A file is not enough: Ubuntu's chromium-browser without its snap is a script that only prints advice.
works() { command -v "$1" >/dev/null 2>&1 && "$1" --version >/dev/null 2>&1; }

found() {
    path=$(command -v "$1")
    case "$path" in
        /*) printf '%s\n' "$path" ;;
        *) printf '%s\n' "$PWD/$path" ;; # tests run in temporary directories
    esac
    exit 0
}

if [ -n "${CHROMIUM:-}" ]; then
    if works "$CHROMIUM"; then found "$CHROMIUM"; fi
    echo "CHROMIUM=$CHROMIUM does not start: set it to the path of a Chromium, or unset it." >&2
    exit 1
fi

# Installs a package with apt-get, as root on Debian; once, whether or not it works.
install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 && [ ! -e "$log-$1" ] || return 1
    echo "Installing $1 for the page tests with apt-get …" >&2
    mkdir -p .cache
    export DEBIAN_FRONTEND=noninteractive
    apt-get update >"$log-$1" 2>&1 && apt-get install -y --no-install-recommends "$1" >>"$log-$1" 2>&1 && works "$1"
}

if works chromium-headless-shell || install chromium-headless-shell; then found chromium-headless-shell; fi

for candidate in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if works "$candidate"; then found "$candidate"; fi
done

if install chromium; then found chromium; fi

echo "The page tests need Chromium: install it (Debian: apt-get install chromium; macOS: brew install --cask chromium), or set CHROMIUM to its path." >&2
exit 1
