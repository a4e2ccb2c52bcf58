# Team files: what is said of them, and that MassGen's own run as they are.
# What is judged here is the library; teamcheck prints it as mg-run --check
# does.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	shopt -s lastpipe # what a piped function finds out is kept
	unset FOO BAR
}

# judge [-w]: what is said of the file on standard input, as t.yaml.
judge() {
	cat >t.yaml
	run --separate-stderr timeout 60 "$MG_BUILD/tests/tools/teamcheck" "$@" \
		t.yaml
}

# wrong LINE: ... is what is said of the file on standard input, and no more.
wrong() {
	judge
	[ "$status" = 78 ]
	[ "$output" = "t.yaml:$1" ] || { echo "$output"; return 1; }
}

# backend MEMBERS: a team of one with these.
backend() {
	printf 'agents:\n  - id: a\n    backend:\n      type: ollama\n      model: m\n'
	printf '      %s\n' "$@"
}

team() {
	printf 'agents: [{id: a, backend: {type: ollama, model: m}}]\n'
	printf '%s\n' "$@"
}

@test "a good file says nothing" {
	team 'voting: {patience: 90, quorum: 1, run_timeout: 10m, present: winner}' \
		'orchestrator: {max_new_answers_per_agent: 3, skip_voting: false}' | judge
	[ "$status" = 0 ]
	[ -z "$output$stderr" ]
}

@test "an unknown key is wrong at every level, and the nearest is named" {
	team 'agentz: 1' | wrong '2: unknown key `agentz` in the file (did you mean `agents`?)'
	team 'votin: {}' | wrong '2: unknown key `votin` in the file (did you mean `voting`?)'
	wrong '1: unknown key `idd` in agents[] (did you mean `id`?)' \
		<<<'agents: [{idd: a, backend: {type: ollama, model: m}}]'
	backend 'modle: x' | wrong '6: unknown key `modle` in agents[].backend (did you mean `model`?)'
	backend 'wholly: x' | wrong '6: unknown key `wholly` in agents[].backend (what is the provider'"'"'s own stands under `extra_body`)'
	backend 'reasoning: {efort: low}' | wrong '6: unknown key `efort` in agents[].backend.reasoning (did you mean `effort`?)'
	team 'voting: {patients: 3}' | wrong '2: unknown key `patients` in voting (did you mean `patience`?)'
	team 'orchestrator: {snapshot_strage: s}' | wrong '2: unknown key `snapshot_strage` in orchestrator (did you mean `snapshot_storage`?)'
	team 'orchestrator:' '  coordination: {write_mod: auto}' | wrong '3: unknown key `write_mod` in orchestrator.coordination (did you mean `write_mode`?)'
	team 'timeout_settings: {orchestrator_timeout: 3}' | wrong '2: unknown key `orchestrator_timeout` in timeout_settings (did you mean `orchestrator_timeout_seconds`?)'
	team 'memory: {persistent_memory: {qdrant: {prot: 1}}}' | judge
	[ "$status" = 78 ]
	[[ $output == *'t.yaml:2: unknown key `prot` in memory.persistent_memory.qdrant (did you mean `port`?)'* ]]
	team 'ui: {display_tipe: simple}' | judge
	[ "$status" = 78 ]
	[[ $output == *'t.yaml:2: unknown key `display_tipe` in ui (did you mean `display_type`?)'* ]]
	backend 'mcp_servers: [{name: x, comand: y}]' | judge
	[ "$status" = 78 ]
	[[ $output == *'t.yaml:6: unknown key `comand` in agents[].backend.mcp_servers[] (did you mean `command`?)'* ]]
	backend 'mcp_servers: {x: {security: {env: {levle: 1}}}}' | judge
	[ "$status" = 78 ]
	[[ $output == *'unknown key `levle` in agents[].backend.mcp_servers.x.security.env (did you mean `level`?)'* ]]
	team 'orchestrator: {coordination: {subagent_orchestrator: {agents: [{backend: {modle: x}}]}}}' | judge
	[ "$status" = 78 ]
	[[ $output == *'subagent_orchestrator.agents[].backend (did you mean `model`?)'* ]]
}

@test "free maps hold any keys" {
	backend 'extra_body: {anything: {goes: 1}}' 'chat_template_kwargs: {x: 1}' \
		'logit_bias: {"50256": -100}' | judge
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "an unknown key with control bytes drives no terminal" {
	printf 'agents: [{id: a, backend: {type: ollama, model: m, "a\\e[31m\\nb": 1}}]\n' | judge
	[ "$status" = 78 ]
	[ "${#lines[@]}" = 1 ]
	[[ $output == *'unknown key `a?[31m?b`'* ]]
}

@test "all that is wrong is told at once, by line" {
	judge <<-'Y'
		agents:
		  - id: a
		    backend: {type: opnai, model: m, top_p: 2}
		  - id: a
		    backend: {type: exec, model: none}
		  - id: ""
		    weight: -1
		    backend: {type: ollama}
		  - id: b
		  - 7
		orchestrator:
		  voting_sensitivity: lenientt
		voting: {quorum: many}
		colour: red
	Y
	[ "$status" = 78 ]
	diff -u - <(echo "$output") <<-'X'
		t.yaml:3: no provider is known for the type `opnai` (did you mean `openai`?)
		t.yaml:3: `top_p` must be a number from 0 to 1
		t.yaml:4: two agents have the id `a`
		t.yaml:5: an exec backend's model is exec:PROGRAM
		t.yaml:6: an agent's `id` is empty
		t.yaml:7: `weight` must be a number from 0 to 1000000
		t.yaml:8: a backend without `model`
		t.yaml:9: agents[] without `backend`
		t.yaml:10: an entry of `agents` must be a map
		t.yaml:12: `voting_sensitivity` must be one of lenient, balanced, strict, roi, roi_conservative, roi_balanced, roi_aggressive, sequential, adversarial, consistency, diversity, reflective, checklist, checklist_scored, checklist_gated (did you mean `lenient`?)
		t.yaml:13: `quorum` must be a whole number from 0 to 1000000000, or none
		t.yaml:14: unknown key `colour` in the file
	X
}

@test "kinds, ranges and enumerations" {
	backend 'temperature: "0.5"' | wrong '6: `temperature` must be a number from 0 on (write it without quotes)'
	backend 'temperature: -1' | wrong '6: `temperature` must be a number from 0 on'
	backend 'max_tokens: 1.5' | wrong '6: `max_tokens` must be a whole number from 1 on'
	backend 'max_tokens: 0' | wrong '6: `max_tokens` must be a whole number from 1 on'
	backend 'presence_penalty: 3' | wrong '6: `presence_penalty` must be a number from -2 to 2'
	backend 'user: 7' | wrong '6: `user` must be text (put it in quotes)'
	backend 'stop: [1]' | wrong '6: an entry of `stop` must be text (put it in quotes)'
	backend 'stop: {a: b}' | wrong '6: `stop` must be text, or a list'
	backend 'extra_body: []' | wrong '6: `extra_body` must be a map'
	backend 'enable_web_search: "true"' | wrong '6: `enable_web_search` must be true or false (write it without quotes)'
	backend 'enable_web_search: yes' | wrong '6: `enable_web_search` must be true or false'
	backend 'text: {verbosity: lo}' | wrong '6: `verbosity` must be one of low, medium, high (did you mean `low`?)'
	backend 'permission_mode: ask' | wrong '6: `permission_mode` must be one of default, acceptEdits, bypassPermissions, plan'
	team 'timeout_settings: {orchestrator_timeout_seconds: -1}' | wrong '2: `orchestrator_timeout_seconds` must be a whole number from 1 to 1000000000'
	team 'timeout_settings: {orchestrator_timeout_seconds: "30"}' | wrong '2: `orchestrator_timeout_seconds` must be a whole number from 1 to 1000000000 (write it without quotes)'
	team 'orchestrator: {max_new_answers_per_agent: 0}' | wrong '2: `max_new_answers_per_agent` must be a whole number from 1 on'
	team 'orchestrator: {fairness_lead_cap_answers: -1}' | wrong '2: `fairness_lead_cap_answers` must be a whole number from 0 on'
	team 'orchestrator: {coordination: {write_mode: autoo}}' | wrong '2: `write_mode` must be one of auto, worktree, isolated, legacy (did you mean `auto`?)'
	team 'orchestrator: {coordination: {broadcast: agent}}' | wrong '2: `broadcast` must be true or false, or one of agents, human (did you mean `agents`?)'
	team 'voting: {patience: 10x}' | wrong '2: `patience` must be a number of seconds, or a time such as 30s or 10m, or none'
	team 'voting: {vote_after: some}' | wrong '2: `vote_after` must be one of all, first'
	wrong '1: `agents` must be a list' <<<'agents: {id: a}'
	wrong '1: an entry of `agents` must be a map' <<<'agents: [a]'
	wrong '1: `agent` must be a map' <<<'agent: []'
	wrong '1: `id` must be text (put it in quotes)' \
		<<<'agents: [{id: 1, backend: {type: ollama, model: m}}]'
	wrong '1: `backend` must be a map' <<<'agents: [{id: a, backend: ollama}]'
}

@test "null, false, 0 and what is empty ask for nothing" {
	backend 'enable_web_search: false' 'cwd:' 'mcp_servers: []' 'custom_tools: []' \
		'exclude_tools: []' 'enable_nlip: false' 'stop: null' >t
	cat >>t <<-'Y'
		orchestrator:
		  context_paths: []
		  nlip: {enabled: false}
		  coordination:
		    enable_planning_mode: false
		    max_orchestration_restarts: 0
		    broadcast: false
		    enable_subagents: false
		    persona_generator: {enabled: false}
		    criteria_mode: static
		  coordination_mode: voting
		memory: {enabled: false}
		ui: {}
	Y
	judge <t
	[ "$status" = 0 ]
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "what needs another command is told with its name" {
	needed() {
		judge -w
		[ "$status" = 0 ]
		[[ $output == "NEEDED t.yaml:$1 needs $2, which this version does not have (take it out to run without it)" ]] ||
			{ echo "$output"; return 1; }
	}
	later() {
		judge -w
		[ "$status" = 0 ]
		[[ $output == "NEEDED t.yaml:$1 needs a later $2 (take it out to run without it)" ]] ||
			{ echo "$output"; return 1; }
	}
	backend 'mcp_servers: {x: {type: stdio, command: y, env: {A: b}}}' | later '6: `mcp_servers`' mg-tools
	backend 'enable_mcp_command_line: true' 'command_line_execution_mode: local' | later '6: `enable_mcp_command_line`' mg-tools
	backend 'enable_web_search: true' | later '6: `enable_web_search`' mg-tools
	backend 'cwd: w' | later '6: `cwd`' mg-tools
	team 'orchestrator: {coordination: {enable_planning_mode: true}}' | needed '2: `enable_planning_mode`' mg-plan
	team 'orchestrator: {coordination_mode: decomposition}' | needed '2: `coordination_mode`' mg-plan
	team 'orchestrator: {coordination: {broadcast: agents}}' | needed '2: `broadcast`' mg-broadcast
	team 'orchestrator: {coordination: {enable_subagents: true, subagent_default_timeout: 300}}' | later '2: `enable_subagents`' mg-tools
	team 'memory: {enabled: true, retrieval: {limit: 5}}' | needed '2: `memory`' mg-mem
}

@test "tools are served, and what asks for them is found" {
	asks() {
		cat >t.yaml
		run -0 "$MG_BUILD/tests/tools/teamcheck" -a mg-tools t.yaml
		[ "$output" = "$1" ] || { cat t.yaml; echo "$output"; return 1; }
	}
	touch f.py
	for k in 'tools: [date]' 'allow_tools: [x]'; do
		team "$k" | judge -w
		[ "$status$output" = 0 ] || { echo "$output"; return 1; }
		team "$k" | asks 't.yaml: mg-tools'
	done
	wrong '1: `label` must be one of read, write, network, irreversible, or a list' \
		<<<'{agent: {backend: {type: ollama, model: m}}, name: n, description: d, label: many}'
	printf 'agent: {tools: [a, "b@1"], backend: {type: ollama, model: m}}\n' | asks 't.yaml: mg-tools'
	backend 'custom_tools: [{function: b, path: f.py}]' | asks 't.yaml: mg-tools'
	for k in 'tools: []' 'name: n' 'label: [read, network]' 'voting: {quorum: 1}'; do
		team "$k" | asks ''
	done
	backend 'custom_tools: []' 'cwd: w' 'mcp_servers: {x: {command: y}}' \
		'enable_web_search: true' | asks ''
	# What stands within what is not there yet asks for nothing.
	team 'orchestrator: {dspy: {enabled: true, backend: {type: ollama, model: m, custom_tools: [{function: f, path: f.py}]}}}' | asks ''
	printf 'agent: {backend: {type: ollama, model: m}}\n' >t.yaml
	run -0 "$MG_BUILD/tests/tools/teamcheck" -a mg-ask t.yaml
	[ "$output" = 't.yaml: mg-ask' ]
	run -0 "$MG_BUILD/tests/tools/teamcheck" -a mg-vote t.yaml
	[ -z "$output" ]
	team 'voting: {quorum: 1}' >t.yaml
	run -0 "$MG_BUILD/tests/tools/teamcheck" -a mg-vote t.yaml
	[ "$output" = 't.yaml: mg-vote' ]
}

@test "an entry of custom_tools agrees in itself" {
	touch f.py
	mkdir d
	touch d/g.py
	custom() {
		backend 'custom_tools:' "  - {$1}"
	}
	custom 'function: [a, b], name: [x, y], description: d, preset_args: [{}, {k: 1}], default_params: {z: 1}, path: f.py, category: c, label: [read, network], env: [A, "B_*"], timeout: 5m' | judge -w
	[ "$status$output" = 0 ] || { echo "$output"; return 1; }
	custom 'path: f.py' | judge -w
	[ "$status$output" = 0 ]
	custom 'function: [a, b], name: [x], path: f.py' |
		wrong '7: `name` has 1 entries, and `function` 2 (one for each of `function`, in its order)'
	custom 'function: [a, b], preset_args: [{}, {}, {}], path: f.py' |
		wrong '7: `preset_args` has 3 entries, and `function` 2 (one for each of `function`, in its order)'
	custom 'function: a, description: [], path: f.py' |
		wrong '7: `description` has 0 entries, and `function` 1 (one for each of `function`, in its order)'
	custom 'function: [a, b], name: x, path: f.py' |
		wrong '7: one `name` for 2 functions (one for each of `function`, in its order)'
	custom 'name: x' | wrong '7: a custom tool without `function`'
	custom 'functoin: x' | wrong '7: unknown key `functoin` in agents[].backend.custom_tools[] (did you mean `function`?)'
	custom 'function: a, path: f.py, label: reed' |
		wrong '7: `label` must be one of read, write, network, irreversible, or a list (did you mean `read`?)'
	custom 'function: a, path: f.py, timeout: soon' |
		wrong '7: `timeout` must be a number of seconds, or a time such as 30s or 10m'
	custom 'function: a, path: f.py, preset_args: x' | wrong '7: `preset_args` must be a map, or a list'
	custom 'function: a, path: f.py, defer_loading: true' | judge -w
	[ "$status" = 0 ]
	[ "$output" = 'HARMLESS t.yaml:7: `defer_loading` has no effect: every tool is offered from the start' ]
	custom 'function: a, path: nowhere.py' | judge -w
	[ "$status" = 0 ]
	[ "$output" = 'NEEDED t.yaml:7: what `path` names is not there (it is looked for beside the team file, and here)' ]
	custom 'function: a, path: massgen/tool/x.py' | judge -w
	[ "$status" = 0 ]
	[ "$output" = 'HARMLESS t.yaml:7: what `path` names comes with MassGen (it is there if python3 has MassGen)' ]
	custom 'function: a' | judge -w
	[ "$status" = 0 ]
	[ "$output" = 'HARMLESS t.yaml:7: a function without `path` comes with MassGen (it is there if python3 has MassGen)' ]
	# Beside the team file, else where we are.
	custom 'function: a, path: g.py' >d/t.yaml
	run -0 "$MG_BUILD/tests/tools/teamcheck" -w d/t.yaml
	[ -z "$output" ]
	custom 'function: a, path: f.py' >d/t.yaml
	run -0 "$MG_BUILD/tests/tools/teamcheck" -w d/t.yaml
	[ -z "$output" ]
}

@test "what has no effect is told, and harms nobody" {
	team 'ui: {display_type: simple, logging_enabled: true}' 'display: {type: x}' \
		'memory: {enabled: false, retrieval: {limit: 5}}' | judge -w
	[ "$status" = 0 ]
	diff -u - <(echo "$output") <<-'X'
		HARMLESS t.yaml:2: `ui` has no effect: the options of the command choose what is shown
		HARMLESS t.yaml:3: `display` has no effect: MassGen does not read it either
		HARMLESS t.yaml:4: `memory` is not in use: its `enabled` is not true
	X
}

@test "what is refused says why, and what to write instead" {
	team 'models: [x]' | wrong "2: \`models\` is of MassGen's first format (list \`agents\`, each with its \`backend\`)"
	team 'num_agents: 3' | wrong "2: \`num_agents\` is of MassGen's first format (list the \`agents\`)"
	team 'max_rounds: 3' | wrong "2: \`max_rounds\` is of MassGen's first format (write \`max_answers_per_agent\` under \`voting\`)"
	team 'consensus_threshold: 0.5' | wrong "2: \`consensus_threshold\` is of MassGen's first format (write \`quorum\` under \`voting\`)"
	team 'voting_enabled: false' | wrong "2: \`voting_enabled\` is of MassGen's first format (write \`skip_voting\` under \`voting\`)"
	team 'orchestrator: {coordination: {async_subagents: {}}}' | wrong '2: `async_subagents` has another name now (write `background_subagents`)'
	team 'orchestrator: {coordination: {resume_from_log: {log_path: x, round: 1}}}' | wrong "2: \`resume_from_log\` names a log of MassGen's, which nothing here reads (run it anew)"
	team 'orchestrator: {enable_nlip: true}' | wrong '2: `enable_nlip` is a protocol that nobody speaks here (take it out)'
	team 'nlip: {enabled: true, router: {x: 1}}' | wrong '2: `nlip` is a protocol that nobody speaks here (take it out)'
	backend 'mcp_servers: {x: {type: sse, url: y}}' | judge
	[ "$status" = 78 ]
	[[ $output == *'t.yaml:6: `type` is sse, a transport that MCP has given up (write `streamable-http`)' ]]
}

@test "types: served, waited for, unknown" {
	for t in openai grok chatcompletion lmstudio vllm sglang exec; do
		m=m
		[ $t = exec ] && m=exec:x
		OPENAI_API_KEY=k XAI_API_KEY=k judge <<<"agent: {id: a, backend: {type: $t, model: '$m', base_url: x}}"
		[ "$status" = 0 ]
		[ -z "$output" ] || { echo "$output"; return 1; }
	done
	for t in claude gemini azure_openai claude_code codex gemini_cli \
		antigravity_cli copilot ag2 zai cerebras together fireworks moonshot \
		nvidia_nim nebius poe qwen inference uitars; do
		judge -w <<<"agent: {id: a, backend: {type: $t}}"
		[ "$status" = 0 ]
		[[ $output =~ ^(NEEDED|SERVER)\ t.yaml:1:\ the\ type && $output == *"the type \`$t\` needs a later mg-ask"*\(*\) ]] ||
			{ echo "$output"; return 1; }
	done
	wrong '1: no provider is known for the type `claud` (did you mean `claude`?)' \
		<<<'agent: {id: a, backend: {type: claud, model: m}}'
	wrong '1: no provider is known for the type `nobody` (this version serves the types of share/providers.yaml, and exec)' \
		<<<'agent: {id: a, backend: {type: nobody, model: m}}'
	wrong '1: no provider is known for the model (give the `type`)' \
		<<<'agent: {id: a, backend: {model: m}}'
	wrong '1: a backend without `type` and `model`' \
		<<<'agent: {id: a, backend: {temperature: 1}}'
}

@test "a provider of the user's own is served, whatever MassGen calls it" {
	export XDG_CONFIG_HOME=$PWD
	mkdir mg
	printf 'providers: [{name: claude, wire: chat, base_url: http://x, local: true}]\n' >mg/providers.yaml
	judge <<<'agent: {id: a, backend: {type: claude, model: m}}'
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "this machine is not the file's fault" {
	judge -w <<<'agent: {id: a, backend: {type: openai, model: m}}'
	[ "$status" = 0 ]
	[ "$output" = 'SERVER t.yaml:1: no key for openai (set OPENAI_API_KEY)' ]
	backend 'api_key: ${NO_SUCH_KEY}' | judge -w
	[ "$status" = 0 ]
	[ "$output" = 'SERVER t.yaml:6: the variable that `api_key` names is not set (set it in the environment)' ]
	backend 'base_url: ${NO_SUCH_URL}/v1' | judge -w
	[ "$status" = 0 ]
	[ "$output" = 'SERVER t.yaml:6: the variable that `base_url` names is not set (set it in the environment)' ]
	team 'orchestrator:' '  context_paths:' '    - path: no/where' '      permission: read' | judge -w
	[ "$status" = 0 ]
	[[ $output == *'HARMLESS t.yaml:4: what `path` names is not there' ]]
	backend 'enable_mcp_command_line: true' 'command_line_execution_mode: docker' >t
	mkdir bin
	cp t t.yaml
	PATH=$PWD/bin run -0 "$MG_BUILD/tests/tools/teamcheck" -w t.yaml
	[[ $output == *'NEEDED t.yaml:7: `command_line_execution_mode` wants the program docker, which is not on the PATH' ]]
	printf '#!/bin/sh\n' >bin/docker
	chmod +x bin/docker
	PATH=$PWD/bin run -0 "$MG_BUILD/tests/tools/teamcheck" -w t.yaml
	[[ $output != *docker* ]]
}

@test "a key in the file is told, and not shown" {
	backend 'api_key: sk-0123456789' | judge -w
	[ "$status" = 0 ]
	[ "$output" = 'HARMLESS t.yaml:6: `api_key` stands in the file for everybody to read (write ${VARIABLE}, and keep the key in the environment)' ]
	[[ $output$stderr != *sk-* ]]
}

@test "variables: whatever is in them is in no message" {
	export FOO=sk-0123456789
	judge -w <<<'agents: [{id: "${FOO}", backend: {type: "${FOO}", model: "${FOO}", permission_mode: "${FOO}"}}, {id: "${FOO}", backend: {type: exec, model: "${FOO}"}}]'
	[ "$status" = 78 ]
	[ "${#lines[@]}" -ge 4 ]
	[[ $output$stderr != *sk-* ]]
}

@test "variables: in every text, with another value, and as they stand" {
	export FOO=foo EMPTY=
	cat >t.yaml <<-'Y'
		agents:
		  - id: "a-${FOO}"
		    system_message: "${FOO} ${BAR} ${BAR:-bar} ${EMPTY:-e} ${EMPTY}. $FOO ${ FOO } ${FOO ${}"
		    backend:
		      type: "${TYPE:-exec}"
		      model: "exec:jq -c {type:\"message\",content:([.messages[0].content,.params]|tojson)}"
		      cwd: "/w/${FOO}"
		      stop: ["${FOO}", "${cwd}"]
		      extra_body: {x: {y: ["${FOO:-n}", "${cwd}/z", 1]}}
	Y
	run -0 --separate-stderr timeout 20 mg-ask -c t.yaml -o ndjson hi </dev/null
	run -0 jq -c 'select(.type == "message") | [.agent, .content]' <<<"$output"
	[ "$(jq -r '.[0]' <<<"$output")" = a-foo ]
	[ "$(jq -r '.[1] | fromjson | .[0]' <<<"$output")" = 'foo ${BAR} bar e . $FOO ${ FOO } ${FOO ${}' ]
}

@test "variables reach the parameters of a request" {
	serve
	export FOO=foo
	cat >t.yaml <<-Y
		agent:
		  id: a
		  backend:
		    type: chatcompletion
		    model: parameters
		    base_url: $URL
		    cwd: /w/\${FOO}
		    stop: ["\${FOO}", "\${cwd}"]
		    text: {verbosity: low}
		    reasoning: {effort: high, summary: auto}
		    reasoning_effort: low
		    seed: 1
		    extra_body: {seed: 2, x: {y: ["\${BAR:-n}", 1.50]}}
	Y
	run -0 --separate-stderr timeout 20 mg-ask -c t.yaml hi </dev/null
	unserve
	grep -qF '"stop":["foo","/w/foo"]' "$REQUESTS"
	grep -qF '"verbosity":"low"' "$REQUESTS"
	grep -qF '"reasoning_effort":"low"' "$REQUESTS"
	grep -qF '"seed":2' "$REQUESTS"
	run ! grep -qE 'high|"seed":1' "$REQUESTS"
	grep -qF '"x":{"y":["n",1.50]}' "$REQUESTS"
	run ! grep -q summary "$REQUESTS"
}

@test "agent, agents, neither, both" {
	team 'agent: {id: b, backend: {type: ollama, model: m}}' |
		wrong '2: `agent` beside `agents` (a team has `agents`, a single one is the `agent`)'
	wrong '1: no agents: `agents` is a list of at least one' <<<'agents: []'
	wrong '1: no agents: `agents` is a list of at least one' <<<'agents:'
	wrong '1: no agents: `agents` is a list of at least one' <<<'ui: {}'
	judge <<<'agent: {id: one, backend: {type: ollama, model: m}}'
	[ "$status" = 0 ]
	wrong '1: two agents have the id `agent2`' \
		<<<'agents: [{id: agent2, backend: {type: ollama, model: m}}, {backend: {type: ollama, model: m}}]'
}

@test "what is no team file" {
	wrong '1: the file is empty (mg-team(5) shows one)' </dev/null
	wrong '1: a team file is a map, with a list `agents` (mg-team(5) shows one)' <<<'- a'
	wrong '1: a team file is a map, with a list `agents` (mg-team(5) shows one)' <<<'word'
	judge <<<'agents: [{'
	[ "$status" = 78 ]
	[[ $stderr == *'t.yaml:'[12]:* ]]
	judge <<<$'agents: []\nagents: []'
	[ "$status" = 78 ]
	[[ $stderr == *'t.yaml:2:'* ]]
	run -66 "$MG_BUILD/tests/tools/teamcheck" nowhere.yaml
	printf '\xff\xfe\x00' >t.yaml
	run -78 "$MG_BUILD/tests/tools/teamcheck" t.yaml
}

@test "a byte order mark, CRLF and JSON are right" {
	printf '\xef\xbb\xbfagents:\r\n  - id: a\r\n    backend: {type: ollama, model: m}\r\nmodels: 1\r\n' | judge
	[ "$status" = 78 ]
	[ "$output" = "t.yaml:4: \`models\` is of MassGen's first format (list \`agents\`, each with its \`backend\`)" ]
	judge <<<'{"agents":[{"id":"a","backend":{"type":"ollama","model":"m"}}]}'
	[ "$status" = 0 ]
}

@test "ten thousand agents are read" {
	{
		echo 'agents:'
		for i in $(seq 10000); do
			echo "- {id: a$i, backend: {type: ollama, model: m}}"
		done
	} >t.yaml
	run -0 timeout 20 "$MG_BUILD/tests/tools/teamcheck" t.yaml
	[ -z "$output" ]
	echo '- {id: a7, backend: {type: ollama, model: m}}' >>t.yaml
	run -78 timeout 20 "$MG_BUILD/tests/tools/teamcheck" t.yaml
	[ "$output" = 't.yaml:10002: two agents have the id `a7`' ]
}

@test "aliases: judged where they are used, told once, and no bomb" {
	judge <<-'Y'
		agents:
		  - {id: a, backend: &b {type: ollama, model: m, modle: x}}
		  - {id: b, backend: *b}
		  - {id: c, backend: {<<: *b, seed: 1}}
	Y
	[ "$status" = 78 ]
	[ "$(grep -c 'unknown key `modle`' <<<"$output")" = 1 ]
	{
		echo 'a: &a [1,1,1,1,1,1,1,1,1,1]'
		p=a
		for n in b c d e f g h i; do
			echo "$n: &$n [*$p,*$p,*$p,*$p,*$p,*$p,*$p,*$p,*$p,*$p]"
			p=$n
		done
	} | judge
	[ "$status" = 78 ]
	[[ $stderr == *'t.yaml:'* ]]
}

@test "mg-ask refuses what is wrong, and leaves the rest to others" {
	backend 'cwd: w' 'enable_web_search: true' 'modle: x' >t.yaml
	run -78 --separate-stderr timeout 20 mg-ask -c t.yaml hi </dev/null
	[[ $stderr == 'mg-ask: t.yaml:8:7: unknown key `modle` in agents[].backend (did you mean `model`?)' ]]
	[ -z "$output" ]
}

# Keys: all of them, and of the member maps too, "LEVEL KEY".
keys() {
	awk '
	/^ *#/ || /^ *$/ { next }
	/^[a-z_]+:/ { level = $1; sub(":", "", level); next }
	level == "models" || level == "programs" { next }
	/^ +\./ { next }
	{
		line = $0
		sub(/^ +/, "", line)
		sub(/:( .*)?$/, "", line)
		sub(/: .*/, "", line)
		n = split(line, names, ", ")
		for (i = 1; i <= n; i++)
			print level, names[i]
	}' "$ROOT/share/team.yaml" | sort -u
}

@test "manual: every key is described, with the others of its level" {
	[ "$(keys | wc -l)" -gt 400 ]
	awk -v dir="$BATS_TEST_TMPDIR" '
	/^\.\\" level/ { n = NF - 2; for (i = 1; i <= n; i++) to[i] = dir "/" $(i + 2) ".txt"; next }
	{ for (i = 1; i <= n; i++) print >to[i] }' "$ROOT/man/mg-team.5"
	keys | while read -r level key; do
		grep -E '^\.|^[a-z_ ,]+' "$level.txt" | grep -qw -- "$key" ||
			{ echo "mg-team(5) lacks $key of $level"; return 1; }
	done
}

@test "manual: it describes no key that is not there" {
	keys | cut -d ' ' -f 2 | sort -u >keys
	for w in $(sed -n '/level team/,/^\.Sh FILES/s/^\.\(It \|\)Cm \(.*\)/\2/p' \
		"$ROOT/man/mg-team.5" | grep -v ' : ' | tr -s ' ,;.|\\' '\n' | grep _); do
		grep -qx -- "$w" keys || grep -qw -- "$w" "$ROOT/share/team.yaml" ||
			{ echo "mg-team(5) has $w"; return 1; }
	done
}

@test "every key path of the schema is judged without a crash, whatever its value" {
	keys | cut -d ' ' -f 2 | sort -u >keys
	for v in 1 -1 x '[]' '{}' '[1, {a: b}]' '{a: {b: c}}' 'true' '""'; do
		while read -r k; do
			echo "$k: $v"
		done <keys >top
		{
			echo 'agents:'
			echo '  - id: a'
			grep -v '^id:' top | sed 's/^/    /'
			grep -v '^agents:' top
			echo 'orchestrator2:'
		} >t.yaml
		run -78 timeout 20 "$MG_BUILD/tests/tools/teamcheck" t.yaml
		{
			echo 'agent:'
			echo '  backend:'
			sed 's/^/    /' top
			echo 'orchestrator:'
			grep -v '^coordination:' top | sed 's/^/  /'
			echo '  coordination:'
			sed 's/^/    /' top
			echo 'memory:'
			sed 's/^/  /' top
			echo 'voting:'
			sed 's/^/  /' top
		} >t.yaml
		run -78 timeout 20 "$MG_BUILD/tests/tools/teamcheck" t.yaml
	done
}

# corpus VERSION LEAST: all files of a MassGen pass or are refused with file
# and line; as many as LEAST pass.
corpus() {
	local dir=$ROOT/tests/parts/massgen-$1 n=0 passed=0 f
	[ -d "$dir/massgen/configs" ] ||
		skip "massgen $1 is not here (tests/parts.sh)"
	while read -r f; do
		n=$((n + 1))
		run --separate-stderr timeout 20 "$MG_BUILD/tests/tools/teamcheck" -w "$f"
		case $status in
		0) passed=$((passed + 1)) ;;
		78) [[ $output$stderr =~ "$f":[0-9]+:\ .+ ]] && [[ $output == *WRONG* || -n $stderr ]] ;;
		*) echo "$f: $status $stderr"; return 1 ;;
		esac
	done < <(find "$dir/massgen/configs" -name '*.yaml' -o -name '*.yml')
	echo "$passed of $n"
	[ "$n" -ge 215 ]
	[ "$passed" -ge "$2" ]
}

@test "MassGen 0.1.97's files are team files" {
	corpus 0.1.97 272
}

@test "MassGen 0.1.12's files are team files" {
	corpus 0.1.12 217
}

# Those of MassGen's files that need models and nothing else run as they are;
# only the server is another. Their models say the same, so nobody votes.
@test "MassGen's files that need only chat models run against a local server" {
	local dir=$ROOT/tests/parts/massgen-0.1.97/massgen/configs n=0 f
	[ -d "$dir" ] || skip "massgen is not here (tests/parts.sh)"
	serve
	cd "$dir"
	while read -r f; do
		run "$MG_BUILD/tests/tools/teamcheck" -w "$f"
		[[ $output != *WRONG* && $output != *NEEDED* ]] || continue
		n=$((n + 1))
		[ "$n" -le 20 ] || [ -n "${MG_SOAK:-}" ] || continue
		run -0 --separate-stderr timeout 30 mg-run -c "$f" \
			--base-url "$URL" -r run_timeout=20s -o json 'Is it?' </dev/null
		[ "$(field .status)" = done ] ||
			{ echo "$f: $output $stderr"; return 1; }
	done < <(find . -name '*.yaml' | sort)
	echo "$n files need only chat models"
	[ "$n" -ge 12 ]
}
