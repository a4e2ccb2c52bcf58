# bash completion for mg
_mg() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); return;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W ' -h --help --version --completion' -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _mg mg
