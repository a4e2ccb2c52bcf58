# The documentation is tested: whatever it shows is run, whatever it lists is
# compared with the programs. Models of any provider that an example names are
# played by the local server, which echoes.

load helper

setup_file() {
	serve
	export XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/config
	mkdir -p "$XDG_CONFIG_HOME/mg"
	sed -e "s|base_url: .*|base_url: $URL|" -e '/base_url_env:/d' \
		"$ROOT/share/providers.yaml" >"$XDG_CONFIG_HOME/mg/providers.yaml"
}

teardown_file() {
	unserve
}

setup() {
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	cd "$BATS_TEST_TMPDIR" || return
}

commands() {
	for c in "$ROOT"/cmd/*.c; do
		basename "$c" .c
	done
}

# Both files are the same, or the difference is shown.
same() {
	diff -u --label expected "$1" --label actual "$2"
}

# keyed COMMAND...: with a key for every provider, and never for ever.
keyed() {
	OPENAI_API_KEY=k XAI_API_KEY=k OPENROUTER_API_KEY=k GROQ_API_KEY=k \
		DEEPSEEK_API_KEY=k MISTRAL_API_KEY=k timeout 60 "$@" </dev/null
}

# Splits the fenced blocks of a Markdown file: N.sh, and N.out where a block
# of text follows it.
markdown_blocks() {
	awk '
	/^```/ && !lang {
		lang = substr($0, 4)
		file = ""
		if (lang == "sh")
			file = ++n ".sh"
		else if (lang == "text" && last == "sh")
			file = n ".out"
		last = lang
		if (file)
			printf "" >file
		next
	}
	/^```/ { lang = ""; next }
	lang && file { print >file }
	' "$1"
}

# Runs each N.sh that has an N.out, as a reader would at the top of the tree.
run_blocks() {
	for out in $(ls -v ./*.out); do
		(cd "$ROOT" && keyed bash "$BATS_TEST_TMPDIR/${out%.out}.sh") \
			>actual 2>&1 || true
		same "$out" actual || { cat "${out%.out}.sh"; return 1; }
	done
}

@test "README: the pipelines print what is shown" {
	markdown_blocks "$ROOT/README.md"
	[ "$(ls ./*.out | wc -l)" -ge 5 ]
	run_blocks
}

@test "the handbook: its examples print what is shown" {
	for page in "$ROOT"/share/handbook/*.md; do
		rm -f ./*.sh ./*.out
		markdown_blocks "$page"
		run_blocks || { echo "look at ${page##*/}"; return 1; }
	done
	[ "$(ls ./*.out | wc -l)" -ge 5 ]
}

@test "README and the handbook: what they name is there" {
	for f in $(grep -o '](\([^)h][^)]*\))' "$ROOT/README.md" |
		sed 's/](\(.*\))/\1/'); do
		[ -e "$ROOT/$f" ] || { echo "no $f"; return 1; }
	done
	for f in $(grep -Eoh '(examples|share)/[A-Za-z0-9_./-]*' "$ROOT"/*.md \
		"$ROOT/share/handbook"/*.md | sed 's/[.]$//' | sort -u); do
		[ -e "$ROOT/$f" ] || { echo "no $f"; return 1; }
	done
}

@test "CONTRIBUTING: its filter compiles, and works as shown" {
	san=
	case $MG_BUILD in */san) san='-fsanitize=address,undefined' ;; esac
	awk '/^```$/ {on = 0} on; /^```c$/ {on = 1}' "$ROOT/CONTRIBUTING.md" \
		>mg-words.c
	cp "$ROOT/CONTRIBUTING.md" page.md
	mkdir bin
	# shellcheck disable=SC2086 # nothing, or one word
	cc -std=c11 -Wall -Wextra -Werror -Wno-unused-parameter \
		-Wno-missing-field-initializers -D_GNU_SOURCE -I"$ROOT/lib" \
		$san -o bin/mg-words mg-words.c "$MG_BUILD/libmg.a" \
		-Wl,--as-needed -lcurl -ljq -lyaml
	PATH=$PWD/bin:$PATH
	markdown_blocks page.md
	[ -e 1.out ]
	run_blocks
	run -0 mg words --help
	[[ $output == *"say nothing below N words"* ]]
	printf '{"type":"message","content":"two words"}\n{"x":1.0}\n' >in
	run -0 mg-words <in
	[ "${lines[0]}" = '{"type":"message","content":"two words"}' ]
	[ "${lines[1]}" = '{"type":"words","by":"mg-words","words":2}' ]
	[ "${lines[2]}" = '{"x":1.0}' ]
	run -0 mg-words -n 3 <in
	[ ${#lines[@]} = 2 ]
}

# The options of a page, spelt as --options spells them; a command may have
# commands of its own, which share some.
page_options() {
	sed -n 's/^\.It \(Fl .*\)/\1/p' "$1" |
		sed -e 's/ Ns \([=:]\) Ns /\1/' -e 's/ , / /' -e 's/Ar //g' \
			-e 's/Fl -\([a-z]\)/--\1/g' \
			-e 's/Fl \([a-zA-Z]\)/-\1/g' | sort -u
}

@test "manual: every command has a page with its options, and no others" {
	for c in $(commands); do
		"$c" --options | sort -u >expected
		page_options "$ROOT/man/$c.1" >actual
		same expected actual || { echo "man/$c.1"; return 1; }
	done
}

@test "manual: mandoc finds nothing to complain about" {
	run -0 mandoc -T lint -W warning "$ROOT"/man/*.[157]
}

@test "manual: pages that are referred to are there" {
	for x in $(sed -n 's/^\.Xr \(mg[a-z-]*\) \([0-9]\).*/\1.\2/p' \
		"$ROOT"/man/*.[157] | sort -u); do
		[ -e "$ROOT/man/$x" ] || { echo "no $x"; return 1; }
	done
}

# The literal displays of EXAMPLES as N.ex, without roff's escapes.
page_examples() {
	awk '
	/^\.Sh/ { on = ($0 == ".Sh EXAMPLES") }
	!on { next }
	/^\.Bd -literal/ { file = ++n ".ex"; printf "" >file; next }
	/^\.Ed/ { file = ""; next }
	file { print >file }
	' "$1"
	[ -e 1.ex ] || return 0
	sed -i -e 's/\\(aq/'"'"'/g' -e 's/\\(dq/"/g' -e 's/\\(ti/~/g' \
		-e 's/\\(ga/`/g' -e 's/\\(ha/^/g' -e 's/\\&//g' -e 's/\\-/-/g' \
		-e 's/\\e/\\/g' ./*.ex
}

# Makes N.cmd of the display N.ex, and N.want if output is shown. Behind a
# prompt stands a command; it goes on behind `|`, `\` and to the end of a here
# document. Without any prompt all of the display is one.
split_example() {
	awk -v cmd="${1%.ex}.cmd" -v want="${1%.ex}.want" '
	BEGIN { printf "" >cmd }
	/^\$ / {
		prompt = more = 1
		$0 = substr($0, 3)
	}
	!prompt { print >cmd; next }
	!more { print >want; next }
	{
		print >cmd
		if (here) {
			if ($0 == here)
				here = more = ""
			next
		}
		if (match($0, /<<.?[A-Z]+/)) {
			here = substr($0, RSTART + 2, RLENGTH - 2)
			gsub(/[^A-Z]/, "", here)
			next
		}
		more = /[|\\]$/
	}' "$1"
}

# One example in the folder at hand; says what is wrong with it.
try_example() {
	local c=$1 status=0

	keyed bash -o pipefail "$c.cmd" >actual 2>&1 || status=$?
	if [ -e "$c.want" ]; then
		same "$c.want" actual && return
	elif [ $status = 0 ]; then
		return
	fi
	echo "exit status $status of"
	cat "$c.cmd"
	[ -e "$c.want" ] || cat actual
	return 1
}

@test "manual: the examples run, and print what is shown" {
	bad=
	for page in "$ROOT"/man/*.[157]; do
		mkdir "$BATS_TEST_TMPDIR/${page##*/}"
		cd "$BATS_TEST_TMPDIR/${page##*/}"
		page_examples "$page"
		for ex in $(find . -name '*.ex' | sort -V); do
			split_example "$ex"
			try_example "${ex%.ex}" || bad="$bad ${page##*/}"
		done
	done
	[ -e ../mg-ask.1/1.cmd ] && [ -e ../mg-events.5/1.want ]
	[ -z "$bad" ] || { echo "look at$bad"; return 1; }
}

@test "manual: the error codes are those of lib/base/fault.c" {
	echo '#include <sysexits.h>' | cc -E -dM - |
		sed -n 's/^#define \(EX_[A-Z]*\) \([0-9]*\)$/s,\1\\>,\2,/p' >ex.sed
	[ -s ex.sed ]
	tr '\n' ' ' <"$ROOT/lib/base/fault.c" |
		grep -o '\[MG_[A-Z_]*\] = {[^}]*}' |
		sed -e 's/.*{"\([a-z_]*\)", *\([A-Z_0-9]*\), *\([a-z]*\)\(,[^}]*\)*}/\1 \2 \3/' |
		sed -f ex.sed | grep -v '^ok ' | sort >expected
	[ "$(wc -l <expected)" -gt 20 ]
	sed -n 's/^\.It Cm \([a-z_]*\) No (\([0-9]*\), \([a-z]*\))$/\1 \2 \3/p' \
		"$ROOT/man/mg-events.5" |
		sed -e 's/retryable$/true/' -e 's/final$/false/' | sort >actual
	same expected actual
}

# The types that we make stand behind mg_emit(), or mg_seam_make().
@test "manual: every event that is made has its entry" {
	for t in $(grep -Eho 'mg_(emit|seam_make)\([^,]*, *"[a-z_]*"\)' \
		-r "$ROOT/lib" "$ROOT/cmd" --include='*.c' |
		grep -o '"[a-z_]*"' | tr -d '"' | sort -u); do
		grep -Eq "^\.It Cm (.* , )?$t( |\$)" "$ROOT/man/mg-events.5" ||
			{ echo "mg-events(5) lacks $t"; return 1; }
	done
}

@test "manual: the providers and their patterns are those of share/" {
	mandoc -T ascii "$ROOT/man/mg-ask.1" | col -b | tr -s ' \t\n' ' ' >page
	set -f # patterns are words here
	for p in $(sed -n 's/^  - name: //p' "$ROOT/share/providers.yaml"); do
		grep -qwF -- "$p" page || { echo "mg-ask(1) lacks $p"; return 1; }
	done
	for p in $(sed -n 's/^    models: \[\(.*\)\]/\1/p' \
		"$ROOT/share/providers.yaml" | tr -d '",'); do
		grep -qF -- "\`$p'" page || { echo "mg-ask(1) lacks $p"; return 1; }
	done
	for k in $(sed -n 's/^  \(.*\): .*; mg-ask sends$/\1/p' \
		"$ROOT/share/team.yaml" | tr -d ','); do
		grep -qwF -- "$k" page || { echo "mg-ask(1) lacks $k"; return 1; }
	done
}

@test "completions: they are what --completion prints, and parse" {
	for c in $(commands); do
		for s in bash zsh fish; do
			f=$ROOT/completions/$c.$s
			"$c" --completion $s >actual
			same "$f" actual ||
				{ echo "run: make completions"; return 1; }
			$s -n "$f"
		done
	done
}

# A command and those of its own, one a line.
with_subs() {
	echo "$1"
	"$1" --help | sed -n "/^Commands:/,/^\$/s/^  \([a-z]*\) .*/$1 \1/p"
}

@test "--help fits a screen of 50 lines and 80 columns" {
	for c in $(commands); do
		with_subs "$c"
	done >all
	[ "$(grep -c ' ' all)" -ge 7 ]
	while read -r c; do
		# shellcheck disable=SC2086 # perhaps two words
		run -0 $c --help
		[ ${#lines[@]} -gt 5 ] && [ ${#lines[@]} -le 50 ]
		long=$(grep '.\{81\}' <<<"$output") || continue
		echo "$c: $long"
		return 1
	done <all
}

@test "-h, --version and --completion need no HOME and no network" {
	for c in $(commands); do
		for o in -h --help --version --options '--completion bash'; do
			# shellcheck disable=SC2086 # two words
			run -0 --separate-stderr timeout 10 \
				env -i PATH="$PATH" "$c" $o
			[ -n "$output" ] && [ -z "$stderr" ]
		done
		run -0 env -i "$(command -v "$c")" --version
		[ "$output" = "$c 0.1.0" ]
		ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=network -o trace "$(command -v "$c")" --help \
			>out </dev/null || skip "strace may not trace here"
		run ! grep -E 'connect|sendto' trace
	done
}

@test "no page names what only its makers have" {
	run ! grep -rnE '/(work|home|root|tmp)/' "$ROOT"/man "$ROOT"/*.md \
		"$ROOT/share/handbook" "$ROOT/examples"
}

@test "make install puts everything where it is found, whatever the environment" {
	local d=$BATS_TEST_TMPDIR/root
	run -0 make -s -C "$ROOT" install DESTDIR="$d" PREFIX=/usr BIN="$MG_BIN"
	unset MG_SHARE
	run -0 env -i PATH=/usr/bin:/bin HOME=/nonexistent "$d/usr/bin/mg" \
		ask -t -m 'exec:echo installed' hi </dev/null
	[ "$output" = installed ]
	run -0 env -i PATH=/usr/bin:/bin HOME=/nonexistent "$d/usr/bin/mg"
	[[ $output == *'mg ask'*'put tasks to models'* ]]
	[ -s "$d/usr/share/man/man5/mg-events.5" ]
	[ -s "$d/usr/share/mg/handbook/teams.md" ]
	run -0 env -i PATH=/usr/bin:/bin HOME="$d" "$d/usr/bin/mg-run" \
		-t -m 'exec:echo one' -m 'exec:echo one' Hi </dev/null
	[ "$output" = one ]
	[ -s "$d/usr/share/bash-completion/completions/mg-ask" ]
}
