#compdef mg-vote
if [[ $words[2] == lead ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-c[the team, and the rules it sets]:FILE:_files' \
	'--config=[the team, and the rules it sets]:FILE:_files' \
	'*-m[an agent, named as mg-ask names it]:MODEL:' \
	'*--model=[an agent, named as mg-ask names it]:MODEL:' \
	'*-r[one rule of the vote]:NAME=VALUE:' \
	'*--rule=[one rule of the vote]:NAME=VALUE:' \
	'--as=[sign events with this name, in a ring]:NAME:' \
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
_arguments \
	'--answer-path=[the answer lies there in JSON]:PATH:' \
	'--answer-re=[the answer is the last match]:RE:' \
	'--explain[text\: show the votes, even into a pipe]' \
	'--min-margin=[the winner must lead by this weight]:W:' \
	'--quorum=[at least so many agents must have voted]:N:' \
	'*-w[what an agent'\''s vote weighs, 1 by default]:AGENT=W:' \
	'*--weight=[what an agent'\''s vote weighs, 1 by default]:AGENT=W:' \
	'--as=[sign events with this name, in a ring]:NAME:' \
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
	'1:command:(lead)' \
	'*:file:_files'
