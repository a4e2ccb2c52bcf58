#compdef mg-run
if [[ $words[2] == list ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-a[the runs within runs too]' \
	'--all[the runs within runs too]' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-q[print what this jq expression makes of it]:EXPR:' \
	'--query=[print what this jq expression makes of it]:EXPR:' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == log ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-f[go on until the run ends]' \
	'--follow[go on until the run ends]' \
	'--path[only say where it is]' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == seam ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'--drain-timeout=[for each lap of the end (20s)]:TIME:' \
	'--events=[what mg-run would print]:FILE:_files' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-q[print what this jq expression makes of it]:EXPR:' \
	'--query=[print what this jq expression makes of it]:EXPR:' \
	'--resume=[go on after a crash or an interruption]:RUN:' \
	'-S[begin this session, or continue it]:NAME:' \
	'--session=[begin this session, or continue it]:NAME:' \
	'--stall-timeout=[for a line to come round (60s)]:TIME:' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == show ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-q[print what this jq expression makes of it]:EXPR:' \
	'--query=[print what this jq expression makes of it]:EXPR:' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == stage ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'--grace=[for the program to end (10s)]:TIME:' \
	'--inline[it stands in the ring and passes lines on]' \
	'--max-events=[so many of its own in a run (1000)]:N:' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == tell ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
_arguments \
	'*--allow=[let this tool write, or do what it may]:NAME:' \
	'--automation[print the paths of log, status and answer]' \
	'--base-url=[any server that speaks chat completions]:URL:' \
	'-c[the team]:FILE:_files' \
	'--config=[the team]:FILE:_files' \
	'--check=[say what is wrong in a team file]:FILE:_files' \
	'--continue[a follow-up question to the last run]' \
	'--drain-timeout=[for each lap of the end (20s)]:TIME:' \
	'-i[text or ndjson (told by the first byte)]:FORMAT:(auto text ndjson)' \
	'--input=[text or ndjson (told by the first byte)]:FORMAT:(auto text ndjson)' \
	'*-m[an agent; MODEL\:N\: N of them]:MODEL:' \
	'*--model=[an agent; MODEL\:N\: N of them]:MODEL:' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'*-p[a parameter of the models]:KEY=VALUE:' \
	'*--param=[a parameter of the models]:KEY=VALUE:' \
	'-q[print what this jq expression makes of it]:EXPR:' \
	'--query=[print what this jq expression makes of it]:EXPR:' \
	'--quiet[no live lines on a terminal]' \
	'*-r[a rule of the lead\: mg-vote(1)]:NAME=VALUE:' \
	'*--rule=[a rule of the lead\: mg-vote(1)]:NAME=VALUE:' \
	'--resume=[go on after a crash or an interruption]:RUN:' \
	'-s[the system prompt]:TEXT:' \
	'--system=[the system prompt]:TEXT:' \
	'-S[begin this session, or continue it]:NAME:' \
	'--session=[begin this session, or continue it]:NAME:' \
	'--stall-timeout=[for a line to come round (60s)]:TIME:' \
	'--stdin-wait=[for standard input beside a question (3s)]:TIME:' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'--timeout=[for each task (30m)]:TIME:' \
	'*-T[tools for the agents\: mg-tools(1)]:DIR|NAME:_files' \
	'*--tools=[tools for the agents\: mg-tools(1)]:DIR|NAME:_files' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'1:command:(list log seam show stage tell)' \
	'*:file:_files'
