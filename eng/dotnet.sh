# Shell functions of ./test (and for other scripts): the .NET SDK, and a restore that goes on without what a registry does not hold.
# Sourced, never run. Needs bash, coreutils, awk and sed; sets `root`, `left_out` (projects) and `missing` (lines for people).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
solution="$root/OrleansStream.sln"
artifacts="$root/artifacts"
left_out=()
missing=()

# Projects of the solution that a build of it leaves alone, since many registries lack their packages; relative to the root.
optional_projects=(silo/Azure/OrleansStream.Silo.Azure.csproj)

# What NuGet says when a registry lacks a package or a version of it, or cannot be reached.
package_errors='NU1\(10[0123]\|301\|603\)'

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
if [[ ! -t 1 || -n ${CI:-} ]]; then
  export NO_COLOR=1 DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION=0 MSBUILDTERMINALLOGGER=off
fi
if [[ -n ${CI:-} ]]; then
  export MSBUILDDISABLENODEREUSE=1 # Nothing may outlive the build.
fi
if [[ ! -d ${HOME:-} || ! -w $HOME ]]; then
  mkdir -p "$artifacts/home"
  export HOME="$artifacts/home" # The SDK and NuGet keep their caches there.
fi

say() { printf '%s\n' "$*"; }

# Makes `dotnet` the .NET 10 SDK, or says what to do and fails.
require_dotnet() {
  local place
  if ! command -v dotnet >/dev/null 2>&1; then
    for place in "${DOTNET_ROOT:-}" "$HOME/.dotnet"; do
      if [[ -n $place && -x $place/dotnet ]]; then
        PATH="$place:$PATH"
        break
      fi
    done
  fi
  if ! command -v dotnet >/dev/null 2>&1; then
    say "There is no 'dotnet' on the PATH. Install the .NET 10 SDK (package dotnet-sdk-10.0, or the dotnet-install script) and try again." >&2
    return 1
  fi
  if ! dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
    say "OrleansStream needs the .NET 10 SDK. '$(command -v dotnet)' has only:" >&2
    dotnet --list-sdks 2>/dev/null | sed 's/^/  /' >&2
    say "Install the package dotnet-sdk-10.0 (or run the dotnet-install script with --channel 10.0) and try again." >&2
    return 1
  fi
}

# relative PATH...: the paths below the root, without the root.
relative() {
  local path
  for path in "$@"; do
    say "${path#"$root"/}"
  done
}

# solution_projects: the projects of the solution, relative to the root.
solution_projects() {
  sed -n 's/^Project(.*) = "[^"]*", "\([^"]*\.csproj\)".*/\1/p' "$solution" | tr '\\' '/' | tr -d '\r'
}

# restore_what_can_be TARGET: restores a project or solution. Projects whose packages the registry does not give go to `left_out`, why to
# `missing`. Fails, with the output of the restore, when the reason is another one.
restore_what_can_be() {
  local target=$1 log="$artifacts/restore.log"
  left_out=()
  missing=()
  mkdir -p "$artifacts"
  if (cd "$root" && dotnet restore "$target" -nologo -tl:off -v minimal) >"$log" 2>&1; then
    return 0
  fi
  note_missing "$log"
}

# restore_optional: restores the optional projects, one by one; those that cannot be join `left_out`.
restore_optional() {
  local project log="$artifacts/restore-optional.log"
  for project in "${optional_projects[@]}"; do
    (cd "$root" && dotnet restore "$project" -nologo -tl:off -v minimal) >"$log" 2>&1 || note_missing "$log" || return 1
  done
}

# note_missing LOG: adds to `left_out` and `missing` what the output of a restore says. Fails, with the output, when it failed for another reason.
note_missing() {
  local log=$1 line project
  while IFS= read -r project; do
    left_out+=("${project#"$root"/}")
  done < <(sed -n "s/^ *\(.*\.csproj\) *: error $package_errors:.*/\1/p" "$log" | sort -u)
  while IFS= read -r line; do
    missing+=("$line")
  done < <(sed -n "s/^.*\.csproj *: error \($package_errors: .*\)\$/\1/p" "$log" | sed 's/ *\[[^][]*\]$//' | awk '!seen[$0]++')
  if ! grep -q ": error $package_errors:" "$log" || grep ': error ' "$log" | grep -v ": error $package_errors:" >/dev/null; then
    cat "$log" >&2
    return 1
  fi
}

# is_left_out PROJECT
is_left_out() {
  local project
  for project in ${left_out[@]+"${left_out[@]}"}; do
    [[ $project == "$1" ]] && return 0
  done
  return 1
}

# say_left_out: what is missing and what is left out, loudly; nothing when all was restored.
say_left_out() {
  [[ ${#left_out[@]} -gt 0 ]] || return 0
  local line
  say "!!! PACKAGES ARE MISSING: the registry did not give"
  for line in "${missing[@]}"; do
    say "!!!   $line"
  done
  say "!!! LEFT OUT for that reason:"
  for line in "${left_out[@]}"; do
    say "!!!   $line"
  done
}

# write_filter FILE PROJECT...: a solution filter with these projects.
write_filter() {
  local file=$1 project separator=""
  shift
  {
    printf '{ "solution": { "path": "../OrleansStream.sln", "projects": ['
    for project in "$@"; do
      printf '%s"%s"' "$separator" "${project//\//\\\\}"
      separator=", "
    done
    printf '] } }\n'
  } >"$file"
}
