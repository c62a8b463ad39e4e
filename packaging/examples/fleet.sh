#!/bin/sh
# Brings a package to many hosts by ssh: fleet.sh PACKAGE HOST...
set -eu

package=$1
shift
case $package in
*.deb) install='apt-get install --yes' ;;
*.rpm) install='dnf install --assumeyes' ;;
*) echo "fleet.sh: $package: neither .deb nor .rpm" >&2 && exit 2 ;;
esac
failed=0
for host; do
    at=/var/tmp/$(basename "$package")
    # shellcheck disable=SC2029 # What is expanded here is what was given here.
    if scp -q "$package" "$host:$at" && ssh "$host" "sudo $install '$at' && sudo systemctl enable --now wattle-agent"; then
        echo "$host: installed"
    else
        echo "$host: FAILED" >&2
        failed=1
    fi
done
exit "$failed"
