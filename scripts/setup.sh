#!/bin/sh
# Installs the packages of requirements.txt (`setup.sh run`) or of its superset requirements-dev.txt (`setup.sh dev`) into
# .venv, and this project itself for its command `jimeng`. Returns at once, without output, when they are installed.
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
    run) wanted=requirements.txt ;;
    dev) wanted=requirements-dev.txt ;;
    *) echo "usage: setup.sh run|dev" >&2; exit 2 ;;
esac
python=.venv/bin/python
unfinished=.venv/.unfinished # exists while pip changes packages; a stale one means that pip was killed
claim=.cache/installing      # lock file: the process id of the setup.sh that may change .venv
log=.cache/install.log

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# Content of a .ready file: a checksum of both lists and of pyproject.toml (it declares the command), and the Python that
# they were installed for.
key() {
    "$python" -V
    cat requirements.txt requirements-dev.txt pyproject.toml | cksum
}

right_python() {
    [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || return 1
    [ -z "${PYTHON:-}" ] || [ "$("$PYTHON" -V 2>&1)" = "$("$python" -V)" ]
}

ready() {
    [ -f ".venv/.ready-$1" ] && [ ! -e "$unfinished" ] && right_python && [ "$(cat ".venv/.ready-$1")" = "$(key)" ]
}

take_claim() {
    mkdir -p .cache
    waited=0
    until (set -C && echo $$ >"$claim") 2>/dev/null; do
        owner=$(cat "$claim" 2>/dev/null || true)
        if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
            # Its owner was killed. Another setup.sh may see that too: the one whose mv succeeds may delete the file.
            mv "$claim" "$claim.$$" 2>/dev/null || continue
            [ "$(cat "$claim.$$")" = "$owner" ] || ln "$claim.$$" "$claim" # it is a newer claim: put it back
            rm -f "$claim.$$"
            continue
        fi
        [ "$waited" -ne 0 ] || echo "Waiting for another make to finish installing packages …"
        waited=$((waited + 1))
        [ "$waited" -lt 900 ] || fail "Another make has been installing packages for 15 minutes: stop it, or delete $claim if no make is running."
        sleep 1
    done
    trap 'rm -f "$claim"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
}

make_venv() {
    base=$(sh scripts/find-python.sh) || exit 1
    if ! "$base" -m venv --clear .venv >"$log" 2>&1; then
        fail "A virtual environment could not be created in .venv: the reason is in $log."
    fi
}

install_packages() {
    echo "Installing packages (the first time, about a minute) …"
    rm -f .venv/.ready-run .venv/.ready-dev
    : >"$unfinished"
    status=0
    {
        # Python brings a pip of its own age; a new one takes a quarter less time.
        "$python" -m pip install --no-input --disable-pip-version-check --upgrade pip &&
            "$python" -m pip install --no-input -r "$wanted" &&
            "$python" -m pip install --no-input --no-deps --editable .
    } >"$log" 2>&1 || status=$?
    rm -f "$unfinished"
    if [ "$status" -ne 0 ]; then
        reason=$(sed -n 's/^ERROR: //p' "$log" | tail -n 1)
        fail "Packages could not be installed${reason:+ ($reason)}: pip needs a network or proxy that reaches PyPI, unless $log names another cause."
    fi
}

ready "$1" || ready dev && exit 0
take_claim
ready "$1" || ready dev && exit 0
if [ -e "$unfinished" ] || ! right_python || ! "$python" -m pip --version >/dev/null 2>&1; then
    make_venv
fi
install_packages
key >".venv/.ready-$1"
