#!/bin/sh
# Diarchy's main job on a fictional company: who may ask, what is known, and what each reader gets
# to see of it. Run it by `make demo`. Results are printed and saved in out/.
set -eu
cd "$(dirname "$0")/.."

export DIARCHY_HOME=out/demo-home
export DIARCHY_CLOCK=2026-11-20T08:00:00Z
unset DIARCHY_DATABASE_URL DIARCHY_LANCEDB_URI DIARCHY_PRINCIPAL DIARCHY_PROCESS_CEILING PREFECT_API_URL

say() {
    printf '\n\033[1m== %s\033[0m\n\n' "$*"
}

mkdir -p out
diarchy down >/dev/null 2>&1 || true
rm -rf "$DIARCHY_HOME"
trap 'diarchy down >/dev/null' EXIT

say "Who may ask, and how much each may read"
diarchy principals add chief-executive --clearance top_secret
diarchy principals add board-office --clearance restricted
diarchy principals add strategy-office --clearance confidential
diarchy principals add staff --clearance internal
diarchy principals list

say "What the company knows goes in (the first flow also starts this home's Prefect server)"
diarchy ingest examples/knowledge --as chief-executive

say "A search, and the same search by someone who may read less"
diarchy search "what threatens our margin" --as chief-executive --limit 3
diarchy search "what threatens our margin" --as staff --limit 3

say "A strategic summary of the market, for the strategy office"
diarchy summary market --as strategy-office \
    -o out/summary.md -o out/summary.html -o out/summary.json

say "The chief executive's briefing"
diarchy briefing --as chief-executive \
    -o out/briefing.md -o out/briefing.html -o out/briefing.json

requirement=examples/requirements/real-time-tracking.txt
context=${requirement%.txt}.context.json
say "A five-phase analysis of $requirement, for the chief executive"
diarchy analyze "@$requirement" --context "$context" --as chief-executive \
    -o out/analysis.md -o out/analysis.html -o out/analysis.json

say "The same analysis for staff, who may read less (saved, to be laid beside the other)"
diarchy analyze "@$requirement" --context "$context" --as staff \
    -o out/analysis-for-staff.md -o out/analysis-for-staff.html -o out/analysis-for-staff.json \
    >/dev/null

say "A week later: new knowledge comes in, and the next briefing says what changed"
export DIARCHY_CLOCK=2026-11-27T08:00:00Z
diarchy ingest examples/next_week --as chief-executive
diarchy briefing --as chief-executive \
    -o out/next-briefing.md -o out/next-briefing.html -o out/next-briefing.json

say "Everything is in out/"
ls out/*.html
echo
echo "Open out/briefing.html in a browser; the .md and .json beside it say the same."
echo "Go on with this home: DIARCHY_HOME=out/demo-home .venv/bin/diarchy search ... --as board-office"
echo "Or talk with it: DIARCHY_HOME=out/demo-home .venv/bin/diarchy chat --as board-office"
