# tools_commands: what mg-tools list, show, check, new, accept and stats tell.

load helper

setup() {
	export XDG_DATA_HOME=$BATS_TEST_TMPDIR/data
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	cd "$BATS_TEST_TMPDIR" || return
	mkdir tools
}

# t ARGUMENT...: mg-tools, with what it says on both sides in files.
t() {
	timeout 60 mg-tools "$@" >out 2>err </dev/null
}

# status N ARGUMENT...: mg-tools ends so.
status() {
	local got=0
	t "${@:2}" || got=$?
	[ "$got" = "$1" ] || {
		echo "status $got"
		cat out err
		return 1
	}
}

# not COMMAND...: it fails. (A `!` alone fails no test.)
not() {
	if "$@"; then
		return 1
	fi
}

# record NAME: standard input behind name, description, label and command.
record() {
	{
		echo "name: $1"
		echo "description: Says hello"
		echo "label: read"
		echo "command: [./$1.sh]"
		cat
	} >"tools/$1.yaml"
	[ -e "tools/$1.sh" ] || printf '#!/bin/sh\necho hello\n' >"tools/$1.sh"
	chmod +x "tools/$1.sh"
}

# In ed-like words: a file is changed so that nobody takes it for the old one.
change() {
	printf '#!/bin/sh\necho changed\n' >"tools/$1.sh"
}

# --- list ---

@test "list: one object a tool, ordered by name, with the bytes that requests carry" {
	record two </dev/null
	record one <<<'version: 1.2.0'
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .name out | xargs)" = "one two" ]
	[ "$(jq -c 'select(.name == "one") | [.type, .version, .labels, .pin]' out)" = '["tool","1.2.0",["read"],"new"]' ]
	[ "$(jq -r 'select(.name == "one").path' out)" = "$PWD/tools/one.yaml" ]
	echo '{"type":"request","id":"1","agent":"a","turn":1,"messages":[]}' |
		timeout 60 mg-tools -T ./tools -o ndjson >request
	[ "$(jq -c '.tools[]' request | awk '{ print length }' | xargs)" = "$(jq .schema_bytes out | xargs)" ]
}

@test "list: json is one array, also an empty one" {
	status 0 list -T ./tools -o json
	[ "$(cat out)" = "[]" ]
	record one </dev/null
	record two </dev/null
	status 0 list -T ./tools -o json
	[ "$(jq -c 'map(.name)' out)" = '["one","two"]' ]
}

@test "list: the newest of each name; with -a every version" {
	record a <<<'version: 1.0.0'
	sed 's/1.0.0/1.10.0/' tools/a.yaml >tools/b.yaml
	sed 's/1.0.0/1.9.0/' tools/a.yaml >tools/c.yaml
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .version out)" = 1.10.0 ]
	status 0 list -a -T ./tools -o ndjson
	[ "$(jq -r .version out | sort | xargs)" = "1.0.0 1.10.0 1.9.0" ]
}

@test "list: as text a table with the total at its end" {
	record one </dev/null
	record second_one </dev/null
	status 0 list -T ./tools -t
	grep -q '^NAME  *VERSION  *LABEL  *BYTES  *PIN  *SOURCE$' out
	grep -q '^one  .* read  .* new  .*one\.yaml$' out
	status 0 list -T ./tools -o json
	cp out all
	status 0 list -T ./tools -t
	sum=$(jq 'map(.schema_bytes) | add' all)
	tail -1 out | grep -q "^2 tools, $sum bytes of schemas; each request carries 2 of them, $((sum + 1)) bytes$"
}

@test "list: on a terminal no line is longer than it is wide" {
	record one </dev/null
	mkdir -p "a folder with a long name, which no terminal could show at once"
	cp tools/one.* a*once/
	for columns in 60 80 200; do
		timeout 60 script -qec "stty cols $columns rows 24; timeout 60 mg-tools list -T ./a*once" /dev/null </dev/null >drawn
		tr -d '\r' <drawn | head -n -1 >lines
		[ "$(grep -c . lines)" = 2 ]
		[ "$(wc -L <lines)" -le "$columns" ]
		grep -q 'one\.yaml$' lines
	done
}

@test "list: a file that is wrong is told, and the others are there" {
	record one </dev/null
	echo 'name: [' >tools/bad.yaml
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .name out)" = one ]
	grep -q 'bad.yaml' err
}

@test "list: a folder that is not there is no empty list" {
	status 66 list -T ./nowhere -o ndjson
	[ ! -s out ]
	grep -q nowhere err
}

# --- show ---

@test "show: everything of a record" {
	record one <<-'X'
		version: 1.2.0
		timeout: 1500ms
		limits: {output: 2KiB, memory: none}
		env: [ONE_KEY]
		needs: {programs: [sh], tools: [one@1]}
		writes: [path]
		input_schema: {type: object, properties: {path: {type: string}}}
		output_schema: {type: string}
		examples: [{arguments: {path: x}, output: hello}]
	X
	status 0 show -T ./tools -o ndjson one
	[ "$(jq -c '[.name, .version, .description, .labels, .allowed, .pin]' out)" = '["one","1.2.0","Says hello",["read"],true,"new"]' ]
	[ "$(jq -c '.limits' out)" = '{"timeout_ms":1500,"output":2048,"output_max":268435456,"memory":0}' ]
	[ "$(jq -c '[.env, .needs, .writes, .command]' out)" = '[["ONE_KEY"],{"programs":["sh"],"tools":["one@1"]},["path"],["'"$PWD"'/tools/one.sh"]]' ]
	[ "$(jq -c '[.input_schema.properties.path.type, .output_schema.type, .examples[0].output]' out)" = '["string","string","hello"]' ]
	jq -r .hash out | grep -qxE 'sha256:[0-9a-f]{64}'
	status 0 show -T ./tools -t one
	for words in 'one 1.2.0' 'Says hello' 'ONE_KEY' '1500 ms' '2 KiB' 'without limit' 'one@1' '    "path": {' 'new: its first use pins it' '{"path":"x"} gives "hello"'; do
		grep -qF -- "$words" out || { echo "not there: $words"; cat out; return 1; }
	done
}

@test "show: of several, and a name that is none says the nearest" {
	record one </dev/null
	record two </dev/null
	status 0 show -T ./tools -o json two one
	[ "$(jq -c 'map(.name)' out)" = '["two","one"]' ]
	status 66 show -T ./tools -o ndjson onee two
	grep -q 'there is no tool onee (did you mean one?)' err
	[ "$(jq -r .name out)" = two ]
	status 66 show -T ./tools one@7
	grep -q 'list -a' err
	status 64 show -T ./tools
}

@test "show: a tool without a label says that it needs leave" {
	record one </dev/null
	sed -i /label/d tools/one.yaml
	status 0 show -T ./tools -t one
	grep -q 'irreversible; not without --allow one' out
	status 0 show -T ./tools -o ndjson one
	[ "$(jq .allowed out)" = false ]
	printf 'agents: [{id: a, backend: {type: exec, model: "exec:true"}}]\nallow_tools: [one]\ntools: [./tools]\n' >team.yaml
	status 0 show -c team.yaml -t one
	grep -q 'irreversible; allowed$' out
}

# --- pins ---

@test "accept: a tool that changed is told by all, until it is accepted" {
	record one </dev/null
	status 0 accept -T ./tools one
	grep -qE 'one 0: new -> sha256:[0-9a-f]{64}$' err
	old=$(grep -oE '[0-9a-f]{64}' err)
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .pin out)" = ok ]
	status 0 accept -T ./tools one
	grep -q "one 0 is what was pinned: sha256:$old" err
	change one
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .pin out)" = changed ]
	status 0 show -T ./tools -t one
	grep -q 'changed since it was pinned, and refused: mg-tools accept one@0' out
	status 1 check -T ./tools -t
	grep -q "tools/one.yaml: one 0 has changed since it was pinned (.*mg-tools accept one@0)" out
	status 1 check --run -T ./tools -o ndjson
	[ "$(jq .run out)" = 0 ]
	status 0 accept -T ./tools one@0
	grep -qE "one 0: sha256:$old -> sha256:[0-9a-f]{64}$" err
	not grep -q -- "-> sha256:$old" err
	status 0 check -T ./tools -t
	[ ! -s out ]
}

@test "accept: --all, and nothing at all if one of the names is wrong" {
	record one </dev/null
	record two </dev/null
	status 66 accept -T ./tools one tow
	grep -q 'did you mean two?' err
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .pin out | xargs)" = "new new" ]
	status 0 accept -T ./tools --all
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .pin out | xargs)" = "ok ok" ]
	status 64 accept -T ./tools
	status 64 accept -T ./tools --all one
}

# --- check ---

@test "check: nothing is said of what is good" {
	record one <<<'examples: [{arguments: {}, output: hello}]'
	status 0 check -T ./tools -t
	[ ! -s out ] && [ ! -s err ]
	status 0 check --run -T ./tools -t
	[ ! -s out ] && [ ! -s err ]
	status 0 check --run -T ./tools -o ndjson
	[ "$(jq -c '[.type, .name, .ok, .problems, .examples, .run]' out)" = '["check","one",true,[],1,1]' ]
}

# finds LINE WORDS: check of the one tool says so, and its status is 1.
finds() {
	status 1 check "${@:3}" -T ./tools -t || return
	grep -qF -- "tools/one.yaml:$1: $2" out || {
		cat out err
		return 1
	}
}

@test "check: each finding with file and line" {
	record one <<<'input_schema: {type: object, properties: {a: {type: strng}}}'
	finds 5 '`input_schema`: '
	record one <<<'output_schema: {type: 7}'
	finds 5 '`output_schema`: '
	record one <<<'cwd: ./nowhere'
	finds 5 'there is no folder'
	record one <<<'files: [gone]'
	finds 5 'one of `files` is missing'
	record one <<<'needs: {programs: [no-such-program], tools: [one@0, two]}'
	finds 5 'it needs the program no-such-program, which is not on PATH'
	finds 5 'it needs the tool two, which is not there'
	not grep -q 'one@0, which' out
	record one <<-'X'
		input_schema: {type: object, required: [a]}
		examples:
		  - arguments: {a: 1}
		  - arguments: {}
		  - {arguments: {}, is_error: true}
	X
	finds 8 'the arguments of example 2 do not fit: '
	[ "$(wc -l <out)" = 1 ]
	record one <<-'X'
		output_schema: {type: object, required: [a]}
		examples:
		  - {arguments: {}, output: {a: 1}}
		  - {arguments: {}, output: '{"a": 1}'}
		  - {arguments: {}, output: {b: 1}}
	X
	finds 9 'the output of example 3 does not fit: '
	[ "$(wc -l <out)" = 1 ]
}

@test "check: programs that are gone, not executable, or want what is not there" {
	record one </dev/null
	chmod -x tools/one.sh
	finds 4 'the program cannot be executed'
	rm tools/one.sh
	finds 4 'the program is missing'
	mkdir tools/one.sh
	finds 4 'the program is no regular file'
	rmdir tools/one.sh
	printf '#!/no/such/shell\n' >tools/one.sh
	chmod +x tools/one.sh
	finds 4 "$PWD/tools/one.sh wants /no/such/shell, which is not there"
	printf '#!/usr/bin/env no-such-shell\n' >tools/one.sh
	finds 4 "$PWD/tools/one.sh wants no-such-shell, which is not there"
	sed -i 's/^command.*/command: [no-such-program]/' tools/one.yaml
	finds 4 'no program no-such-program is on PATH'
}

@test "check --run: what examples give is compared, as text and as JSON" {
	record one <<-'X'
		input_schema: {type: object}
		examples:
		  - {arguments: {}, output: hello}
		  - {arguments: {}}
		  - {arguments: {}, output: goodbye}
		  - {arguments: {}, is_error: true}
	X
	finds 9 'example 3 gave something else: hello' --run
	grep -q ':10: example 4 should fail, and gave: hello' out
	[ "$(wc -l <out)" = 2 ]
	printf '#!/bin/sh\necho "{\\"b\\": [1, 2.0], \\"a\\": null}"\n' >tools/one.sh
	record one <<-'X'
		examples:
		  - {arguments: {}, output: {a: null, b: [1, 2]}}
		  - {arguments: {}, output: '{"a":null,"b":[1,2]}'}
		  - {arguments: {}, output: {a: null, b: [2, 1]}}
	X
	finds 8 'example 3 gave something else: {"b": [1, 2.0], "a": null}' --run
	[ "$(wc -l <out)" = 1 ]
	printf '#!/bin/sh\necho why >&2\nexit 3\n' >tools/one.sh
	record one <<-'X'
		examples:
		  - {arguments: {}, is_error: true}
		  - {arguments: {}}
	X
	finds 7 'example 2 failed: ' --run
	[ "$(wc -l <out)" = 1 ]
}

@test "check --run: what may change something is not run without leave, and that is told" {
	record one <<<'examples: [{arguments: {}}]'
	sed -i 's/^label.*/label: write/' tools/one.yaml
	printf '#!/bin/sh\n>%q\n' "$PWD/ran" >tools/one.sh
	finds 3 'its examples are not run' --run
	[ ! -e ran ]
	status 0 check -T ./tools -t
	status 0 check --run --allow one -T ./tools -t
	[ -e ran ]
}

@test "check --run pins nothing" {
	record one <<<'examples: [{arguments: {}, output: hello}]'
	status 0 check --run -T ./tools -t
	status 0 list -T ./tools -o ndjson
	[ "$(jq -r .pin out)" = new ]
}

@test "check: files that are no records, all or by the name of the tool" {
	record one </dev/null
	record two <<<'timout: 3s'
	status 1 check -T ./tools -t
	grep -q 'tools/two.yaml:5.*timout.*did you mean .timeout' out
	status 1 check -T ./tools -o ndjson
	[ "$(jq -c '[.name, .ok]' out | sort | xargs)" = "[one,true] [null,false]" ]
	[ "$(jq -c 'select(.ok | not) | [.path, .problems[0].line]' out)" = '["'"$PWD"'/tools/two.yaml",5]' ]
	status 0 check -T ./tools -t one
	[ ! -s out ]
	status 66 check -T ./tools -t two
	grep -q 'tools/two.yaml:5' out
	grep -q 'there is no tool two' err
	# The name of a file says nothing: any may hold the record.
	mv tools/two.yaml tools/other.yaml
	status 66 check -T ./tools -t two
	grep -q 'tools/other.yaml:5' out
	status 0 check -T ./tools -t one
	[ ! -s out ]
}

# --- new ---

@test "new: a tool in each language runs at once, and its test passes" {
	for lang in sh awk python c; do
		status 0 new --lang $lang my-$lang
		grep -q "made ./.mg/tools/my-$lang: " err
		grep -q "test it: ./.mg/tools/my-$lang/test.sh" err
		timeout 60 ".mg/tools/my-$lang/test.sh" >out 2>err || {
			cat out err
			return 1
		}
		[ "$(cat err)" = ok ]
		not grep -rIqE '@[A-Z]+@' .mg/tools/my-$lang
		# What its author was told to type.
		status 0 call -o ndjson my-$lang text='to be or not to be'
		[ "$(jq .is_error out)" = false ]
		jq -r .content out | grep -q '[26]'
		status 65 call -o ndjson my-$lang txt=x
		rm -r .mg
	done
}

@test "new: tests fail when the tool does" {
	status 0 new one
	sed -i 's/wc -w/wc -c/' .mg/tools/one/run.sh
	not timeout 60 .mg/tools/one/test.sh >out 2>err
	grep -q 'tool.yaml:[0-9]*: example 1 gave something else: 19' out
}

@test "new: any name that a tool can have" {
	for name in 1 true - -x int class a-b _ "$(printf 'x%.0s' {1..64})"; do
		for lang in sh awk python c; do
			status 0 new -d ./tools --lang $lang -- "$name"
			timeout 60 "./tools/$name/test.sh" >out 2>err || {
				cat out err
				return 1
			}
			rm -r "./tools/$name"
		done
	done
}

@test "new: names that no tool can have make nothing" {
	for name in '' a.b ../x 'a b' "\$(touch x)" "$(printf 'a\nb')" ä "$(printf 'x%.0s' {1..65})"; do
		status 64 new -d ./tools -- "$name"
	done
	[ -z "$(ls tools)" ]
	[ ! -e x ]
}

@test "new: a language that is none says the nearest; nothing is overwritten" {
	status 64 new --lang pyton one
	grep -q 'did you mean python?' err
	status 64 new --lang ../tool/sh one
	[ ! -e .mg ]
	status 0 new one
	find .mg -type f -exec cksum {} + >before
	status 73 new --lang awk one
	grep -q 'is there already' err
	find .mg -type f -exec cksum {} + | cmp - before
	mkdir .mg/tools/two
	status 73 new two
	[ -z "$(ls .mg/tools/two)" ]
	ln -s nowhere .mg/tools/three
	status 73 new three
	[ ! -e .mg/tools/three ]
	: >file
	status 73 new -d ./file/x four
}

@test "new: what could not be written whole is not left behind" {
	mkdir -p share/templates
	cp -R "$MG_SHARE/templates/tool" share/templates
	mkdir share/templates/tool/sh/zz
	MG_SHARE=$PWD/share status 73 new one
	[ ! -e .mg/tools/one ]
}

@test "new: folders with blanks and quotes; what to type next works as it is said" {
	status 0 new -d "it's a \$HOME" one
	eval "$(sed -n 's/.*test it: //p' err)" >out 2>&1
	status 0 new -d "it's a \$HOME" two
	eval "timeout 60 $(sed -n 's/.*run it: //p' err)" >out 2>&1
}

@test "the templates are clean for shellcheck" {
	command -v shellcheck >/dev/null || skip "shellcheck is not there"
	shellcheck "$ROOT"/share/templates/tool/*/*.sh
}

# --- stats ---

# log NAME [AGE]: a run whose log is standard input, last written AGE ago.
log() {
	mkdir -p "$XDG_STATE_HOME/mg/runs/$1"
	cat >"$XDG_STATE_HOME/mg/runs/$1/log.ndjson"
	touch -d "-${2:-0 seconds}" "$XDG_STATE_HOME/mg/runs/$1/log.ndjson"
}

# events NAME N: an init, N calls of a tool, and their results.
events() {
	echo '{"type":"init","by":"mg-run"}'
	for i in $(seq "$2"); do
		echo '{"type":"tool_call","id":"1","agent":"a","turn":1,"call":"'"$i"'","name":"'"$1"'","arguments":{}}'
		echo '{"type":"tool_result","by":"mg-tools","id":"1","agent":"a","turn":1,"call":"'"$i"'","name":"'"$1"'","content":"x","is_error":false,"duration_ms":'"$i"',"bytes":2}'
	done
}

@test "stats: of a run, of the last one, of files, of standard input" {
	events old 2 | log first '2 hours'
	events new 3 | log second '1 hour'
	events inner 1 | log second-x.in
	status 0 stats -o ndjson first
	[ "$(jq -c 'select(.name) | [.name, .calls, .p50_ms]' out)" = '["old",2,1]' ]
	status 0 stats -o ndjson last
	[ "$(jq -r 'select(.name).name' out)" = new ]
	status 0 stats -o json first second
	[ "$(jq -c 'map(select(.name) | [.name, .calls])' out)" = '[["new",3],["old",2]]' ]
	[ "$(jq -c '.[] | select(.total) | [.calls, .results, .content_bytes, .output_bytes]' out)" = '[5,5,5,10]' ]
	events file 4 >events
	status 0 stats -o ndjson ./events
	[ "$(jq -r 'select(.name).calls' out)" = 4 ]
	[ "$(timeout 60 mg-tools stats -o ndjson <events | jq -r 'select(.name).calls')" = 4 ]
	[ "$(timeout 60 mg-tools stats -o ndjson - <events | jq -r 'select(.name).calls')" = 4 ]
	status 0 stats -t ./events
	grep -q '^file  *4  *0  *2 ms  *4 ms  *4$' out
	grep -q '^TOTAL  *4 ' out
}

@test "stats: on a terminal, without a name, of all runs" {
	events old 2 | log first '2 hours'
	events new 3 | log second
	timeout 60 script -qec 'timeout 60 mg-tools stats' /dev/null >drawn </dev/null
	grep -q 'TOTAL  *5 ' drawn
}

@test "stats: a run that is not there says the nearest" {
	events old 2 | log first
	status 66 stats frist
	grep -q 'there is no run frist (did you mean first?)' err
	status 66 stats ./frist
	status 66 stats ..
	status 66 stats ''
	rm -r "$XDG_STATE_HOME"
	status 66 stats last
}

@test "stats: lines that are no events are counted, and the others count" {
	{
		events good 2
		echo 'no event'
		printf '\000{"type":"tool_call"}\n'
		printf '{"type":"tool_call","name":"cut'
	} >events
	status 0 stats -o ndjson ./events
	grep -q '3 lines are no events' err
	[ "$(jq -c 'select(.total) | [.calls, .lines, .bad_lines]' out)" = '[2,8,3]' ]
}

@test "stats: a thousand calls add up" {
	for tool in $(seq 20); do
		events "tool$tool" 50 | sed "s/\"id\":\"1\"/\"id\":\"$tool\"/"
	done >events
	status 0 stats -o json ./events
	[ "$(jq -c '[length, (map(select(.name).calls) | add), (.[] | select(.total).calls)]' out)" = '[21,1000,1000]' ]
	[ "$(jq -c '.[] | select(.total) | [.p50_ms, .p95_ms]' out)" = '[25,48]' ]
}

# --- strangers ---

# Whether a file has a byte or a character that drives or misleads a reader.
harmless() {
	! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]' "$1" || {
		cat -v "$1"
		return 1
	}
}

@test "hostile texts of records reach no terminal and no pipe" {
	evil='"\e[2Jx\u202e\n\x9b31m\x07$(touch pwned)\u2028"'
	cat >tools/evil.yaml <<-X
		name: evil
		description: $evil
		label: read
		command: [$evil]
		env: ["A*"]
		needs: {programs: [$evil], tools: [$evil]}
		input_schema: {type: object, description: $evil, properties: {$evil: {enum: [$evil]}}, required: [$evil]}
		examples: [{arguments: {$evil: $evil}, output: $evil}, {arguments: {}}]
	X
	mkdir "$(printf 'tools\e[2J')"
	cp tools/evil.yaml "$(printf 'tools\e[2J/evil.yaml')"
	for dir in ./tools "./$(printf 'tools\e[2J')"; do
		for command in "0 list -t" "0 show -t evil" "1 check -t" "1 check -t --run" "0 accept evil"; do
			# shellcheck disable=SC2086 # words
			status $command -T "$dir"
			harmless out
			harmless err
			cat out err | grep -q evil
		done
		for command in "0 list" "0 show evil" "1 check"; do
			# shellcheck disable=SC2086 # words
			status $command -o ndjson -T "$dir"
			[ "$(jq -r .name out)" = evil ]
			[ "$(wc -l <out)" = 1 ]
			harmless err
		done
	done
	[ ! -e pwned ]
}

@test "hostile outputs of examples are harmless too" {
	printf '#!/bin/sh\nprintf "\\033[2J\\302\\233\\n\\377x"\n' >tools/one.sh
	record one <<<'examples: [{arguments: {}, output: hello}]'
	finds 5 'example 1 gave something else: ?[2J' --run
	harmless out
	status 1 check --run -T ./tools -o ndjson
	jq -e . out >lines
}

@test "hostile logs: names, codes and bytes" {
	cat >events <<-'X'
		{"type":"tool_call","call":"1","name":"\u001b[2J\u202e\nx"}
		{"type":"tool_result","call":"1","name":"\u001b[2J\u202e\nx","is_error":true,"code":"\u001b]0;x\u0007","content":"\u0000"}
	X
	status 0 stats -t ./events
	harmless out
	status 0 stats -o ndjson ./events
	[ "$(jq -c 'select(.name).codes' out)" = '{"\u001b]0;x\u0007":1}' ]
	head -c 17000000 /dev/zero | tr '\0' x >>events
	status 0 stats -o ndjson ./events
	[ "$(jq -c 'select(.total) | [.calls, .bad_lines]' out)" = '[1,1]' ]
}

@test "a reader that has gone ends them quietly, and a full disk is told" {
	record one </dev/null
	events x 1 >events
	for command in "list -T ./tools -t" "show -T ./tools -t one" "stats -t ./events"; do
		got=0
		# shellcheck disable=SC2086 # words
		timeout 60 mg-tools $command >/dev/full 2>err || got=$?
		[ "$got" = 74 ]
		grep -q 'unable to write' err
		got=$(timeout 60 bash -c "(sleep 0.2; exec mg-tools $command) | true
			echo \${PIPESTATUS[0]}" 2>err)
		[ "$got" = 141 ]
		[ ! -s err ]
	done
}

@test "a program that is asked what it is can write nothing, and reach nobody" {
	bwrap --dev-bind / / --unshare-net true || skip 'no bubblewrap that works'
	export HOME=$PWD
	mkdir -p .mg/tools
	cat >.mg/tools/spy <<-'X'
		#!/bin/sh
		[ "$1" = --describe ] || { echo called; exit; }
		touch "$HOME/was-here"
		echo '{"name": "spy", "description": "x", "label": "read"}'
	X
	chmod +x .mg/tools/spy
	run mg-tools list -o ndjson
	[[ $output == *'"name":"spy"'* ]]
	[ ! -e "$HOME/was-here" ]
	run mg-tools call -t spy
	[ "$output" = called ]
	# Without it, a folder that nobody named is not asked at all.
	echo >>.mg/tools/spy
	MG_NO_SANDBOX=1 run mg-tools list -o ndjson
	[[ $output != *'"name":"spy"'* ]]
	[[ $output == *'without bubblewrap'* ]]
	[ ! -e "$HOME/was-here" ]
}

@test "a program named by its whole path is pinned too, unless it is the system's" {
	mkdir -p t programs
	printf '#!/bin/sh\necho one\n' >programs/p
	chmod +x programs/p
	printf 'name: %s\ndescription: x\nlabel: read\ncommand: [%s]\n' mine "$PWD/programs/p" >t/mine.yaml
	printf 'name: %s\ndescription: x\nlabel: read\ncommand: [%s]\n' theirs /bin/true >t/theirs.yaml
	run mg-tools call -T ./t -t mine
	[ "$output" = one ]
	run mg-tools call -T ./t -t theirs
	[ "$status" = 0 ]
	echo 'echo two' >>programs/p
	run mg-tools call -T ./t -t mine
	[ "$status" = 77 ]
	[[ $output == *'mg-tools accept mine'* ]]
	run mg-tools accept -T ./t mine
	run mg-tools call -T ./t -t mine
	[ "$output" = $'one\ntwo' ]
}

@test "a program whose path only begins as the system's is pinned" {
	local path
	mkdir -p t programs
	printf '#!/bin/sh\necho one\n' >programs/p
	chmod +x programs/p
	ln -s /bin/true programs/link
	path=$PWD/programs
	printf 'name: dots\ndescription: x\nlabel: read\ncommand: [%s]\n' \
		"/usr/bin/../..$path/p" >t/dots.yaml
	printf 'name: link\ndescription: x\nlabel: read\ncommand: [%s]\n' \
		"/usr/bin/../..$path/link" >t/link.yaml
	run mg-tools call -T ./t -t dots
	[ "$output" = one ]
	run mg-tools call -T ./t -t link
	[ "$status" = 0 ]
	echo 'echo two' >>programs/p
	ln -sf "$path/p" programs/link
	for path in dots link; do
		run mg-tools call -T ./t -t $path
		[ "$status" = 77 ]
		[[ $output == *"mg-tools accept $path"* ]]
	done
}

# spy FOLDER: a program there that says it has been run.
spy() {
	mkdir -p "$1"
	cat >"$1/spy" <<-X
		#!/bin/sh
		# --describe
		touch "$PWD/was-here"
		echo '{"name": "spy", "description": "x", "label": "read"}'
	X
	chmod +x "$1/spy"
}

@test "without bubblewrap a folder found by chance is not asked, behind a link neither" {
	spy payload
	mkdir -p .mg share/tools
	export MG_SHARE=$PWD/share
	ln -s ../payload .mg/tools
	export MG_NO_SANDBOX=1
	status 0 list -o ndjson
	grep -q 'without bubblewrap' err
	[ ! -s out ]
	[ ! -e was-here ]
	# Whoever names it wants it.
	status 0 list -o ndjson -T .mg/tools
	[ "$(jq -r .name out)" = spy ]
	[ -e was-here ]
}

@test "what was not asked is told once each time, and asked when it can be" {
	local i
	mkdir -p share/tools
	export MG_SHARE=$PWD/share
	spy .mg/tools
	record one </dev/null
	cp tools/one.yaml .mg/tools
	cp tools/one.sh .mg/tools
	sleep 2.1 # so that the index keeps what it may
	for i in 1 2 3; do
		MG_NO_SANDBOX=1 status 0 list -o ndjson
		[ "$(grep -c 'not asked' err)" = 1 ]
		[ "$(jq -r .name out)" = one ]
	done
	grep -q '"one.yaml"' cache/mg/tools.ndjson
	not grep -q 'not asked' cache/mg/tools.ndjson
	status 0 list -o ndjson -T .mg/tools
	[ ! -s err ]
	for i in 1 2; do
		MG_NO_SANDBOX=1 status 0 list -o ndjson
		[ ! -s err ]
		[ "$(jq -r .name out | xargs)" = "one spy" ]
	done
}

@test "what stands in the way of the index is not waited for" {
	record one </dev/null
	mkdir -p cache/mg
	mkfifo cache/mg/tools.ndjson.new
	sleep 2.1 # so that there is something to write
	timeout 10 mg-tools list -T ./tools -o ndjson >out
	[ "$(jq -r .name out)" = one ]
	[ -p cache/mg/tools.ndjson.new ]
	rm cache/mg/tools.ndjson.new
	timeout 10 mg-tools list -T ./tools -o ndjson >out
	grep -q '"one.yaml"' cache/mg/tools.ndjson
}

@test "call: whose reader has gone ends the tool" {
	mkdir t
	printf 'name: slow\ndescription: x\nlabel: read\ncommand: [sleep, "50"]\n' >t/slow.yaml
	run timeout 30 bash -c 'set -o pipefail; mg-tools call -T ./t slow | true'
	[ "$status" = 141 ]
}
