#!/usr/bin/env bash
# Runs the tests and closes with "N passed, N failed, N skipped".
#	tests/run.sh BIN BUILD [PATTERN]
# BIN holds the programs, BUILD the module tests and the tools. With PATTERN
# only test files whose name holds it are run. Exit 1 if anything failed.
set -u
bin=$(cd "$1" && pwd) build=$(cd "$2" && pwd) pattern=${3:-}
cd "$(dirname "$0")" || exit 70
export MG_BIN=$bin MG_BUILD=$build PATH=$bin:$PATH
export LC_ALL=C.UTF-8 ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1
# Nothing of the caller's reaches a test: no keys, no proxies, no settings.
for v in $(compgen -e | grep -E '_API_KEY$|^MG_MODEL$|^MG_SHARE$|_proxy$|_PROXY$|_BASE_URL$'); do
	unset "$v"
done
work=$(mktemp -d) || exit 71
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data
export XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
log=$work/tap
start=$SECONDS

for u in "$build"/tests/unit/*; do
	if [ ! -x "$u" ] || [ -d "$u" ]; then continue; fi
	case $(basename "$u") in *"$pattern"*) ;; *) continue ;; esac
	timeout 300 "$u" >"$work/out" 2>&1
	status=$?
	cat "$work/out" >>"$log"
	if [ $status != 0 ] && ! grep -q '^not ok' "$work/out"; then
		echo "not ok $(basename "$u"): exit status $status" >>"$log"
		tail -20 "$work/out"
	fi
	grep '^not ok' "$work/out" && grep -A3 '^not ok' "$work/out" | head -40
done

files=()
for t in *.bats; do
	case $t in *"$pattern"*) files+=("$t") ;; esac
done
if [ ${#files[@]} -gt 0 ]; then
	jobs=()
	command -v parallel >/dev/null && [ ${#files[@]} -gt 1 ] &&
		jobs=(--jobs 2 --no-parallelize-within-files)
	bats --tap "${jobs[@]}" "${files[@]}" >"$work/bats" 2>&1
	status=$?
	cat "$work/bats" >>"$log"
	# A failed test is shown with what it printed; a passed one is not.
	awk '/^not ok/ {show = 1} /^ok/ {show = 0} show' "$work/bats"
	grep '# skip' "$work/bats"
	if [ $status != 0 ] && ! grep -q '^not ok' "$work/bats"; then
		echo "not ok bats: exit status $status" >>"$log"
		tail -20 "$work/bats"
	fi
fi

skipped=$(grep -c '^ok.*# skip' "$log")
passed=$(($(grep -c '^ok' "$log") - skipped))
failed=$(grep -c '^not ok' "$log")
echo "in $((SECONDS - start)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
