#!/bin/sh
# Installs what is missing of the Debian packages that a goal needs:
#	tests/deps.sh build|check|lint
# Says what it does, asks nothing, does nothing when all is there.
set -eu

build='libcurl4-openssl-dev libjq-dev libmd-dev libyaml-dev'
check="$build bats curl jq python3 python3-venv procps ca-certificates
	nghttp2-proxy openssl parallel mandoc tmux zsh fish clang
	libclang-rt-14-dev strace bubblewrap bc tzdata"
lint="$build clang-format clang-tidy mandoc shellcheck"

case ${1:-} in
build) want=$build ;;
check) want=$check ;;
lint) want=$lint ;;
*)
	echo "usage: tests/deps.sh build|check|lint" >&2
	exit 64
	;;
esac

missing=
for p in $want; do
	case $(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null) in
	ii*) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

echo "make deps: installing$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root='sudo -n'
	if ! sudo -n true 2>/dev/null; then
		echo "make deps: not root, and sudo asks for a password; run" >&2
		echo "	apt-get install$missing" >&2
		exit 77
	fi
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # words on purpose
if ! { $as_root apt-get -q update && $as_root apt-get -q install -y \
	--no-install-recommends $missing; } >"$log" 2>&1; then
	tail -20 "$log" >&2
	echo "make deps: unable to install$missing" >&2
	exit 69
fi
