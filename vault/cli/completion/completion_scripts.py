"""The scripts that teach a shell to complete `vault`, for both names of the program.

On Tab a script asks the program itself: `vault completion SHELL --answer N -- WORDS…`, N being the
number of the word that is being typed. The answer has lines of kind, value and help, parted by
tabs; the kinds are `plain` and `file`. No environment variable is used.
"""

from __future__ import annotations

SCRIPTS = {
    "bash": r"""# vault: completion for bash. Put into ~/.bashrc:  eval "$(vault completion bash)"
_vault_completion() {
    local kind value help
    COMPREPLY=()
    while IFS=$'\t' read -r kind value help; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            file) compopt -o default 2>/dev/null ;;
        esac
    done < <("$1" completion bash --answer "$COMP_CWORD" -- "${COMP_WORDS[@]}" 2>/dev/null)
}
complete -o nosort -F _vault_completion vault dataset-vault 2>/dev/null ||
    complete -F _vault_completion vault dataset-vault
""",
    "zsh": r"""#compdef vault dataset-vault
# vault: completion for zsh. Put into ~/.zshrc, after compinit:  eval "$(vault completion zsh)"
_vault_completion() {
    local kind value help
    local -a plain described
    while IFS=$'\t' read -r kind value help; do
        case $kind in
            file) _files ;;
            plain)
                if [[ -n $help ]]; then
                    described+=("${value//:/\\:}:$help")
                else
                    plain+=("$value")
                fi
                ;;
        esac
    done < <("${words[1]}" completion zsh --answer $((CURRENT - 1)) -- "${words[@]}" 2>/dev/null)
    (( $#described )) && _describe -V vault described
    (( $#plain )) && compadd -V vault -a plain
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _vault_completion "$@"
else
    compdef _vault_completion vault dataset-vault
fi
""",
    "fish": r"""# vault: completion for fish. Save it:
#   vault completion fish > ~/.config/fish/completions/vault.fish
function __vault_completion
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l ask completion fish --answer (count $words) --
    for line in (command $words[1] $ask $words "$current" 2>/dev/null)
        set -l parts (string split \t -- $line)
        if test "$parts[1]" = file
            __fish_complete_path "$current"
        else if test "$parts[1]" = plain
            printf '%s\t%s\n' $parts[2] "$parts[3]"
        end
    end
end
complete --no-files --command vault --arguments '(__vault_completion)'
complete --no-files --command dataset-vault --arguments '(__vault_completion)'
""",
}
"""The script of each shell."""
