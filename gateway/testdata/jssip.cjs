// A telephone of JsSIP for the gateway's tests: SIP over secure WebSocket, with a
// stand-in for the browser's media that describes plain RTP. It answers what
// rings, calls the number of every line "call NUMBER" on its standard input, and
// writes a word a line of what happens.
// Arguments: wss-url user realm password certificate-file
'use strict';
const [url, user, realm, password, certificate] = process.argv.slice(2);
const fs = require('fs');
const WebSocket = require('ws');

const say = (...words) => process.stdout.write(words.join(' ') + '\n');

class Connection extends EventTarget {
  constructor() {
    super();
    this.iceGatheringState = 'complete';
    this.iceConnectionState = 'connected';
    this.signalingState = 'stable';
  }
  addTrack() {}
  getSenders() { return []; }
  close() {}
  describe(type) {
    return Promise.resolve({ type, sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n' });
  }
  createOffer() { return this.describe('offer'); }
  createAnswer() { return this.describe('answer'); }
  setLocalDescription(d) { this.localDescription = d; return Promise.resolve(); }
  setRemoteDescription(d) { this.remoteDescription = d; return Promise.resolve(); }
}
globalThis.window = globalThis;
globalThis.RTCPeerConnection = Connection;
globalThis.RTCSessionDescription = class { constructor(d) { Object.assign(this, d); } };
const JsSIP = require('jssip');

// Socket is JsSIP's own interface to a WebSocket, over the package ws.
class Socket {
  constructor() {
    this.url = url;
    this.via_transport = 'WSS';
    this.sip_uri = `sip:${new URL(url).host};transport=ws`;
  }
  connect() {
    this.ws = new WebSocket(url, 'sip', { ca: fs.readFileSync(certificate) });
    this.ws.on('open', () => this.onconnect());
    this.ws.on('message', (data) => this.ondata(data.toString()));
    this.ws.on('close', () => this.ondisconnect(false));
    this.ws.on('error', (e) => say('error', e.message));
  }
  disconnect() { if (this.ws) this.ws.close(); }
  send(message) { this.ws.send(message); return true; }
}

const ua = new JsSIP.UA({ sockets: [new Socket()], uri: `sip:${user}@${realm}`, password, session_timers: false, register_expires: 120 });
const media = { getTracks: () => [], getAudioTracks: () => [], getVideoTracks: () => [] };
let session;
ua.on('registered', () => say('registered'));
ua.on('registrationFailed', (e) => say('refused', e.cause));
ua.on('newRTCSession', (e) => {
  session = e.session;
  session.on('confirmed', () => say('confirmed'));
  session.on('ended', (d) => say('ended', d.cause));
  session.on('failed', (d) => say('failed', d.cause));
  if (e.originator === 'remote') {
    say('rings', e.request.from.uri.user);
    session.answer({ mediaStream: media });
  }
});
ua.start();

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [word, number] = line.split(' ');
  if (word === 'call') ua.call(`sip:${number}@${realm}`, { mediaStream: media });
  if (word === 'hangup') session.terminate();
}).on('close', () => process.exit(0));
