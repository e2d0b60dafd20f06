#!/usr/bin/env bash
# Installs the Debian packages that the tests talk to. Without root or apt it
# only says what is missing; scripts/test.sh then fails the tests that need it.
#   linphone-cli  another SIP phone, which proves itself with SHA-256
#   nodejs, npm   run JsSIP, a SIP phone over WebSocket, and bring axe-core, from npm into the user's cache
#   kamailio    the proxy of a partner, before us in both modes, and a carrier that we
#               register at; its service is not needed
#   sip-tester  SIPp: caller, phone and load for the SIP tests
#   baresip     a real SIP phone with audio
#   chromium, chromium-driver  the browser that the console's pages are tried in
#   python3     runs the attack tools of ../shared/attack where they are present
#   flite, espeak-ng  the voices that `ringward prompts build` uses by default
set -euo pipefail
need=()
have() { command -v "$1" >/dev/null 2>&1 || need+=("$2"); }
have sipp sip-tester
have kamailio kamailio
have baresip baresip-core
have linphonec linphone-cli
have node nodejs
have npm npm
have flite flite
have espeak-ng espeak-ng
have chromium chromium
have chromedriver chromium-driver
have python3 python3
# JsSIP and a WebSocket client for it, at fixed versions, without install scripts.
jssip() {
	local dir="${XDG_CACHE_HOME:-$HOME/.cache}/ringward/node"
	[ -e "$dir/node_modules/jssip/lib/JsSIP.js" ] && [ -e "$dir/node_modules/ws/package.json" ] && [ -e "$dir/node_modules/axe-core/axe.min.js" ] && return
	mkdir -p "$dir"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$dir" jssip@3.13.8 ws@8.23.0 axe-core@4.14.1 >/dev/null ||
		echo "make test: JsSIP and axe-core could not be installed from npm" >&2
}
if [ ${#need[@]} -eq 0 ]; then
	jssip
	exit 0
fi
run() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
if ! command -v apt-get >/dev/null 2>&1; then
	echo "make test: please install ${need[*]} (this system has no apt-get)" >&2
	exit 0
fi
echo "installing for the tests: ${need[*]}"
run apt-get update -qq || true
DEBIAN_FRONTEND=noninteractive run apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
jssip
