#!/usr/bin/env bash
# Breaks one rule of the product after the other in a copy of the source, and runs the simulation on it, which must notice within the number of seeds that the patch states.
# It says something only when the simulation of the unchanged source passes with at least as many seeds, see ./test simulation.
# usage: check.sh [NAME…]; the names of patches, without .patch. The last line is 'canaries N, caught N'. Exit code 1: one was not caught.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../../eng/dotnet.sh"
require_dotnet || exit 1

copy="$artifacts/canaries"
assembly=OrleansStream.Simulation.Tests
needed=(contracts engine testkit eng tests/Simulation tests/Shared tests/Directory.Build.props Directory.Build.props Directory.Packages.props global.json .editorconfig)
names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then
  for file in "$here"/*.patch; do
    names+=("$(basename "$file" .patch)")
  done
fi

# Files that have not changed keep their dates, so that little is built again.
fresh() {
  local part
  for part in "${needed[@]}"; do
    mkdir -p "$copy/$(dirname "$part")"
    if [[ -d $root/$part ]]; then
      mkdir -p "$copy/$part"
      (cd "$root/$part" && find . -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.txt' -o -name '*.props' \) -print) | while IFS= read -r file; do
        cmp -s "$root/$part/$file" "$copy/$part/$file" || { mkdir -p "$(dirname "$copy/$part/$file")" && cp "$root/$part/$file" "$copy/$part/$file"; }
      done
      (cd "$copy/$part" && find . -type f -name '*.cs' -print) | while IFS= read -r file; do
        [[ -f $root/$part/$file ]] || rm "$copy/$part/$file"
      done
    else
      cmp -s "$root/$part" "$copy/$part" || cp "$root/$part" "$copy/$part"
    fi
  done
}

caught=0
for name in "${names[@]}"; do
  patch="$here/$name.patch"
  seeds=$(sed -n 's/^seeds: //p' "$patch")
  fresh
  (cd "$copy" && git apply --whitespace=nowarn "$patch") || { say "$name: the patch does not fit the source" && continue; }
  log="$copy/$name.log"
  if ! (cd "$copy" && dotnet build tests/Simulation/$assembly.csproj -c Release -nologo -tl:off -v quiet) >"$log" 2>&1; then
    say "$name: the build failed:" && grep -m 5 -E 'error ' "$log"
    continue
  fi
  OSTEST_SEEDS=$seeds OSTEST_STOP_AT_FIRST=1 dotnet test "$copy/artifacts/bin/$assembly/release/$assembly.dll" \
    --filter "FullyQualifiedName~SimulationTests.Committed" --logger "console;verbosity=detailed" >"$log" 2>&1 || true
  if grep -qE 'seeds [0-9]+, faults [0-9]+, crashes [0-9]+, violations [1-9]' "$log"; then
    caught=$((caught + 1))
    say "$name: caught within $(grep -oE 'seeds [0-9]+, faults' "$log" | tail -1 | grep -oE '[0-9]+') of $seeds seeds: $(grep -m 1 -A 1 -E '^ *seed [0-9]+: ' "$log" | tail -1 | cut -c 1-160 | sed 's/^ *//')"
  else
    say "$name: NOT CAUGHT within $seeds seeds: $(sed -n 's/^rule: //p' "$patch")"
  fi
done
say "canaries ${#names[@]}, caught $caught"
[[ $caught -eq ${#names[@]} ]]
