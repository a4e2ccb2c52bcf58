# mg-tools as a stage, fed by hand: schemas, calls, results, cancel, drain, the
# past, and two of them in a row.

load ring/tool_bed

# request [MEMBERS]: the first of a conversation; members with a comma behind.
request() {
	echo '{"type":"request","by":"mg-vote","id":"t","agent":"a","turn":1,'"${1:-}"'"messages":[{"role":"user","content":"[{\"]}"}],"seed":9007199254740993, "x" : 1.0}'
}

# The line that begins with this type, as it came out.
came() {
	grep "\"type\":\"$1\"" <<<"$output"
}

# --- schemas -------------------------------------------------------------------

@test "schemas are added behind the tools that are there; all other bytes stay" {
	local own='{"name":"own","description":"d","input_schema":{"type":"object","n":1.50}}'
	tool beta 'input_schema: {type: object, properties: {n: {type: integer}}}' -- echo
	tool alpha -- echo
	stage "$init" "$(request "\"tools\":[$own],")" "$end"
	[ "$(came request | jq -c '[.tools[].name]')" = '["own","alpha","beta"]' ]
	[ "$(came request | jq -c '.tools[2]')" = '{"name":"beta","description":"The tool beta","input_schema":{"type":"object","properties":{"n":{"type":"integer"}}}}' ]
	[ "$(came request | jq -c '.tools[1].input_schema')" = '{"type":"object"}' ]
	# Taken out again, what is left is the line that came in.
	[ "$(came request | sed 's/,{"name":"alpha".*"integer"}}}}\]/]/')" = "$(request "\"tools\":[$own],")" ]
	[ -z "$stderr" ]
}

@test "a request without tools, with none and with blanks among them" {
	tool alpha -- echo
	local tools
	for tools in '' '"tools":[],' '"tools" : [ ] ,'; do
		stage "$init" "$(request "$tools")" "$end"
		[ "$(came request | jq -c '[.tools[].name]')" = '["alpha"]' ]
		[ "$(came request | jq -c 'keys - ["tools"]')" = "$(request | jq -c keys)" ]
		[[ $(came request) == *'"seed":9007199254740993, "x" : 1.0'* ]]
	done
}

@test "a name that is there is not added again, however it is spelt" {
	tool alpha -- echo
	tool beta -- echo
	local name
	for name in alpha '\u0061lpha'; do
		stage "$init" "$(request '"tools":[{"name":"'"$name"'","description":"another","input_schema":{}}],')" "$end"
		[ "$(came request | jq -c '[.tools[].name]')" = '["alpha","beta"]' ]
		[ "$(came request | jq -r '.tools[0].description')" = another ]
	done
}

@test "a name within another's schema is no tool that is there" {
	tool alpha -- echo
	stage "$init" "$(request '"tools":[{"name":"own","description":"\"name\":\"alpha\"","input_schema":{"properties":{"name":{"const":"alpha"}},"name":"alpha"}}],')" "$end"
	[ "$(came request | jq -c '[.tools[].name]')" = '["own","alpha"]' ]
}

@test "requests that are another's, forks, and later turns stay as they are" {
	tool alpha -- echo
	local later='{"type":"request","id":"t","agent":"a","turn":2,"append":[{"role":"user","content":"x"}]}'
	local fork='{"type":"request","id":"q","agent":"a","turn":1,"fork":"t","append":[]}'
	local taken
	taken=$(request | sed 's/}$/,"taken":"mg-cost"}/')
	stage "$init" "$later" "$fork" "$taken" "$end"
	[ "${lines[1]}" = "$later" ]
	[ "${lines[2]}" = "$fork" ]
	[ "${lines[3]}" = "$taken" ]
	# A later turn that brings tools gets ours too, or they would be gone.
	stage "$init" "${later%\}},\"tools\":[{\"name\":\"own\",\"input_schema\":{}}]}" "$end"
	[ "$(came request | jq -c '[.tools[].name]')" = '["own","alpha"]' ]
}

@test "no tools: every line passes byte for byte" {
	local others=('{"by":"x", "type" : "request","tools":[ {"name":"x"} ],"messages":[]}'
		'{"type":"tool_call","call":"c","name":"x","arguments":{"n":123456789012345678901234567890}}'
		'{ "no":"type" }' '{"type":"step"}')
	stage "$init" "${others[@]}" "$end"
	[ "$output" = "$(printf '%s\n' "$init" "${others[@]}" "$end")" ]
}

# --- calls -----------------------------------------------------------------------

@test "a call is taken, run, and answered once, with whose it is" {
	tool alpha -- say hello
	stage "$init" "$(call c1 alpha '{"n":1}')" "$end"
	[ "$(types)" = 'init tool_call tool_result end ' ]
	[ "${lines[1]}" = "$(call c1 alpha '{"n":1}' | sed 's/}$/,"taken":"mg-tools"}/')" ]
	[ "$(of c1 '[.by, .id, .agent, .turn, .call, .name, .is_error, .code, .bytes] | tojson')" = '["mg-tools","t","a",1,"c1","alpha",false,null,6]' ]
	[[ $(of c1 .content) == hello ]]
	[ "$(of c1 '.duration_ms | type')" = number ]
	[[ ${lines[2]} != *'"ts"'* ]]
	[ "${lines[3]}" = "$end" ]
	alone
}

@test "arguments reach it as JSON on standard input, bytes as they were, and by name" {
	local arguments='{"city":"Köln \"x\"","n":9007199254740993,"list":[1, 2.50],"bad-name":"no","":1,"z":null}'
	tool alpha -- echo
	tool vars -- env
	stage "$init" "$(call c1 alpha "$arguments")" "$(call c2 vars "$arguments")" "$end"
	[ "$(of c1 .content)" = "$arguments" ]
	of c2 .content >vars
	grep -qx 'ARG_city=Köln "x"' vars
	grep -qx 'ARG_n=9007199254740993' vars
	grep -qx 'ARG_list=\[1, 2.50\]' vars
	grep -qx 'ARG_z=null' vars
	[ "$(grep -c '^ARG_' vars)" = 4 ]
	grep -qx 'MG_TOOL=vars' vars
	grep -qx 'MG_CALL=c2' vars
	grep -qx 'MG_AGENT=a' vars
	[ -d "$(sed -n 's/^MG_TOOL_STATE=//p' vars)" ]
	[ "$(stat -c %a "$(sed -n 's/^MG_TOOL_STATE=//p' vars)")" = 700 ]
}

@test "a call to nobody's tool, or that somebody took, passes and is not run" {
	tool alpha -- count ran
	local foreign taken
	foreign=$(call c1 beta)
	taken=$(call c2 alpha | sed 's/}$/,"taken":"mg-plan"}/')
	stage "$init" "$foreign" "$taken" "$(call c3 ALPHA)" "$(call c4 'alpha ')" "$end"
	[ "$output" = "$(printf '%s\n' "$init" "$foreign" "$taken" "$(call c3 ALPHA)" "$(call c4 'alpha ')" "$end")" ]
	[ ! -e ran ]
}

@test "results come as tools end: two that wait for each other, and the quick first" {
	tool one -- meet one.here two.here
	tool two -- meet two.here one.here
	tool slow -- once slow go
	begin
	say "$init" "$(call c0 slow)" "$(call c1 one)" "$(call c2 two)"
	heard '"call":"c1","name":"one","content":"met'
	heard '"call":"c2","name":"two","content":"met'
	touch go
	say "$end"
	finish
	[ "$(field 'select(.type == "tool_result").call' | tail -n 1)" = c0 ]
	[ "$(types)" = 'init tool_call tool_call tool_call tool_result tool_result tool_result end ' ]
}

@test "-j: no more at once; the others wait and all are answered" {
	local calls=() i
	tool alpha -- up work
	for i in $(seq 12); do calls+=("$(call "c$i" alpha)"); done
	opts=(-j 3)
	stage "$init" "${calls[@]}" "$end"
	[ "$(count tool_result)" = 12 ]
	[ "$(field 'select(.type == "tool_result" and .is_error | not) | select(.type == "tool_result").call' | sort -u | wc -l)" = 12 ]
	# never more than three, and three at some time
	[ "$(awk '{n += $1 == "+" ? 1 : -1; if (n > m) m = n} END {print m}' work)" = 3 ]
	[ "$(wc -l <work)" = 24 ]
}

@test "arguments that do not fit: the program is not started, and it says where" {
	tool alpha 'input_schema: {type: object, properties: {city: {type: string}, days: {type: integer, minimum: 1}}, required: [city]}' \
		-- count ran
	stage "$init" "$(call c1 alpha '{"days":0}')" "$(call c2 alpha '{"city":7}')" \
		"$(call c3 alpha '{"city":"x","days":"many"}')" "$(call c4 alpha '{"city":"Rome"}')" "$end"
	[ "$(of c1 '[.is_error, .code] | tojson')" = '[true,"bad_arguments"]' ]
	[[ $(of c1 .content) == *city*days*1* ]]
	[ "$(of c2 .code)" = bad_arguments ]
	[[ $(of c2 .content) == *city*string* ]]
	[ "$(of c3 .code)" = bad_arguments ]
	[ "$(of c4 .is_error)" = false ]
	[ "$(cat ran)" = c4 ]
}

@test "arguments that are no object, or no JSON, are no reason to run or to fall silent" {
	tool alpha -- count ran
	local bad
	for bad in '"x"' '[]' null '{"a":1,}' '{"a":"\ud800\u0000"' '{"a" 1}'; do
		rm -f ran
		run --separate-stderr timeout 50 mg-tools -T tools < <(printf '%s\n' "$init" "$(call c1 alpha "$bad")" "$(call c2 alpha)" "$end")
		[ "$status" = 0 ] || [ "$status" = 65 ]
		[ "$(cat ran)" = c2 ]
		[ "$(jq -R 'fromjson? | select(.type == "tool_result" and .call == "c2")' <<<"$output" | jq -s length)" = 1 ]
		[ "$(jq -R 'fromjson? | select((.type == "tool_result" and .call == "c1") or .type == "error")' <<<"$output" | jq -s length)" = 1 ]
		[ "$(tail -n 1 <<<"$output")" = "$end" ]
	done
}

@test "labels: what writes or cannot be taken back wants leave" {
	tool writes 'label: write' -- count ran
	tool drops 'label: [read, irreversible]' -- count ran
	tool reads 'label: read' -- count ran
	tool net 'label: network' -- count ran
	tool none 'label: read' -- count ran
	sed -i '/^label/d' tools/none.yaml
	local calls
	calls=("$(call c1 writes)" "$(call c2 drops)" "$(call c3 none)" "$(call c4 reads)" "$(call c5 net)")
	stage "$init" "${calls[@]}" "$end"
	[ "$(field 'select(.code == "refused").call' | sort | tr -d '\n')" = c1c2c3 ]
	[[ $(of c1 .content) == *allow* ]]
	[ "$(sort ran | tr -d '\n')" = c4c5 ]
	rm ran
	opts=(--allow writes --allow none)
	stage "$init" "${calls[@]}" "$end"
	[ "$(field 'select(.code == "refused").call')" = c2 ]
	[ "$(sort ran | tr -d '\n')" = c1c3c4c5 ]
}

@test "a version that is not offered is not called" {
	tool keep 'version: 1.0.0' -- count old
	mv tools/keep.yaml tools/keep1.yaml
	tool keep 'version: 2.0.0' -- count new
	stage "$init" "$(call c1 keep@1)" "$(call c2 keep@2)" "$(call c3 keep)" "$end"
	[ -z "$(of c1 .content)" ]
	[ "$(of c2 .is_error)" = false ]
	[ ! -e old ]
	[ "$(cat new | wc -l)" = 2 ]
}

@test "a definition that has changed is not run, until it is accepted" {
	cp "$ROOT/tests/ring/tool_act.sh" tools/act
	tool alpha -- count ran
	sed -i 's|"[^"]*tool_act.sh"|./act|' tools/alpha.yaml
	stage "$init" "$(call c1 alpha)" "$end"
	[ "$(of c1 .is_error)" = false ]
	echo '# not what it was' >>tools/act
	stage "$init" "$(call c2 alpha)" "$end"
	[ "$(of c2 '[.is_error, .code] | tojson')" = '[true,"changed"]' ]
	[[ $(of c2 .content) == *accept* ]]
	run -0 timeout 50 mg-tools accept -T tools alpha
	# It changes while the stage stands: seen at the next call.
	begin
	say "$init" "$(call c3 alpha)"
	heard '"call":"c3","name":"alpha","content"'
	echo '# and again' >>tools/act
	say "$(call c4 alpha)" "$end"
	finish
	[ "$(of c3 .is_error)" = false ]
	[ "$(of c4 .code)" = changed ]
	[ "$(tr -d '\n' <ran)" = c1c3 ]
}

# --- how tools fail ------------------------------------------------------------------

@test "status, signal, timeout: an error that holds what was written, and why" {
	tool fails -- status 3 'so far'
	tool dies -- signal SEGV 'so far'
	tool hangs 'timeout: 300ms' -- hang 'so far'
	tool gone 'label: read' -- echo
	sed -i 's|"[^"]*tool_act.sh"|no-such-program-here|' tools/gone.yaml
	stage "$init" "$(call c1 fails)" "$(call c2 dies)" "$(call c3 hangs)" "$(call c4 gone)" "$end"
	[ "$(of c1 '[.is_error, .code] | tojson')" = '[true,"tool_failed"]' ]
	[[ $(of c1 .content) == *'so far'*3*'last words'* || $(of c1 .content) == *3*'last words'*'so far'* ]]
	[ "$(of c2 .code)" = tool_failed ]
	[[ $(of c2 .content) == *'so far'* && $(of c2 .content) == *signal* ]]
	[ "$(of c3 .code)" = timeout ]
	[[ $(of c3 .content) == *'so far'* ]]
	[ "$(of c4 '[.is_error, .code] | tojson')" = '[true,"program_failed"]' ]
	[[ $(of c4 .content) == *no-such-program-here* ]]
	[ "$(count tool_result)" = 4 ]
	alone
}

@test "a status is no signal, however high" {
	tool high -- status 200 'so far'
	tool low -- status 137 'so far'
	stage "$init" "$(call c1 high)" "$(call c2 low)" "$end"
	[[ $(of c1 .content) == *'status 200'* ]]
	[[ $(of c2 .content) == *137* || $(of c2 .content) == *'signal 9'* ]]
}

@test "garbage, half lines, a closed standard output, arguments that nobody reads" {
	tool garbage -- garbage
	tool half -- half '{"type":"tool_result","content":"ha'
	tool halftext -- half 'no newline'
	tool close -- close
	tool deaf -- deaf
	tool silent -- half ''
	tool halfevent -- raw '{"type":"step","content":"a"}\n{"type":"tool_result","content":"ha'
	local big
	big=$(head -c 300000 /dev/zero | tr '\0' y)
	stage "$init" "$(call c1 garbage)" "$(call c2 half)" "$(call c3 halftext)" "$(call c4 close)" \
		"$(call c5 deaf "{\"big\":\"$big\"}")" "$(call c6 silent)" \
		"$(call c7 halfevent)" "$end"
	[ "$(of c1 .is_error)" = true ]
	# What begins as an event has to be one.
	[ "$(of c2 '[.is_error, .code] | tojson')" = '[true,"malformed_reply"]' ]
	[ "$(of c7 '[.is_error, .code] | tojson')" = '[true,"malformed_reply"]' ]
	[ "$(of c3 '[.is_error, .content] | tojson')" = '[false,"no newline"]' ]
	[ "$(of c4 .is_error)" = false ]
	[[ $(of c4 .content) == 'all of it' ]]
	[ "$(of c5 .is_error)" = false ]
	[[ $(of c5 .content) == 'heard nothing' ]]
	[ "$(of c6 '[.is_error, .content, .bytes] | tojson')" = '[false,"(no output)",0]' ]
	[ "$(count tool_result)" = 7 ]
	alone
}

@test "events: steps with whose they are, deltas, results; an error is one" {
	tool steps -- steps 3
	tool bad -- raw '{"type":"step","content":"a"}\n{"type":"tool_result","content":"no","is_error":true}\n'
	tool sorry -- raw '{"type":"delta","content":"a"}\n{"type":"error","message":"no disk"}\n'
	tool team -- raw '{"type":"init","v":1}\n{"type":"message","content":"m"}\n{"type":"result","status":"done","content":"r"}\n{"type":"end","status":"done"}\n'
	tool said -- raw '{"type":"init","v":1}\n{"type":"message","content":"one"}\n{"type":"message","content":"two"}\n{"type":"end","status":"done"}\n'
	tool json -- raw '{"type":"weather","content":"sun"}\n'
	stage "$init" "$(call c1 steps)" "$(call c2 bad)" "$(call c3 sorry)" "$(call c4 team)" "$(call c5 said)" "$(call c6 json)" "$end"
	[ "$(field 'select(.type == "step" and .call == "c1") | [.by, .id, .agent, .turn, .kind, .content, .done, .total] | tojson' | head -1)" = '["mg-tools","t","a",1,"progress","part 1",1,3]' ]
	[ "$(field 'select(.type == "step" and .call == "c1").done' | tr -d '\n')" = 123 ]
	[ "$(of c1 '[.is_error, .content] | tojson')" = '[false,"all 3 parts"]' ]
	[ "$(of c2 '[.is_error, .content] | tojson')" = '[true,"no"]' ]
	[ "$(of c3 .is_error)" = true ]
	[[ $(of c3 .content) == *'no disk'* ]]
	[ "$(of c4 '[.is_error, .content] | tojson')" = '[false,"r"]' ]
	[ "$(of c5 .content)" = two ]
	[[ $(of c6 .content) == '{"type":"weather","content":"sun"}' ]]
	# Nothing of what tools write enters the stream as an event of its own.
	[ "$(field 'select(.type | IN("init", "message", "result", "error", "end", "delta")).type' | tr '\n' ' ')" = 'init end ' ]
	[ "$(count tool_result)" = 6 ]
}

@test "events that are not quite: none of them reads as success" {
	local number=0 event said=("$init")
	for event in '{"type":"error","message":"a\0377"}' '{"type":"tool_result","content":"a\001","is_error":true}' \
		'\0357\0273\0277{"type":"error","message":"a"}' '{ "type" : "error", "mess' '{"x":1,"type":"error","message":"a",}' \
		'{"type":"tool_result","content":"a","is_error":"true"}' '{"type":"tool_result","content":"a","is_error":1}' \
		'{"type":"tool_result","content":"a","is_error":{}}' '{"type":"tool_result","content":"a","isError":true}'; do
		number=$((number + 1))
		tool "t$number" -- raw "$event\n"
		said+=("$(call "c$number" "t$number")")
	done
	tool fine -- raw '{"type":"tool_result","content":"a","is_error":null}\n'
	tool mine -- raw '{"type":"mine","message":"a"\n'
	stage "${said[@]}" "$(call fine fine)" "$(call mine mine)" "$end"
	[ "$(field 'select(.type == "tool_result" and .is_error).call' | grep -c '^c')" = "$number" ]
	[ "$(of fine .content)" = a ]
	[ "$(of mine .content)" = '{"type":"mine","message":"a"' ]
}

@test "a step that is very long is cut: it never fails the call" {
	tool long -- raw ''
	sed -i "s/command: .*/command: [sh, -c, 'printf \"{\\\\\"type\\\\\":\\\\\"step\\\\\",\\\\\"content\\\\\":\\\\\"\"; head -c 16000000 \/dev\/zero | tr \"\\\\0\" x; echo \"\\\\\"}\"; echo \"{\\\\\"type\\\\\":\\\\\"tool_result\\\\\",\\\\\"content\\\\\":\\\\\"fine\\\\\"}\"']/" tools/long.yaml
	stage "$init" "$(call c1 long)" "$end"
	[ "$(of c1 .content)" = fine ]
	[ "$(field 'select(.type == "step").content | length')" = 65536 ]
	[ "$(count error)" = 0 ]
}

@test "several results, or a step behind the result: still one result" {
	tool twice -- raw '{"type":"tool_result","content":"a"}\n{"type":"tool_result","content":"b"}\n{"type":"step","content":"late"}\n'
	stage "$init" "$(call c1 twice)" "$end"
	[ "$(count tool_result)" = 1 ]
	[ "$(field .type | tail -n 2 | tr '\n' ' ')" = 'tool_result end ' ]
}

@test "output_schema: what does not fit is no success" {
	tool good 'output_schema: {type: object, required: [n]}' -- raw '{"n": 1}\n'
	tool wrong 'output_schema: {type: object, required: [n]}' -- raw '{"m": 1}\n'
	tool text 'output_schema: {type: object}' -- say hello
	stage "$init" "$(call c1 good)" "$(call c2 wrong)" "$(call c3 text)" "$end"
	[ "$(of c1 .is_error)" = false ]
	[ "$(of c2 '[.is_error, .code] | tojson')" = '[true,"malformed_reply"]' ]
	[[ $(of c2 .content) == *n* ]]
	[ "$(of c3 .code)" = malformed_reply ]
}

@test "long output: head, note, tail; the whole in a file; beyond the limit it is ended" {
	tool long 'limits: {output: 1KiB}' -- flood 1000000
	tool endless 'limits: {output: 1KiB, output_max: 2MiB}' -- flood 1000000000000
	tool failing 'limits: {output: 1KiB}' -- flood 100000 3
	stage "$init" "$(call c1 long)" "$(call c2 endless)" "$(call c3 failing)" "$end"
	[ "$(of c1 '[.is_error, .bytes] | tojson')" = '[false,1000011]' ]
	of c1 .content >shown
	[[ $(head -n 1 shown) == HEAD ]]
	[[ $(tail -n 1 shown) == TAIL ]]
	[ "$(wc -c <shown)" -lt 1600 ]
	local file
	file=$(grep -o 'all of it: [^] ]*' shown | cut -c 12-)
	"$ROOT/tests/ring/tool_act.sh" flood 1000000 | cmp - "$file"
	# head, what was left out and tail are all there is
	[ "$(($(grep -o '[0-9]* bytes left out' shown | cut -d' ' -f1) + $(grep -v 'bytes left out' shown | tr -d '\n' | wc -c)))" -le 1000011 ]
	[ "$(of c2 '[.is_error, .code] | tojson')" = '[true,"too_large"]' ]
	[ "$(of c3 .code)" = tool_failed ]
	[[ $(of c3 .content) == *HEAD* ]]
	alone
}

@test "without bubblewrap: what left the group is gone soon, whoever else runs" {
	export MG_NO_SANDBOX=1
	tool leaves -- forks setsid
	tool waits -- once waits.ran go
	begin
	say "$init" "$(call c1 waits)"
	until_ok test -e waits.ran.up
	say "$(call c2 leaves)" "$(call c3 leaves)"
	heard '"call":"c2","name":"leaves","content"'
	heard '"call":"c3","name":"leaves","content"'
	# Only the tool that waits is there: a shell, and what it sleeps with.
	until_ok eval '[ -z "$(grep -lsz "1000[.]$NUM" /proc/[0-9]*/cmdline)" ]'
	touch go
	say "$end"
	finish
	alone
}

@test "what a tool leaves behind is ended with it, with bubblewrap and without" {
	local how i=0 calls=()
	for how in child setsid twice pipe bare; do
		tool "$how" 'timeout: 30s' -- forks "$how" "$NUM"
		i=$((i + 1))
		calls+=("$(call "c$i" "$how")")
	done
	for how in with without; do
		[ $how = with ] || no_bwrap
		begin
		say "$init" "${calls[@]}"
		for i in 1 2 3 4 5; do heard '"type":"tool_result","by":"mg-tools","id":"t","agent":"a","turn":1,"call":"c'$i'"'; done
		# The stage stands; what its tools left does not.
		until_ok eval '[ "$(grep -lsz "1000[.]$NUM" /proc/[0-9]*/cmdline | cut -d/ -f3 | xargs -rI{} grep -ls "^State:.[^ZX]" /proc/{}/status | wc -l)" = 0 ]'
		kill -0 "$PID"
		say "$end"
		finish
		[ "$(field 'select(.type == "tool_result") | [.is_error, .content] | tojson' | sort -u)" = '[false,"left behind"]' ]
		[ $how = with ] || [ "$(field 'select(.type == "tool_result").sandbox' | sort -u)" = none ]
		alone
	done
}

# --- cancel, drain, the end ----------------------------------------------------------

@test "cancel ends the calls that it names, and no others" {
	local i
	tool hangs -- hang x
	tool waits -- once up go
	begin
	say "$init" "$(call c1 hangs)" "$(call c2 hangs)" "$(call c3 hangs '' b)" \
		"$(call c4 hangs '' a u)" "$(call c5 waits '' b v)"
	until_ok test -e up.up
	say '{"type":"cancel","id":"t","agent":"a","turn":1,"call":"c2"}'
	heard '"call":"c2","name":"hangs","content"'
	run ! grep -qE '"call":"c[1345]","name":"hangs","content"' out
	say '{"type":"cancel","id":"t","agent":"b"}'
	heard '"call":"c3","name":"hangs","content"'
	say '{"type":"cancel","id":"u","reason":"enough"}'
	heard '"call":"c4","name":"hangs","content"'
	[ "$(grep -c '^{"type":"tool_result"' out)" = 3 ]
	say '{"type":"cancel","agent":"a"}'
	heard '"call":"c1","name":"hangs","content"'
	touch go
	say "$end"
	finish
	[ "$(field 'select(.type == "tool_result" and .code == "cancelled").call' | sort | tr -d '\n')" = c1c2c3c4 ]
	[ "$(of c5 .is_error)" = false ]
	[[ $(of c4 .content) == *enough* ]]
	[ "$(count tool_result)" = 5 ]
	alone
}

@test "cancel of all ends those that wait for their turn too; nothing is run later" {
	tool hangs -- once up never
	tool counts -- count ran
	opts=(-j 1)
	begin
	say "$init" "$(call c1 hangs)" "$(call c2 counts)" "$(call c3 counts)"
	until_ok test -e up.up
	say '{"type":"cancel","reason":"stop"}' "$(call c4 counts)" "$end"
	finish
	[ "$(field 'select(.code == "cancelled").call' | sort | tr -d '\n')" = c1c2c3 ]
	[ "$(cat ran)" = c4 ]
	[ "$(count tool_result)" = 4 ]
	alone
}

@test "a cancel that names nobody's call, or comes too late, does nothing" {
	tool alpha -- say x
	begin
	say "$init" "$(call c1 alpha)"
	heard '"call":"c1","name":"alpha","content"'
	say '{"type":"cancel","id":"t","agent":"a","call":"c1"}' '{"type":"cancel","id":"zz"}' "$(call c2 alpha)"
	heard '"call":"c2","name":"alpha","content"'
	say "$end"
	finish
	[ "$(field 'select(.type == "tool_result").is_error' | sort -u)" = false ]
	[ "$(count tool_result)" = 2 ]
}

@test "drain: what is open is cancelled, what still asks gets an error" {
	tool hangs -- once up never
	tool counts -- count ran
	begin
	say "$init" "$(call c1 hangs)"
	until_ok test -e up.up
	say "$drain" "$(call c2 counts)" "$(call c3 nobody)" "$end"
	finish
	[ "$(types)" = 'init tool_call tool_result drain tool_call tool_result tool_call end ' ]
	[ "$(field 'select(.type == "tool_result") | .call + .code' | tr '\n' ' ')" = 'c1cancelled c2cancelled ' ]
	[ ! -e ran ]
	alone
}

@test "end passes last: when nothing is open" {
	tool waits -- once up go
	begin
	say "$init" "$(call c1 waits)" "$end"
	until_ok test -e up.up
	run ! grep -q '"type":"end"' out
	touch go
	finish
	[ "$(types)" = 'init tool_call tool_result end ' ]
}

@test "a dead ring: calls end, nothing more is said, nobody is left" {
	tool hangs -- once up never
	tool forks -- forks setsid "$NUM"
	begin
	say "$init" "$(call c1 hangs)"
	until_ok test -e up.up
	finish
	[ "$(types)" = 'init tool_call ' ]
	alone
}

@test "a signal, and a reader that is gone: nobody is left" {
	tool hangs -- once up never
	local sig pid
	for sig in TERM INT; do
		rm -f up up.up in
		mkfifo in
		env --default-signal=INT mg-tools -T tools <in >out 2>err 4>&- &
		pid=$!
		exec 4>in
		say "$init" "$(call c1 hangs)"
		until_ok test -e up.up
		kill -$sig $pid
		exec 4>&-
		until_ok eval "! kill -0 $pid"
		alone
	done
	rm -f up up.up in back
	mkfifo in back
	head -n 3 back >/dev/null &
	mg-tools -T tools <in >back 2>err 4>&- &
	pid=$!
	exec 4>in
	say "$init" "$(call c1 hangs)"
	until_ok test -e up.up
	say '{"type":"last"}'
	until_ok eval "! kill -0 $pid"
	exec 4>&-
	alone
}

@test "in a line: a truncated stream finishes what is open, and ends with 65" {
	tool alpha -- say x
	status_wanted=65 stage '{"type":"init","by":"mg-ask","v":1}' "$(call c1 alpha)"
	[ "$(of c1 .is_error)" = false ]
	stage '{"type":"init","by":"mg-ask","v":1}' "$(call c1 alpha)" "$end"
	[ "$(of c1 .is_error)" = false ]
	stage "$(call c1 alpha)"
	[ "$(of c1 .is_error)" = false ]
}

@test "bad lines are replaced by their errors, and the calls between are served" {
	tool alpha -- say x
	stage "$init" 'no event' "$(call c1 alpha)" '{"type":"tool_call",' "$end"
	[ "$(count error)" = 2 ]
	[ "$(field 'select(.type == "error").line' | tr '\n' ' ')" = '2 4 ' ]
	[ "$(of c1 .is_error)" = false ]
	status_wanted=65 stage '{"type":"init","v":1}' 'no event' "$(call c1 alpha)" "$end"
	[ "$(of c1 .is_error)" = false ]
}

@test "what comes back to its maker is taken off" {
	tool alpha -- say x
	stage "$init" "$(call c1 alpha)" '{"lap":1,"type":"tool_result","by":"mg-tools","id":"t","agent":"a","turn":1,"call":"c1","content":"x"}' \
		'{"lap":1,"type":"tool_result","by":"mg-ask","id":"t","agent":"a","turn":1,"call":"c9","content":"x"}' "$end"
	[ "$(field 'select(.type == "tool_result") | .by + .call' | sort | tr '\n' ' ')" = 'mg-askc9 mg-toolsc1 ' ]
}

# --- the past --------------------------------------------------------------------------

@test "past calls are taken as live ones, and run at resume if nothing is known of them" {
	tool alpha -- count ran
	begin
	say "$(past "$init")" "$(past "$(call c1 alpha)")" "$(past "$(call c2 nobody)")"
	heard '"c2"'
	[ ! -e ran ]
	say "$resume" "$init" "$end"
	finish
	[ "${lines[1]}" = "$(past "$(call c1 alpha)" | sed 's/}$/,"taken":"mg-tools"}/')" ]
	[ "${lines[2]}" = "$(past "$(call c2 nobody)")" ]
	[ "$(field 'select(.past == null and .type == "tool_result") | [.call, .is_error] | tojson')" = '["c1",false]' ]
	[ "$(cat ran)" = c1 ]
}

@test "past calls with their result are not run again, nor those of others" {
	tool alpha -- count ran
	local result='{"past":1,"type":"tool_result","by":"mg-tools","id":"t","agent":"a","turn":1,"call":"c1","content":"x","is_error":false}'
	stage "$(past "$init")" "$(past "$(call c1 alpha)")" "$result" \
		"$(past "$(call c2 alpha)" | sed 's/}$/,"taken":"mg-plan"}/')" "$resume" "$init" "$end"
	[ "$(field 'select(.past == null and .type == "tool_result")')" = '' ]
	[ ! -e ran ]
	# the same call id in another turn, of another agent, of another task is
	# another call
	stage "$(past "$init")" "$(past "$(call c1 alpha)")" "$result" \
		"$(past "$(call c1 alpha '' b)")" "$(past "$(call c1 alpha '' a u)")" \
		"$(past "$(call c1 alpha | sed 's/"turn":1/"turn":2/')")" "$resume" "$init" "$end"
	[ "$(field 'select(.past == null and .type == "tool_result")|.id + .agent + (.turn|tostring)' | sort | tr '\n' ' ')" = 'ta2 tb1 ua1 ' ]
	[ "$(wc -l <ran)" = 3 ]
}

@test "past calls of a task that is decided, or that were cancelled, are not run" {
	tool alpha -- count ran
	stage "$(past "$init")" "$(past "$(call c1 alpha)")" \
		'{"past":1,"type":"cancel","by":"mg-run","id":"t"}' "$resume" "$init" "$end"
	[ ! -e ran ]
	[ "$(field 'select(.past == null and .type == "tool_result") | .code')" = cancelled ]
}

@test "killed in mid-call and resumed: read-only runs again, the outcome of others is unknown" {
	tool reads -- once reads.ran go
	tool net 'label: [read, network]' -- once net.ran go
	tool writes 'label: write' -- once writes.ran go
	tool drops 'label: [read, irreversible]' -- once drops.ran go
	opts=(--allow writes --allow drops)
	export MG_RUN=r
	mkdir -p "$RUNS/r"
	local calls
	calls=("$(call c1 reads)" "$(call c2 net)" "$(call c3 writes)" "$(call c4 drops)")
	rm -f in
	mkfifo in
	mg-tools -T tools "${opts[@]}" <in >out 2>err 4>&- &
	PID=$!
	exec 4>in
	say "$init" "${calls[@]}"
	local name
	for name in reads net writes drops; do until_ok test -e $name.ran.up; done
	kill -9 "$PID"
	exec 4>&-
	wait "$PID" || true
	touch go
	local was=()
	for name in "${calls[@]}"; do was+=("$(past "$name")"); done
	stage "$(past "$init")" "${was[@]}" "$(past "$(call c5 writes)")" "$resume" "$init" "$end"
	[ "$(field 'select(.past == null and .type == "tool_result") | .call + (.code // "")' | sort | tr '\n' ' ')" = 'c1 c2 c3outcome_unknown c4outcome_unknown c5 ' ]
	[ "$(of c3 .is_error)" = true ]
	[ "$(tr '\n' ' ' <reads.ran)" = 'c1 c1 ' ]
	[ "$(wc -l <net.ran)" = 2 ]
	[ "$(tr '\n' ' ' <writes.ran)" = 'c3 c5 ' ]
	[ "$(tr '\n' ' ' <drops.ran)" = 'c4 ' ]
	alone
}

# --- several ---------------------------------------------------------------------------

@test "two stages that have one tool: the first runs it, and says it once" {
	mkdir first second
	FOLDER=first tool alpha -- say first
	FOLDER=first tool one -- say 1
	FOLDER=second tool alpha -- say second
	FOLDER=second tool two -- say 2
	run -0 --separate-stderr timeout 50 bash -c 'mg-tools -T ./first | mg-tools --as mg-tools.2 -T ./second' \
		< <(printf '%s\n' "$init" "$(request)" "$(call c1 alpha)" "$(call c2 one)" "$(call c3 two)" "$end")
	[ "$(came request | jq -c '[.tools[].name]')" = '["alpha","one","two"]' ]
	[ "$(field 'select(.type == "tool_result") | [.call, .by, .content] | tojson' | sort | tr '\n' ' ')" = '["c1","mg-tools","first"] ["c2","mg-tools","1"] ["c3","mg-tools.2","2"] ' ]
	[ "$(field 'select(.type == "tool_call") | .taken' | tr '\n' ' ')" = 'mg-tools mg-tools mg-tools.2 ' ]
}

@test "what writes to one path is not run at once: by argument, and by path" {
	tool put 'label: write' 'writes: [path]' 'input_schema: {type: object, properties: {path: {type: string}}}' -- up same
	tool fixed 'label: write' "writes: [\"$PWD/same.txt\"]" -- up same
	tool other 'label: write' 'writes: [path]' -- meet here there
	tool another 'label: write' 'writes: [path]' -- meet there here
	opts=(--allow put --allow fixed --allow other --allow another)
	local p=$PWD
	stage "$init" "$(call c1 put '{"path":"same.txt"}')" "$(call c2 put "{\"path\":\"$p/same.txt\"}")" \
		"$(call c3 put '{"path":"./same.txt"}')" "$(call c4 put '{"path":"x/../same.txt"}')" "$(call c5 fixed)" \
		"$(call c6 other '{"path":"a"}')" "$(call c7 another '{"path":"b"}')" "$end"
	[ "$(field 'select(.type == "tool_result").is_error' | sort -u)" = false ]
	[ "$(count tool_result)" = 7 ]
	[ "$(awk '{n += $1 == "+" ? 1 : -1; if (n > m) m = n} END {print m}' same)" = 1 ]
}
