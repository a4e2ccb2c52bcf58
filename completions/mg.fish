complete -c mg -s h -l help -d 'this help'
complete -c mg -l version -d 'the version'
complete -c mg -l completion -r -f -a 'bash zsh fish' -d 'a completion script: bash, zsh or fish'
