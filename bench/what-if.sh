#!/usr/bin/env bash
# Checks a what-if against the truth: records a SUMO scenario with its own programme, asks what another policy would
# have changed, then runs both on the real demand and compares.
#
#   bench/what-if.sh [-p max-pressure] [-s 1-3] [-r resco|network] [-o DIR] SCENARIO.sumocfg
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
policy=max-pressure seeds=1-3 rules=resco out=$(mktemp -d)
while getopts p:s:r:o: option; do
  case $option in p) policy=$OPTARG ;; s) seeds=$OPTARG ;; r) rules=$OPTARG ;; o) out=$OPTARG ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || { echo "one scenario, please" >&2; exit 2; }
program=${CITYBRAIN:-$root/src/CityBrain/bin/Release/net10.0/citybrain.dll}
[ -f "$program" ] || dotnet build "$root/src/CityBrain" -c Release -v q --nologo >&2
mkdir -p "$out"
net=$(dirname "$1")/$(grep -o 'net-file value="[^"]*"' "$1" | cut -d'"' -f2)

dotnet "$program" evaluate "$1" --policy fixed --seed 1 --rules "$rules" --journal --out "$out/recorded" > "$out/recorded.txt"
dotnet "$program" what-if "$out/recorded/journal" --policy "$policy" --net "$net" --seeds "$seeds" --out "$out/what-if" \
  --json > "$out/what-if.json" || echo "the what-if itself says that the data do not support an answer" >&2
for p in fixed "$policy"; do
  dotnet "$program" evaluate "$1" --policy "$p" --seeds "$seeds" --rules "$rules" --json --out "$out/true-$p" > "$out/true-$p.jsonl"
done
python3 - "$out" "$policy" <<'TABLE'
import json, sys
out, policy = sys.argv[1:]
said = json.load(open(f"{out}/what-if.json"))
mean = lambda p: (lambda d: sum(d) / len(d))([json.loads(l)["mean_delay"] for l in open(f"{out}/true-{p}.jsonl")])
a, b = mean("fixed"), mean(policy)
print(f"true:      {a:.1f} -> {b:.1f} s, change {b - a:+.1f} s")
print(f"predicted: {said['baseline_delay']:.1f} -> {said['alternative_delay']:.1f} s, change {said['change']:+.1f} s "
      f"+- {said.get('change_confidence95', float('nan')):.1f}, GEH below 5 for {said['geh_below_5_share']:.0%}, "
      f"lost in view {said['lost_in_view_recorded']:.1f} recorded, {said['lost_in_view_simulated']:.1f} simulated; {said['drivers']}")
print(f"range under other assumptions: {said['change_least']:+.1f} to {said['change_greatest']:+.1f} s"
      + (", sensitive" if said["sensitive"] else "")
      + "".join(f"; {v['assumed']} {v['change']:+.1f}" for v in said["variations"]))
error = said["change"] / (b - a) - 1
print(f"sign {'right' if said['change'] * (b - a) > 0 else 'WRONG'}, size off by {error:+.0%}")
TABLE
echo "outputs: $out"
