#!/usr/bin/env python3
"""Robustness of a policy: each scenario under many seeds, demands and sensor faults, beside `actuated` under the same.

    bench/sweep.py --out DIR [--jobs 2] [--seeds 1-20] [--fault-seeds 1-3] SCENARIO.sumocfg...

Runs `citybrain evaluate --rules resco` once per run and keeps each answer as one line of DIR/results.jsonl; a run that
is there already is not run again, so a sweep can be stopped and gone on with. Then prints the tables in Markdown.
Build first: dotnet build src/CityBrain -c Release.
"""
import argparse, json, os, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POLICIES = ["predictive", "actuated"]
VARIANTS = {
    "demand x 0.7": ["--demand-scale", "0.7"],
    "demand x 1.2": ["--demand-scale", "1.2"],
    "headway assumed 15 % too short": ["--assume-headway-factor", "0.85"],
    "headway assumed 15 % too long": ["--assume-headway-factor", "1.15"],
    "10 % of vehicles never seen": ["--fault", "lost=0.1"],
    "10 % of pictures with a phantom": ["--fault", "false=0.1"],
    "positions +-5 m": ["--fault", "noise=5"],
    "readings 1 s late": ["--fault", "late=1000"],
    "no camera for 5 min": ["--fault", "blind=300"],
}


def numbers(text):
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def evaluate(program, out, scenario, policy, variant, seed):
    name = os.path.basename(scenario).removesuffix(".sumocfg")
    folder = os.path.join(out, name, policy, (variant or "as it is").replace(" ", "_").replace("%", "pc"), str(seed))
    os.makedirs(folder, exist_ok=True)
    done = subprocess.run(
        ["dotnet", program, "evaluate", scenario, "--policy", policy, "--seed", str(seed), "--rules", "resco", "--json",
         "--out", folder] + VARIANTS.get(variant, []), capture_output=True, text=True)
    try:
        result = json.loads(done.stdout.splitlines()[0])
    except (IndexError, ValueError):
        sys.exit(f"{name} {policy} {variant} seed {seed}: {done.stderr.strip()[-300:]}")
    for file in os.listdir(folder):     # some megabytes a run; the answer is kept
        path = os.path.join(folder, file)
        if os.path.isfile(path) and not file.endswith(".json"):
            os.remove(path)
    keep = ("mean_delay", "p95_delay", "max_waitingTime", "valid", "safe", "n_demand", "n_arrived")
    return {"name": name, "policy": policy, "variant": variant, "seed": seed, **{k: result[k] for k in keep}}


def table(rows, variants, names):
    by = {}
    for r in rows:
        by.setdefault((r["variant"], r["name"], r["policy"]), []).append(r)
    print("| | " + " | ".join(names) + " |\n| --- |" + " --- |" * len(names))
    behind = bad = 0
    for variant in variants:
        cells = []
        for name in names:
            ours, peer = (by.get((variant, name, p), []) for p in POLICIES)
            if not ours or not peer:
                cells.append("")
                continue
            bad += sum(not (r["valid"] and r["safe"]) for r in ours + peer)
            mean = [sum(r["mean_delay"] for r in rs) / len(rs) for rs in (ours, peer)]
            behind += mean[0] >= mean[1]
            worst = max(r["mean_delay"] for r in ours)
            cells.append(f"{mean[0]:.1f} ({worst:.1f}) / {mean[1]:.1f}" + (" **behind**" if mean[0] >= mean[1] else ""))
        print(f"| {variant or 'as it is'} | " + " | ".join(cells) + " |")
    print(f"\n{len(rows)} runs; behind in {behind} cells; not valid or not safe: {bad}")


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--out", required=True)
    ask.add_argument("--jobs", type=int, default=2)
    ask.add_argument("--seeds", default="1-20")
    ask.add_argument("--fault-seeds", default="1-3")
    ask.add_argument("--program", default=os.path.join(ROOT, "src/CityBrain/bin/Release/net10.0/citybrain.dll"))
    ask.add_argument("--table-only", action="store_true")
    ask.add_argument("scenarios", nargs="+")
    options = ask.parse_args()
    os.makedirs(options.out, exist_ok=True)
    kept = os.path.join(options.out, "results.jsonl")
    rows = [json.loads(line) for line in open(kept)] if os.path.exists(kept) else []
    have = {(r["name"], r["policy"], r["variant"], r["seed"]) for r in rows}
    plan = [(s, p, v, seed) for v, seeds in [("", numbers(options.seeds))] + [(v, numbers(options.fault_seeds)) for v in VARIANTS]
            for seed in seeds for s in options.scenarios for p in POLICIES]
    name = lambda s: os.path.basename(s).removesuffix(".sumocfg")
    todo = [] if options.table_only else [t for t in plan if (name(t[0]), t[1], t[2], t[3]) not in have]
    with ThreadPoolExecutor(options.jobs) as pool, open(kept, "a") as file:
        for row in pool.map(lambda t: evaluate(options.program, options.out, *t), todo):
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
            print(len(rows), row["name"], row["policy"], row["variant"], row["seed"], row["mean_delay"], file=sys.stderr)
    table(rows, [""] + list(VARIANTS), [name(s) for s in options.scenarios])


main()
