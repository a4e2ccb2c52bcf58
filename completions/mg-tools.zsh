#compdef mg-tools
if [[ $words[2] == list ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-a[every version of each]' \
	'--all[every version of each]' \
	'-c[the tools of this team file]:FILE:_files' \
	'--config=[the tools of this team file]:FILE:_files' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'*-T[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'*--tools=[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
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
	'-c[the tools of this team file]:FILE:_files' \
	'--config=[the tools of this team file]:FILE:_files' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'*-T[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'*--tools=[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == call ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'*--allow=[let this tool write, or do what it may]:NAME:' \
	'-c[the tools of this team file]:FILE:_files' \
	'--config=[the tools of this team file]:FILE:_files' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-q[print what this jq expression makes of it]:EXPR:' \
	'--query=[print what this jq expression makes of it]:EXPR:' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'--timeout=[for the call (the tool'\''s own)]:TIME:' \
	'*-T[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'*--tools=[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == check ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'*--allow=[let this tool write, or do what it may]:NAME:' \
	'-c[the tools of this team file]:FILE:_files' \
	'--config=[the tools of this team file]:FILE:_files' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--run[run the examples too]' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'*-T[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'*--tools=[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == new ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-d[where its folder is made (./.mg/tools)]:DIR:_files' \
	'--dir=[where its folder is made (./.mg/tools)]:DIR:_files' \
	'-l[sh, awk, python, c (sh)]:LANG:' \
	'--lang=[sh, awk, python, c (sh)]:LANG:' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == accept ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-a[all of them]' \
	'--all[all of them]' \
	'-c[the tools of this team file]:FILE:_files' \
	'--config=[the tools of this team file]:FILE:_files' \
	'*-T[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'*--tools=[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
	return
fi
if [[ $words[2] == stats ]]; then
	shift words
	(( CURRENT-- ))
	_arguments \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
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
	'*--allow=[let this tool write, or do what it may]:NAME:' \
	'-c[the tools of this team file]:FILE:_files' \
	'--config=[the tools of this team file]:FILE:_files' \
	'-j[calls at once (16)]:N:' \
	'--jobs=[calls at once (16)]:N:' \
	'--as=[sign events with this name, in a ring]:NAME:' \
	'-o[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'--output=[ndjson, json, text (text on a terminal)]:FORMAT:(auto ndjson json text)' \
	'-q[print what this jq expression makes of it]:EXPR:' \
	'--query=[print what this jq expression makes of it]:EXPR:' \
	'-t[short for --output text]' \
	'--text[short for --output text]' \
	'*-T[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'*--tools=[a folder of tools, or one of the usual ones]:DIR|NAME:_files' \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'1:command:(list show call check new accept stats)' \
	'*:file:_files'
