# shellcheck shell=bash disable=SC2154 # bats sets output
# helper.bash - what every test file loads.
#
#	serve		starts tests/tools/httpd once per file: $URL, $SCRIPTS,
#			$REQUESTS (its log). Call it in setup_file.
#	script NAME	reads a server script from standard input
#	field JQ	a jq expression over each line of $output
#
# Deadlines: whatever a test runs that could hang stands behind `timeout`.

bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
export ROOT
export MG_SHARE=$ROOT/share

serve() {
	export SCRIPTS=$BATS_FILE_TMPDIR/scripts
	export REQUESTS=$BATS_FILE_TMPDIR/requests
	local port=$BATS_FILE_TMPDIR/port
	mkdir -p "$SCRIPTS"
	"$MG_BUILD/tests/tools/httpd" -d "$SCRIPTS" -l "$REQUESTS" \
		-p "$port" -t 600 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/httpd.pid"
	for _ in $(seq 200); do
		[ -s "$port" ] && break
		sleep 0.02
	done
	URL=http://127.0.0.1:$(cat "$port")/v1
	export URL
}

unserve() {
	[ ! -s "$BATS_FILE_TMPDIR/httpd.pid" ] ||
		kill "$(cat "$BATS_FILE_TMPDIR/httpd.pid")" 2>/dev/null || true
}

script() {
	cat >"$SCRIPTS/$1"
}

# One agent, no retries, nothing on standard input.
ask() {
	timeout 60 mg-ask --base-url "$URL" --retries 0 "$@" </dev/null
}

# jq over the lines in $output; what is no JSON fails the test.
field() {
	jq -r "$1" <<<"$output"
}

# How many events of a type are in $output.
count() {
	grep -c "^{\"type\":\"$1\"" <<<"$output" || true
}
