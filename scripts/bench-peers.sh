#!/usr/bin/env bash
# The side-by-side run behind the last part of docs/performance.md: the gateway
# as it is served, interleaved with its peers, by the harness of ../shared/bench
# (its README says what that needs: kamailio, rtpengine, gcc, root). Nothing else
# should run meanwhile.
#   scripts/bench-peers.sh [redirect] [calls] [media]
#   BENCH (../shared/bench)  OUT (a new folder)  and the harness's own settings
set -euo pipefail
cd "$(dirname "$0")/.."
bench=${BENCH:-../shared/bench}
out=${OUT:-$(mktemp -d)}
what=${*:-redirect calls media}
mkdir -p "$out"
if [ ! -x "$out/bench/.build/bin/sipload" ]; then
	cp -r "$bench" "$out/bench" && chmod -R u+w "$out/bench"
	(cd "$out/bench" && ./setup.sh)
fi
export REPS=${REPS:-2} REDIRECT_PEERS=${REDIRECT_PEERS-gosip-limit kamailio-redirect-fm} CALL_PEERS=${CALL_PEERS-kamailio-rtpengine-fm diago-b2bua}
export MEDIA_PEERS=${MEDIA_PEERS-rtpengine gofwd-epoll direct} OUT="$out/results.log" WORK="$out/bench/.build/work" BIN="$out/bench/.build/bin"
[ -e "$WORK/list.txt" ] || "$BIN/sipload" mklist >"$WORK/list.txt"
go build -o "$out/ringward" ./cmd/ringward

# The register of the redirect run: the harness's list as confirmed scam listings.
if [ ! -e "$out/listed/numbers.db" ]; then
	(echo number,category,votes,source && sed 's/$/,pos-freeze,12,bench/' "$WORK/list.txt") >"$out/list.csv"
	"$out/ringward" numbers import "$out/list.csv" --table scam --data "$out/listed" --as author --source bench --yes
	"$out/ringward" numbers scam approve --all --source bench --limit 2000000 --as reviewer --reason bench --yes --data "$out/listed" | tail -1
fi
config() { # config NAME DATA PORT RTP TRUNK LINE
	cat >"$out/$1.yaml" <<-YAML
		data: $2
		listen: ["udp://127.0.0.1:$3"]
		console: {listen: ""}
		media: {ports: $4}
		limits: {calls: 4500}
		trunks: [{name: bench, sources: [127.0.0.0/8], trusted: true, domestic: true$5}]
		lines: [{number: "*", id: all, targets: ["sip:{user}@127.0.0.1:6300"], $6}]
		log: {level: warn}
	YAML
}
config redirect "$out/listed" 5095 30000-49999 ', mode: redirect' 'mode: block, block_response: "603"'
config calls "$out/plain" 5096 30000-49999 '' 'mode: label'
pids=()
stop() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; }
trap stop EXIT
serve() { # serve NAME PORT: starts it on the processor of the system under test
	taskset -c "${SUT_CPU:-1}" "$out/ringward" serve --config "$out/$1.yaml" >"$out/$1.log" 2>&1 &
	pids+=($!)
	for _ in $(seq 300); do
		ss -Hlun "sport = :$2" | grep -q . && return
		sleep 0.2
	done
	cat "$out/$1.log"
	exit 1
}
cd "$out/bench"
for w in $what; do
	case $w in
	redirect) serve redirect 5095 && TARGET_REDIRECT="127.0.0.1:5095 ${pids[-1]}" ./run_all.sh redirect ;;
	calls) serve calls 5096 && TARGET_CALLS="127.0.0.1:5096 ${pids[-1]}" ./run_all.sh calls ;;
	media) serve calls 5096 && TARGET_MEDIA="sip 127.0.0.1:5096 ${pids[-1]}" ./run_all.sh media ;;
	esac
	stop
	wait "${pids[-1]}" 2>/dev/null || true
	pids=()
done
echo "# table and raw figures: $out/results.log"
