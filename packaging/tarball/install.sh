#!/bin/sh
# Installs wattle from this directory, or removes it. It downloads nothing.
set -eu

usage() {
    cat <<'TEXT'
./install.sh agent|controller|all              installs, makes the users, enables and starts the services
./install.sh --remove agent|controller|all     stops and removes; configuration and counters stay
./install.sh --purge agent|controller|all      the same, and these go too

  DESTDIR=DIR   installs the files below DIR and starts nothing
TEXT
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=${DESTDIR:-}

say() { printf '%s\n' "$*"; }
is_live() { [ -z "$root" ]; }
has_systemd() { is_live && [ -d /run/systemd/system ]; }

# The state directory of a daemon.
state_of() {
    case $1 in
    wattle-agent) say /var/lib/wattle ;;
    *) say "/var/lib/$1" ;;
    esac
}

files_of() { (cd "$here/$1" && find . -type f | sed 's,^\.,,' | sort); }

install_file() {
    from=$here/$1$2
    to=$root$2
    case $2 in
    /etc/*)
        # What the operator has changed stays; the new file is put beside it.
        if [ -f "$to" ] && ! cmp -s "$from" "$to"; then
            to=$to.new
            say "$2 stays as it is; the new one is $2.new"
        fi
        ;;
    esac
    mkdir -p "$(dirname "$to")"
    # A program that runs cannot be written over, but replaced.
    cp "$from" "$to.tmp$$"
    if [ -x "$from" ]; then chmod 755 "$to.tmp$$"; else chmod 644 "$to.tmp$$"; fi
    mv -f "$to.tmp$$" "$to"
}

make_user() {
    if command -v systemd-sysusers >/dev/null; then
        systemd-sysusers "$1.conf"
    elif ! getent passwd "$1" >/dev/null; then
        useradd --system --home-dir "$(state_of "$1")" --shell /usr/sbin/nologin "$1"
    fi
}

put_in() {
    files_of "$1" | while read -r file; do install_file "$1" "$file"; done
    if is_live; then make_user "$1"; fi
    if has_systemd; then
        systemctl daemon-reload
        systemctl enable "$1.service"
        systemctl restart "$1.service"
    fi
    say "$1 is installed"
}

take_out() {
    if has_systemd; then systemctl disable --now "$1.service" 2>/dev/null || true; fi
    files_of "$1" | while read -r file; do
        case $file in
        /etc/*) if [ "$2" = purge ]; then rm -f "$root$file" "$root$file.new"; fi ;;
        *) rm -f "$root$file" ;;
        esac
        # Directories that nobody else uses go with the last file.
        rmdir -p "$(dirname "$root$file")" 2>/dev/null || true
    done
    if [ "$2" = purge ]; then
        rm -rf "$root$(state_of "$1")" "$root/etc/systemd/system/$1.service.d"
        if is_live && getent passwd "$1" >/dev/null; then userdel "$1" 2>/dev/null || true; fi
    fi
    if has_systemd; then systemctl daemon-reload; fi
    say "$1 is removed"
}

action=install
case ${1:-} in
--remove) action=remove && shift ;;
--purge) action=purge && shift ;;
-h | --help) usage && exit ;;
esac
case ${1:-} in
agent | controller) daemons=wattle-$1 ;;
all) daemons='wattle-agent wattle-controller' ;;
*) usage >&2 && exit 2 ;;
esac
if is_live && [ "$(id -u)" != 0 ]; then
    say "install.sh: only root may do this; or set DESTDIR" >&2
    exit 1
fi
for daemon in $daemons; do
    if [ "$action" = install ]; then put_in "$daemon"; else take_out "$daemon" "$action"; fi
done
