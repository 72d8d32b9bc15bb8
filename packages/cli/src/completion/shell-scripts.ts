export type Shell = "bash" | "zsh" | "fish" | "powershell";

// What the command answers is only ever text for these scripts: nothing evaluates it (no `compgen -W`, no `eval`), so
// that a name in an archive cannot run anything. bash inserts it as it comes, quoted by the command; zsh and fish quote,
// and so does the script for PowerShell.
// Where the command has no answer, the shell offers files.

/** Also for the bash 3.2 of macOS, which has neither `mapfile` nor `compopt`. */
const bash = `# Completion of blob for bash: source <(blob completion bash)
_blob() {
  local reply
  COMPREPLY=()
  while IFS= read -r reply; do
    COMPREPLY+=("$reply")
  done < <(command blob complete "--word-breaks=$COMP_WORDBREAKS" "--bash-line=\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  # A directory, or a reference before its path, goes on.
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[/:=] ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -o bashdefault -o default -F _blob blob
`;

const zsh = `#compdef blob
# Completion of blob for zsh: source <(blob completion zsh)
_blob() {
  local line value
  local -a given ends goes_on ends_shown goes_on_shown
  given=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    if [[ $value == *[/:=] ]]; then
      goes_on+=("$value")
      goes_on_shown+=("\${line/$'\\t'/  -- }")
    else
      ends+=("$value")
      ends_shown+=("\${line/$'\\t'/  -- }")
    fi
  done < <(command blob complete -- "\${given[@]}" 2>/dev/null)
  if (( \${#ends} + \${#goes_on} == 0 )); then
    _files
    return
  fi
  (( \${#goes_on} )) && compadd -l -d goes_on_shown -S '' -a goes_on
  (( \${#ends} )) && compadd -l -d ends_shown -a ends
  return 0
}
# Autoloaded from fpath this file is the function itself; sourced it declares one.
if [[ $funcstack[1] == _blob ]]; then
  _blob "$@"
elif (( $+functions[compdef] )); then
  compdef _blob blob
fi
`;

const fish = `# Completion of blob for fish: blob completion fish > ~/.config/fish/completions/blob.fish
function __blob_complete
    set -l given (commandline -opc)
    set -l raw (commandline -ct)
    set -l word $raw
    # A quote may be open at the cursor.
    for closed in $raw $raw\\" $raw\\'
        if set -l plain (string unescape -- $closed)
            set word $plain
            break
        end
    end
    set -l found (command blob complete -- $given[2..-1] "$word" 2>/dev/null)
    if test (count $found) -gt 0
        string join -- \\n $found
    else
        __fish_complete_path "$word"
    end
end
complete -c blob -f -a '(__blob_complete)'
`;

/** Older ones drop empty words: the one at the cursor comes in a flag. */
const powershell = `# Completion of blob for PowerShell: blob completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName blob -ScriptBlock {
  param($word, $line, $cursor)
  $given = @($line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor } |
    ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
  $plain = $word -replace '^[''"]|[''"]$', ''
  & blob complete "--word=$plain" -- @given 2>$null | ForEach-Object {
    $value, $shown = $_ -split "\t", 2
    if (-not $shown) { $shown = $value }
    # In single quotes nothing is special but themselves.
    $safe = if ($value -match '^[A-Za-z0-9_./:=-]+$') { $value } else { "'" + ($value -replace "'", "''") + "'" }
    [System.Management.Automation.CompletionResult]::new($safe, $value, 'ParameterValue', $shown)
  }
}
`;

export const shellScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish, powershell };
