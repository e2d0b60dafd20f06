#!/bin/sh
# Attack a built gateway on loopback and print a table: rows of docs/security.md, parts A, B and C.
#
#   scripts/attack.sh [quick|full] [BINARY]      default: quick, and a binary built from this tree
#
# ATTACK_TOOLS names the folder of the tools (default ../shared/attack); without it, or without network namespaces
# (root and ip netns), the script says so and ends with 0. Tools and gateway share a namespace where lo is the only
# interface: nothing that is answered or sent on can leave. quick takes about 6 minutes, full longer. Every row is
# bounded by its own time-out. The exit status is 1 if a row failed.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
mode=${1:-quick}
binary=${2:-}
tools=${ATTACK_TOOLS:-$here/../shared/attack}
case $mode in quick|full) ;; *) echo "usage: scripts/attack.sh [quick|full] [BINARY]" >&2; exit 2 ;; esac
if [ ! -f "$tools/sip_torture.py" ]; then
	echo "skipped: the attack tools are not in $tools (set ATTACK_TOOLS)"
	exit 0
fi
space=ringward-attack-$$
if ! ip netns add "$space" 2>/dev/null; then
	echo "skipped: network namespaces need root and the ip command"
	exit 0
fi
ip -n "$space" link set lo up
work=$(mktemp -d)
gateway=
failed=0

stop() {
	[ -n "$gateway" ] || return 0
	kill -TERM "$gateway" 2>/dev/null || true
	sleep 0.2
	kill -TERM "$gateway" 2>/dev/null || true # a second signal ends the calls that an attack left up
	i=0
	while kill -0 "$gateway" 2>/dev/null && [ $i -lt 40 ]; do sleep 1; i=$((i + 1)); done
	kill -KILL "$gateway" 2>/dev/null || true
	gateway=
}
clean() {
	stop
	ip netns del "$space" 2>/dev/null || true
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

if [ -z "$binary" ]; then
	binary=$work/ringward
	(cd "$here" && go build -o "$binary" ./cmd/ringward)
fi

# start NAME SOURCES NAT [SRTP of the trunk [of the line]]: a gateway that calls the tools' callee for every number.
start() {
	stop
	cat >"$work/$1.yaml" <<X
data: $work/data-$1
listen: [udp://127.0.0.1:5060, tcp://127.0.0.1:5060]
media: {address: 127.0.0.1, ports: 20000-29999}
trunks:
  - {name: good, sources: [$2], nat: $3, srtp: ${4:-off}, srtp_clear_keys: true}
lines:
  - {number: "*", id: any, targets: ["sip:uas@127.0.0.20:5080"], mode: label, nat: $3, srtp: ${5:-off}, srtp_clear_keys: true}
X
	ip netns exec "$space" "$binary" serve --config "$work/$1.yaml" >"$work/$1.log" 2>&1 &
	gateway=$!
	i=0
	until grep -q "Stop with" "$work/$1.log" 2>/dev/null; do
		i=$((i + 1))
		if [ $i -gt 100 ] || ! kill -0 "$gateway" 2>/dev/null; then
			echo "the gateway did not start:" >&2
			cat "$work/$1.log" >&2
			exit 1
		fi
		sleep 0.1
	done
}

# row ID TEXT SECONDS FIGURES COMMAND...: runs one tool and prints one line; FIGURES is a Python expression over its
# summary d.
row() {
	id=$1 text=$2 limit=$3 figures=$4
	shift 4
	status=pass
	timeout "$limit" ip netns exec "$space" python3 "$@" >"$work/out.json" 2>"$work/out.err" || status=FAIL
	kill -0 "$gateway" 2>/dev/null || status="FAIL (gateway gone)"
	if grep -q "panic" "$work"/*.log; then status="FAIL (panic)"; fi
	seen=$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$work/out.json" "$figures" 2>>"$work/out.err" || tail -1 "$work/out.err")
	[ "$status" = pass ] || failed=1
	printf '%-6s %-34s %-6s %s\n' "$id" "$text" "$status" "$seen"
}

torture='"gone %s, hangs %d, violations %d, as asked %s %%, probe p50 %s max %s ms, address space +%s MB" % (d["process_gone_after"], len(d["hangs"]), len(d["violations"]), d["conformance_pct"], d["probe_p50_ms"], d["slowest_probe_ms"], d["vm_peak_growth_mb"])'
mutate='"sent %d, hangs %d, probe p50 %s max %s ms, rss +%s MB, fds %s to %s" % (d["sent"], len(d["hangs_at"]), d["probe_p50_ms"], d["probe_max_ms"], d["rss_mb"]["growth"], d["fds"]["before"], d["fds"]["after"])'
rtp='"foreign %s, to the attacker %s, delivery at least %s %%" % (max(s.get("foreign_to_caller", 0) + s.get("foreign_to_callee", 0) for s in d["scenarios"] if s["required"] and s["scenario"] != "ownjunk"), sum(s.get("rtp_to_attacker", 0) for s in d["scenarios"]), min(min(s.get("delivered_to_caller_pct", 0), s.get("delivered_to_callee_pct", 0)) for s in d["scenarios"] if s["required"]))'
flood='"good calls %s %%, set-up p95 %s max %s ms, amplification %s, rss +%.0f MB" % (d["during"]["success_pct"], d["during"]["setup_ms"]["p95"], d["during"]["setup_ms"]["max"], d["flood"]["amplification"], d["rss_mb"]["after"] - d["rss_mb"]["before"])'

uas=127.0.0.20:5080
settle=5 count=3000 seeds=1 rates=10000
if [ "$mode" = full ]; then settle=40 count=20000 seeds="1 2 3" rates="2000 10000 20000"; fi

printf '%-6s %-34s %-6s %s\n' row attack result seen
start strangers 127.0.0.10/32 false
row A1-A3 "torture, from strangers" 400 "$torture" "$tools/sip_torture.py" 127.0.0.1 5060 --pid "$gateway" --uas $uas --settle $settle
row B1-B6 "media, fixed addresses" 200 "$rtp" "$tools/rtp_inject.py" 127.0.0.1 5060
for r in $rates; do
	row C1 "flood, mix, $r/s" 60 "$flood" "$tools/flood.py" 127.0.0.1 5060 --rate "$r" --time 10 --pid "$gateway"
done
row C2 "flood, 100 sources, 10000/s" 60 "$flood" "$tools/flood.py" 127.0.0.1 5060 --rate 10000 --time 10 --sources 100 --pid "$gateway"
if [ "$mode" = full ]; then
	row C1 "flood, INVITE, 10000/s" 60 "$flood" "$tools/flood.py" 127.0.0.1 5060 --kind invite --rate 10000 --time 10 --pid "$gateway"
	row C3 "flood, 20 good calls/s, 10000/s" 60 "$flood" "$tools/flood.py" 127.0.0.1 5060 --rate 10000 --cps 20 --time 10 --pid "$gateway"
	row C4 "flood at the callee, 1000/s" 60 "$flood" "$tools/flood.py" 127.0.0.1 5060 --kind invite --hit-callee --rate 1000 --time 10 --pid "$gateway"
	row C6 "flood, mix, 20000/s for a minute" 120 "$flood" "$tools/flood.py" 127.0.0.1 5060 --rate 20000 --time 60 --pid "$gateway"
fi
start nat 127.0.0.10/32 true
row B1 "media, behind NAT" 200 "$rtp" "$tools/rtp_inject.py" 127.0.0.1 5060 --require-nat
start srtp 127.0.0.10/32 false required off
row B3-B4 "media, SRTP of the caller" 240 "$rtp" "$tools/rtp_inject.py" 127.0.0.1 5060 --srtp caller
start srtp-both 127.0.0.10/32 false required required
row B3-B4 "media, SRTP of both" 240 "$rtp" "$tools/rtp_inject.py" 127.0.0.1 5060 --srtp both
# Everything that the mutator sends comes from a trunk here: the whole gateway is open to it. Its calls stay up, for
# nobody hangs up: their sockets are no leak.
start trusting 127.0.0.0/8 false
for s in $seeds; do
	row A4 "mutation, seed $s, from a trunk" 300 "$mutate" "$tools/sip_mutate.py" 127.0.0.1 5060 -n $count --seed "$s" --pid "$gateway" --uas $uas --settle $settle --max-fds 20000 --max-rss-mb 256
done
if [ "$mode" = full ]; then
	row A4 "mutation, one field at a time" 200 "$mutate" "$tools/sip_mutate.py" 127.0.0.1 5060 --systematic --pid "$gateway" --uas $uas --settle $settle --max-fds 20000
	row A4 "mutation, seed 1 again" 300 "$mutate" "$tools/sip_mutate.py" 127.0.0.1 5060 -n $count --seed 1 --pid "$gateway" --uas $uas --settle $settle --max-fds 20000 --max-rss-mb 8
	row A1-A3 "torture, from a trunk" 400 "$torture" "$tools/sip_torture.py" 127.0.0.1 5060 --pid "$gateway" --uas $uas --settle $settle
fi
exit $failed
