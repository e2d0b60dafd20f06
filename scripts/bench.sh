#!/usr/bin/env bash
# The benchmarks behind docs/performance.md, in one run. Figures depend on the
# machine and on what else it does: compare only figures of one run.
#   RINGWARD_BENCH_LISTINGS=10000000  the look-ups and verdicts with 10 million listings
set -euo pipefail
cd "$(dirname "$0")/.."
echo "# $(date -u +%F), $(go version), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || true)"
run() { go test -run '^$' -bench "$1" -benchmem "${@:3}" "$2" | grep '^Benchmark' | sed "s#^#$2 #"; }
run 'Decode|Append' ./sip/sipmsg
run 'Server|Client' ./sip/transaction
run 'Call$|IdleLeg|RefusedCall' ./sip
run 'Parse$|Key|FoldName' ./numbering
run 'Exact|Memory|Imitation|Patterns|Edit|Build' ./numberdb/index
run 'Verdict|Velocity' ./screening
run 'Redirect' ./gateway
run 'Hop|Whisper|MadePacket|IdleBridge' ./media
run 'ForPeer|Agree|Parse' ./media/sdp
run 'Turn' ./screening/claims
run '.' ./speech/fingerprint
