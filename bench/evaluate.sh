#!/usr/bin/env bash
# Runs `citybrain evaluate` over scenarios x policies x seeds, two at a time, and prints a table of mean delays.
#
#   bench/evaluate.sh [-p "fixed actuated max-pressure"] [-s "1 2 3"] [-r resco|network] [-j 2] [-o DIR]
#                     [-x "more options of evaluate"] SCENARIO.sumocfg...
#
# Without scenarios it takes the example. DIR keeps one folder per run (tripinfo.xml, summary.xml, tls_states.xml)
# and results.jsonl, one line per run.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
policies="fixed actuated max-pressure" seeds="1 2 3" rules=resco jobs=2 out=$(mktemp -d) more=""
while getopts p:s:r:j:o:x: option; do
  case $option in
    p) policies=$OPTARG ;; s) seeds=$OPTARG ;; r) rules=$OPTARG ;; j) jobs=$OPTARG ;; o) out=$OPTARG ;;
    x) more=$OPTARG ;; *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- "$root/examples/corridor/corridor.sumocfg"

program=${CITYBRAIN:-$root/src/CityBrain/bin/Release/net10.0/citybrain.dll}
[ -f "$program" ] || dotnet build "$root/src/CityBrain" -c Release -v q --nologo >&2
mkdir -p "$out"
: > "$out/results.jsonl"

one() {    # scenario policy seed
  local folder
  folder="$out/$(basename "$1" .sumocfg)/$2/$3"
  mkdir -p "$folder"
  # shellcheck disable=SC2086
  dotnet "$program" evaluate "$1" --policy "$2" --seed "$3" --rules "$rules" --out "$folder" --json $more \
    > "$folder/result.json" 2> "$folder/errors.txt" || echo "not good: $1 $2 seed $3: $(tail -1 "$folder/errors.txt")" >&2
  cat "$folder/result.json" >> "$out/results.jsonl"
}
export -f one
export program out rules more
for scenario in "$@"; do for policy in $policies; do for seed in $seeds; do
  printf '%s\0%s\0%s\0' "$scenario" "$policy" "$seed"
done; done; done | xargs -0 -n 3 -P "$jobs" bash -c 'one "$@"' _

python3 - "$out/results.jsonl" <<'TABLE'
import json, sys
runs = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    runs.setdefault((r["scenario"], r["policy"]), []).append(r)
print("%-16s%-14s%10s  %-36s%6s%6s%9s%9s" % ("scenario", "policy", "mean s", "by seed", "valid", "safe", "wall s", "us/tick"))
for (scenario, policy), rs in sorted(runs.items()):
    rs.sort(key=lambda r: r["seed"])
    mean = lambda k: sum(r[k] for r in rs) / len(rs)
    every = lambda k: "yes" if all(r[k] for r in rs) else "NO"
    print("%-16s%-14s%10.2f  %-36s%6s%6s%9.1f%9.0f" % (
        scenario, policy, mean("mean_delay"), " ".join("%.2f" % r["mean_delay"] for r in rs),
        every("valid"), every("safe"), mean("wall_s"), mean("tick_p50_us")))
TABLE
echo "outputs: $out"
