#compdef mg
_arguments \
	'-h[this help]' \
	'--help[this help]' \
	'--version[the version]' \
	'--completion=[a completion script\: bash, zsh or fish]:SHELL:(bash zsh fish)' \
	'*:file:_files'
